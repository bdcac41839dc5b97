#pragma once
// The static plans of which no mixture of others beats any: what a system without planning can reach for
// every busy time.

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/search/exact.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace einet::eval {

namespace detail {

/// Finds the corners of the hull between two that are known: the best plan at the price that makes both worth
/// the same lies above their line, or there is none between them (Eisner and Severance 1976).
template <std::size_t N, stop_law Law>
class HullSearch {
 public:
  HullSearch(const Problem<N>& problem, const Law& law) : problem_(problem), law_(law) { problem_.price = 0; }

  [[nodiscard]] std::vector<ExitPlan<N>> run() {
    const Corner nothing{{}, 0, 0}, best = corner(0);
    if (best.busy <= 0) return {};
    find_between(nothing, best);
    plans_.push_back(best.plan);
    return plans_;
  }

 private:
  struct Corner {
    ExitPlan<N> plan;
    double busy, worth;
  };

  [[nodiscard]] Corner corner(double price) const {
    Problem<N> priced = problem_;
    priced.price = price;
    const ExitPlan<N> plan = ExactSearch{}(priced, law_).plan;
    return {plan, busy_seconds(problem_, plan), expectation(problem_, plan, law_)};
  }

  void find_between(const Corner& less, const Corner& more) {
    const double price = (more.worth - less.worth) / (more.busy - less.busy);
    const Corner found = corner(price);
    constexpr double enough = 1e-10;  // more than rounding, less than matters
    if (found.busy <= less.busy || found.busy >= more.busy ||
        found.worth - price * found.busy <= less.worth - price * less.busy + enough)
      return;
    find_between(less, found);
    plans_.push_back(found.plan);
    find_between(found, more);
  }

  Problem<N> problem_;
  const Law& law_;
  std::vector<ExitPlan<N>> plans_;
};

}  // namespace detail

/// All static plans that are corners of the upper convex hull of all plans, expected accuracy against busy
/// seconds: by rising busy time, the last of them the best static plan. Without the empty plan.
/// @param accuracy [N] mean of every exit
/// @param law with a horizon, if its kind needs one
template <std::size_t N, stop_law Law>
[[nodiscard]] std::vector<ExitPlan<N>> static_hull(const TimeProfile<N>& times,
                                                   const std::array<float, most_exits<N>>& accuracy,
                                                   const Law& law) {
  return detail::HullSearch<N, Law>(Problem<N>{times, accuracy}, law).run();
}

}  // namespace einet::eval
