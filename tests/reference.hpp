#pragma once
// Plain transcriptions of the paper's Algorithms 1 and 2 and brute force over all plans: slow, obvious, and
// independent of the library, which is tested against them.

#include <einet/plan/problem.hpp>

#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace einet::test {

/// A problem as plain vectors; `cdf(t)` = P(stop < t).
struct PlainProblem {
  std::vector<double> conv, branch, confidence;
  double in_hand = 0;
  std::size_t first = 0;
  double elapsed = 0;
  double price = 0;
  std::function<double(double)> cdf;
};

template <std::size_t N, class Law>
PlainProblem plain(const Problem<N>& problem, const Law& law) {
  PlainProblem copy;
  copy.conv.assign(problem.times.conv.begin(), problem.times.conv.end());
  copy.branch.assign(problem.times.branch.begin(), problem.times.branch.end());
  copy.confidence.assign(problem.confidences.begin(), problem.confidences.end());
  copy.in_hand = static_cast<double>(problem.in_hand);
  copy.first = problem.first;
  copy.elapsed = problem.elapsed;
  copy.price = problem.price;
  copy.cdf = [law](double t) { return law.cdf(t); };
  return copy;
}

using Bits = std::vector<bool>;

/// Algorithm 1, interval by interval: worth in hand times the probability that the stop falls there. Less the
/// price of the time until the last output.
inline double cal_exp(const PlainProblem& p, const Bits& plan) {
  const double possible = 1 - p.cdf(p.elapsed);
  double e = 0;
  double c0 = p.in_hand;
  double t0 = p.elapsed;
  double t1 = p.elapsed;
  double busy = 0;
  double passed = 0;
  for (std::size_t k = p.first; k < plan.size(); ++k) {
    t1 += p.conv[k];
    passed += p.conv[k];
    if (!plan[k]) continue;
    t1 += p.branch[k];
    busy = passed += p.branch[k];
    if (possible > 0) e += c0 * (p.cdf(t1) - p.cdf(t0)) / possible;
    c0 = p.confidence[k];
    t0 = t1;
  }
  return (possible > 0 ? e + c0 * (1 - p.cdf(t0)) / possible : c0) - p.price * busy;
}

inline std::size_t ones(const Bits& plan) {
  std::size_t sum = 0;
  for (const bool bit : plan) sum += bit ? 1U : 0U;
  return sum;
}

/// Fewer exits first, then the plan whose first difference skips.
inline bool goes_before(const Bits& a, const Bits& b) {
  if (ones(a) != ones(b)) return ones(a) < ones(b);
  for (std::size_t k = 0; k < a.size(); ++k)
    if (a[k] != b[k]) return b[k];
  return false;
}

struct PlainFound {
  Bits plan;
  double worth = -1e300;
};

/// The best of all plans with at most `most` exits, by trying every one of them.
inline PlainFound brute_force(const PlainProblem& p, std::size_t most) {
  const std::size_t n = p.conv.size();
  const std::size_t free = n - p.first;
  PlainFound best;
  for (std::size_t code = 0; code < (std::size_t{1} << free); ++code) {
    Bits plan(n, false);
    for (std::size_t k = 0; k < free; ++k) plan[p.first + k] = ((code >> k) & 1U) != 0;
    if (ones(plan) > most) continue;
    const double worth = cal_exp(p, plan);
    if (worth > best.worth || (worth == best.worth && goes_before(plan, best.plan))) best = {plan, worth};
  }
  return best;
}

/// Algorithm 2 as printed, with P' starting as the enumerated optimum.
inline PlainFound hybrid(const PlainProblem& p, std::size_t m) {
  const std::size_t n = p.conv.size();
  PlainFound best = brute_force(p, m);
  Bits current = best.plan;
  for (std::size_t i = ones(current) + 1; i <= n - p.first; ++i) {
    PlainFound step;
    for (std::size_t k = p.first; k < n; ++k) {
      if (current[k]) continue;
      Bits longer = current;
      longer[k] = true;
      const double worth = cal_exp(p, longer);
      if (worth > step.worth || (worth == step.worth && goes_before(longer, step.plan)))
        step = {longer, worth};
    }
    current = step.plan;
    if (step.worth > best.worth) best = step;
  }
  return best;
}

}  // namespace einet::test
