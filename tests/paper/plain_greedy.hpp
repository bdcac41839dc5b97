#pragma once
// The greedy half of Algorithm 2 by Algorithm 1 alone; also says whether rounding decided.

#include "reference.hpp"

#include <cmath>
#include <cstddef>
#include <vector>

namespace einet::test {

struct PlainGreedy {
  Bits plan;
  double worth = 0;
  bool decided_by_rounding =
      false;  ///< at some step, two worths were neither clearly different nor equal to the last bits
};

/// Adds exits to `plan` one by one until it has all, each time the one that gives the highest worth, of equal
/// ones the last; returns the best plan on the way, of equal ones the first.
inline PlainGreedy extend_plainly(const PlainProblem& p, Bits plan) {
  constexpr double equal = 1e-14;
  constexpr double apart = 1e-10;
  PlainGreedy best{plan, cal_exp(p, plan)};
  const auto unclear = [&](double a, double b) {
    const double gap = std::abs(a - b);
    if (gap > equal && gap < apart) best.decided_by_rounding = true;
  };
  for (std::size_t added = ones(plan); added < plan.size() - p.first; ++added) {
    PlainFound step;
    std::vector<double> worths;
    for (std::size_t k = p.first; k < plan.size(); ++k) {
      if (plan[k]) continue;
      Bits longer = plan;
      longer[k] = true;
      worths.push_back(cal_exp(p, longer));
      if (worths.back() >= step.worth - equal) step = {longer, worths.back()};
    }
    for (const double worth : worths) unclear(worth, step.worth);
    unclear(step.worth, best.worth);
    plan = step.plan;
    if (step.worth > best.worth + equal) best = {plan, step.worth, best.decided_by_rounding};
  }
  return best;
}

}  // namespace einet::test
