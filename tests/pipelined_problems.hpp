#pragma once
// Problems with branches beside the backbone, and brute force over all their plans: interval by interval,
// from a run that is simulated event by event. Slow, obvious, and independent of the library.

#include "any_law.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/mixture.hpp>
#include <einet/plan/pipelined_problem.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

namespace einet::test {

/// A problem in one of the states that a run can reach, or near one: the branch core has just become free,
/// and the backbone is anywhere from the exit just run to the end, on time, early or late.
template <std::size_t N>
PipelinedProblem<N> random_pipelined(std::mt19937_64& random, Confidences kind, Branches cost, bool mid_run) {
  const Problem<N> start = random_problem<N>(random, kind, cost, false);
  PipelinedProblem<N> problem = pipelined(start);
  // Branches from a fraction of a conv part to several of them.
  const double longer = std::pow(4.0, static_cast<double>(random() % 5) - 2);
  for (double& branch : problem.branch) branch *= longer;
  if (mid_run) {
    problem.first = 1 + random() % N;
    double free = 0;
    for (std::size_t k = 0; k < problem.first; ++k)
      if (k + 1 == problem.first || random() % 2 == 0)
        free = (free > problem.arrival[k] ? free : problem.arrival[k]) + problem.branch[k];
    problem.elapsed = free;
    const double pace = std::array{1., 1., .7, 1.6}[random() % 4];
    for (std::size_t k = 0; k < N; ++k) {
      if (problem.arrival[k] > free) problem.arrival[k] = free + (problem.arrival[k] - free) * pace;
      if (k < problem.first && problem.arrival[k] > free) problem.arrival[k] = free;
    }
    problem.in_hand = static_cast<float>(random() % 1000) / 1250.f;
  }
  return problem;
}

/// Calls visit(k, ready) for the outputs of a plan, given as bits, of a simulated run.
template <std::size_t N, class Visit>
void simulate(const PipelinedProblem<N>& problem, std::size_t code, const Visit& visit) {
  double now = problem.elapsed;  // of the branch core
  for (std::size_t k = problem.first; k < N; ++k) {
    if ((code >> k & 1U) == 0) continue;
    if (now < problem.arrival[k]) now = problem.arrival[k];  // it waits for the backbone
    now += problem.branch[k];
    visit(k, now);
  }
}

/// The worth of every plan of a problem; bit k of a plan's code is exit k.
template <std::size_t N>
class EveryPipelinedPlan {
 public:
  EveryPipelinedPlan(const PipelinedProblem<N>& problem, const AnyLaw& law) : first_(problem.first) {
    const std::size_t all = (std::size_t{1} << N) - 1, before = (std::size_t{1} << first_) - 1;
    worths_.assign(all + 1, -std::numeric_limits<double>::infinity());
    const double possible = 1 - law.cdf(problem.elapsed);
    for (std::size_t code = 0; code <= all; ++code) {
      if ((code & before) != 0) continue;
      double sum = 0, in_hand = problem.in_hand, since = problem.elapsed;
      simulate(problem, code, [&](std::size_t k, double ready) {
        sum += in_hand * (law.cdf(ready) - law.cdf(since));
        in_hand = problem.confidences[k];
        since = ready;
      });
      const double worth = possible > 0 ? (sum + in_hand * (1 - law.cdf(since))) / possible : in_hand;
      worths_[code] = worth - problem.price * (since - problem.elapsed);
      best_ = worths_[code] > best_ ? worths_[code] : best_;
    }
  }

  [[nodiscard]] double best() const { return best_; }
  [[nodiscard]] double worth(const ExitPlan<N>& plan) const {
    return worths_[static_cast<std::size_t>(plan.word(0))];
  }

  [[nodiscard]] std::size_t ties(double tolerance) const {
    std::size_t count = 0;
    for (const double worth : worths_) count += worth >= best_ - tolerance ? 1U : 0U;
    return count;
  }

  /// Of the plans within `tolerance` of the best, the one with the fewest exits, then the one that skips at
  /// the first difference.
  [[nodiscard]] ExitPlan<N> preceding(double tolerance) const {
    std::size_t found = worths_.size();
    for (std::size_t code = 0; code < worths_.size(); ++code) {
      if (worths_[code] < best_ - tolerance) continue;
      if (found == worths_.size()) {
        found = code;
        continue;
      }
      const int more = std::popcount(code) - std::popcount(found);
      if (more < 0 || (more == 0 && (code >> std::countr_zero(code ^ found) & 1U) == 0)) found = code;
    }
    ExitPlan<N> plan;
    for (std::size_t k = 0; k < N; ++k)
      if ((found >> k & 1U) != 0) plan.insert(k);
    return plan;
  }

 private:
  std::size_t first_;
  std::vector<double> worths_;
  double best_ = -std::numeric_limits<double>::infinity();
};

/// Laws of every kind over `total` seconds, and laws that step exactly at outputs of the problem.
template <std::size_t N>
std::vector<NamedLaw> every_pipelined_law(std::mt19937_64& random, const PipelinedProblem<N>& problem,
                                          double total) {
  std::vector<NamedLaw> laws = all_laws(total);
  const auto moment = [&] {
    double at = problem.elapsed;
    simulate(problem, random() % (std::size_t{1} << N), [&](std::size_t, double ready) {
      if (at == problem.elapsed || random() % 2 == 0) at = ready;
    });
    if (random() % 8 == 0) return std::nextafter(at, 0.0);
    if (random() % 8 == 0) return std::nextafter(at, 1e300);
    return at;
  };
  laws.emplace_back(PointMass{moment()}, "deadline at an output");
  laws.emplace_back(Mixture{std::array{.6, .4}, PointMass{moment()}, Uniform{total}},
                    "deadline at an output, and evenly spread");
  laws.emplace_back(Mixture{std::array{.4, .4}, PointMass{moment()}, PointMass{moment()}}, "two deadlines");
  return laws;
}

/// The result of a search under the law.
template <class Search, std::size_t N>
Found<N> solved(const Search& search, const PipelinedProblem<N>& problem, const NamedLaw& law) {
  return law.accept([&](const auto& typed) { return search(problem, typed); });
}

}  // namespace einet::test
