#pragma once
// What an answer policy makes of a profile: the answer that is in hand after every exit. Plans and predictors
// for that policy are fitted on this, because the planner should maximise the probability that the answer in
// hand is right, not that a single output is.

#include <einet/paper/executor.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/answer_policy.hpp>
#include <einet/search/exact.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace einet::eval {

/// For every sample and exit, the answer in hand after that exit if the earlier exits of `plan` were run
/// before it.
/// @param label [samples] true classes
/// @param output_of output_of(sample, exit) is an output with a `label` and a confidence
/// @param answers a policy for these outputs
/// @param exits how many, if that is known only at run time
template <std::size_t N, class OutputOf, class Answers, task_executor Executor = Serial>
[[nodiscard]] ConfidenceProfile<N> answered_profile(std::span<const std::int32_t> label,
                                                    const OutputOf& output_of, const ExitPlan<N>& plan,
                                                    const Answers& answers, const Executor& run = {},
                                                    ExitCount<N> exits = {}) {
  using Output = decltype(output_of(std::size_t{}, std::size_t{}));
  ConfidenceProfile<N> profile;
  profile.counted = exits;
  profile.label.assign(label.begin(), label.end());
  profile.confidence.resize(label.size());
  profile.predicted.resize(label.size());
  run(label.size(), [&](std::size_t sample) {
    Answers so_far = answers;
    so_far.reset();
    std::optional<Published<Output>> in_hand;
    for (std::size_t k = 0; k < profile.exit_count(); ++k) {
      const auto answer_of = [&](Answers& policy) {
        return policy(output_of(sample, k), k, in_hand ? &*in_hand : nullptr);
      };
      const auto answer_after = [&](Answers with_it) { return answer_of(with_it); };
      const Published<Output> answer = plan.contains(k) ? answer_of(so_far) : answer_after(so_far);
      profile.confidence[sample][k] = static_cast<float>(confidence(answer.output));
      profile.predicted[sample][k] = answer.output.label;
      if (plan.contains(k)) in_hand = answer;
    }
  });
  return profile;
}

/// The best static plan found for an answer policy, and its accuracy.
template <std::size_t N>
struct AnsweredPlan {
  ExitPlan<N> plan;
  double accuracy = 0;             ///< under the law, no planning charged
  ConfidenceProfile<N> profile{};  ///< answered_profile() of that plan
};

/// Starts from the best plan for single outputs. Each step takes the exact optimum for the accuracies of the
/// answers under the previous plan, until a plan repeats; the best plan met is returned. It is a local
/// optimum, because the worth of an answer depends on the exits that were run before it.
/// @param newest the profile of the single outputs
template <std::size_t N, stop_law Law, class OutputOf, class Answers, task_executor Executor = Serial>
[[nodiscard]] AnsweredPlan<N> best_answered_plan(const TimeProfile<N>& times, const Law& law,
                                                 const ConfidenceProfile<N>& newest,
                                                 const OutputOf& output_of, const Answers& answers,
                                                 const Executor& run = {}) {
  constexpr int most = 6;
  const auto best_for = [&](const ConfidenceProfile<N>& profile) {
    return ExactSearch{}(Problem<N>{times, profile.accuracy()}, law).plan;
  };
  AnsweredPlan<N> best{{}, -1};
  ExitPlan<N> plan = best_for(newest);
  for (int round = 0; round < most; ++round) {
    auto profile = answered_profile<N>(newest.label, output_of, plan, answers, run, newest.counted);
    // At the plan's own exits, the profile holds exactly the answers of a run of the plan.
    const double accuracy = expectation(Problem<N>{times, profile.accuracy()}, plan, law);
    const ExitPlan<N> next = best_for(profile);
    if (accuracy > best.accuracy) best = {plan, accuracy, std::move(profile)};
    if (next == plan) break;
    plan = next;
  }
  return best;
}

}  // namespace einet::eval
