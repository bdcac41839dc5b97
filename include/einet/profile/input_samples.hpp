#pragma once
// Fitting samples from a profile: an observation reads its outputs by the same code as in a run.

#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/observation.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <vector>

namespace einet {

/// Fitting samples that own their numbers.
template <std::size_t N, std::size_t Inputs = 1>
struct InputSamples {
  std::vector<typename FittingSamples<N, Inputs>::Row> inputs;       ///< [samples][N][Inputs]
  std::vector<typename FittingSamples<N, Inputs>::Correct> correct;  ///< [samples][N]
  [[no_unique_address]] ExitCount<N> counted{};  ///< the number of exits, where it is known only at run time

  [[nodiscard]] constexpr std::size_t exit_count() const noexcept { return counted.exit_count(); }

  /// @pre this outlives what is returned
  [[nodiscard]] FittingSamples<N, Inputs> view() const& noexcept { return {inputs, correct, counted}; }
  void view() const&& = delete;
};

/// Inputs and correctness of every output of a profile. The answer in hand at an exit is the output of the
/// nearest earlier exit in the sample's plan.
/// @param plan_of plan_of(sample) -> ExitPlan<N>, the plan that the sample is assumed to have followed
template <class Observation, std::size_t N, std::invocable<std::size_t> PlanOf>
[[nodiscard]] InputSamples<N, Observation::inputs> input_samples(const ConfidenceProfile<N>& profile,
                                                                 PlanOf&& plan_of,
                                                                 const Observation& observe = {}) {
  static_assert(output_observation<Observation, Answer>,
                "input_samples: the observation reads more of an output than a profile contains");
  InputSamples<N, Observation::inputs> samples;
  samples.counted = profile.counted;
  samples.inputs.resize(profile.samples());
  samples.correct.resize(profile.samples());
  for (std::size_t s = 0; s < profile.samples(); ++s) {
    const ExitPlan<N> plan = plan_of(s);
    Answer newest;
    const Answer* in_hand = nullptr;
    for (std::size_t k = 0; k < profile.exit_count(); ++k) {
      const Answer output = profiled_output(profile, s, k);
      samples.inputs[s][k] = observe(output, in_hand);
      samples.correct[s][k] = profile.correct(s, k);
      if (!plan.contains(k)) continue;
      newest = output;
      in_hand = &newest;
    }
  }
  return samples;
}

/// The same, with one plan for all samples.
template <class Observation, std::size_t N>
[[nodiscard]] InputSamples<N, Observation::inputs> input_samples(const ConfidenceProfile<N>& profile,
                                                                 const ExitPlan<N>& plan,
                                                                 const Observation& observe = {}) {
  return input_samples(
      profile, [&plan](std::size_t) { return plan; }, observe);
}

/// The confidences and the correctness of a profile.
template <std::size_t N>
[[nodiscard]] InputSamples<N> confidence_samples(const ConfidenceProfile<N>& profile) {
  return input_samples<ConfidenceOnly>(profile, ExitPlan<N>{});
}

}  // namespace einet
