#pragma once
// The paper's Algorithms 1 and 2, written down plainly in float: the baseline for searches. Compile both with
// the same flags.

#include <einet/plan/exits.hpp>
#include <einet/plan/problem.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace einet::eval {

/// A problem before the start of a run, in float; time is free.
template <std::size_t N>
struct PlainProblem : ExitCount<N> {
  std::array<float, most_exits<N>> conv{}, branch{}, confidence{};
  float total;

  explicit PlainProblem(const Problem<N>& problem)
      : ExitCount<N>(problem.times), total(static_cast<float>(problem.times.total())) {
    for (std::size_t k = 0; k < problem.exit_count(); ++k) {
      conv[k] = static_cast<float>(problem.times.conv[k]);
      branch[k] = static_cast<float>(problem.times.branch[k]);
      confidence[k] = problem.confidences[k];
    }
  }
};

/// The uniform law, in the paper's floats.
struct PlainUniform {
  float total;
  float cdf(float seconds) const { return seconds / total; }
};

/// A tabulated distribution function, equidistant over [0, total].
struct PlainTable {
  std::vector<float> at;
  float bins_a_second;

  template <class Law>
  PlainTable(const Law& law, double total, std::size_t bins = 1024)
      : bins_a_second(static_cast<float>(static_cast<double>(bins) / total)) {
    for (std::size_t k = 0; k <= bins; ++k)
      at.push_back(static_cast<float>(law.cdf(total * static_cast<double>(k) / static_cast<double>(bins))));
  }
  float cdf(float seconds) const {
    const float place = seconds * bins_a_second;
    const std::size_t bin = (std::min)(static_cast<std::size_t>(place), at.size() - 2);
    return at[bin] + (place - static_cast<float>(bin)) * (at[bin + 1] - at[bin]);
  }
};

/// For each exit, whether its branch is run.
template <std::size_t N>
using PlainPlan = std::array<bool, most_exits<N>>;

/// Algorithm 1.
template <std::size_t N, class Law>
float plain_expectation(const PlainProblem<N>& problem, const PlainPlan<N>& plan, const Law& law) {
  float e = 0, in_hand = 0, before = 0, time = 0;
  for (std::size_t k = 0; k < problem.exit_count(); ++k) {
    time += problem.conv[k];
    if (!plan[k]) continue;
    time += problem.branch[k];
    const float now = law.cdf(time);
    e += in_hand * (now - before);
    in_hand = problem.confidence[k];
    before = now;
  }
  return e + in_hand * (1 - before);
}

/// What a transcribed search finds.
template <std::size_t N>
struct PlainFound {
  PlainPlan<N> plan{};
  float worth = 0;
};

/// Algorithm 2, line 1: every plan of at most `most` exits.
template <std::size_t N, class Law>
void plain_enumeration(const PlainProblem<N>& problem, const Law& law, std::size_t from, std::size_t most,
                       PlainPlan<N>& plan, PlainFound<N>& best) {
  const float worth = plain_expectation(problem, plan, law);
  if (worth > best.worth) best = {plan, worth};
  if (most == 0) return;
  for (std::size_t k = from; k < problem.exit_count(); ++k) {
    plan[k] = true;
    plain_enumeration(problem, law, k + 1, most - 1, plan, best);
    plan[k] = false;
  }
}

/// Algorithm 2, lines 3 to 11: starting from `best`, adds the exit that helps most until the plan has every
/// exit.
template <std::size_t N, class Law>
void plain_greedy(const PlainProblem<N>& problem, const Law& law, PlainFound<N>& best) {
  PlainPlan<N> plan = best.plan;
  for (;;) {
    std::size_t next = problem.exit_count();
    float highest = -1;
    for (std::size_t k = 0; k < problem.exit_count(); ++k) {
      if (plan[k]) continue;
      plan[k] = true;
      const float worth = plain_expectation(problem, plan, law);
      plan[k] = false;
      if (worth > highest) {
        highest = worth;
        next = k;
      }
    }
    if (next == problem.exit_count()) return;
    plan[next] = true;
    if (highest > best.worth) best = {plan, highest};
  }
}

/// Algorithm 2: the best plan of at most `enumerated` exits, and exits added to it greedily.
template <std::size_t N, class Law>
PlainFound<N> plain_hybrid(const PlainProblem<N>& problem, const Law& law, std::size_t enumerated) {
  PlainFound<N> best;
  if (enumerated > 0) {
    PlainPlan<N> plan{};
    plain_enumeration(problem, law, 0, enumerated, plan, best);
  }
  plain_greedy(problem, law, best);
  return best;
}

/// The best of given plans.
template <std::size_t N, class Law>
PlainFound<N> plain_best_of(const PlainProblem<N>& problem, const Law& law,
                            const std::vector<PlainPlan<N>>& plans) {
  PlainFound<N> best;
  for (const PlainPlan<N>& plan : plans)
    if (const float worth = plain_expectation(problem, plan, law); worth > best.worth) best = {plan, worth};
  return best;
}

}  // namespace einet::eval
