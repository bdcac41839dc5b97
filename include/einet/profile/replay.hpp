#pragma once
// Replays profiles as blocks on a virtual clock: the real runner gets the times and outputs of a network that
// was measured before.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/output_shape.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace einet {

/// The output type of a replayed block for an observation: Answer if it reads no more, else ShapedAnswer, for
/// which the profile needs margins and entropies.
template <class Observation>
using replayed_output = std::conditional_t<output_observation<Observation, Answer>, Answer, ShapedAnswer>;

/// The output of `exit` on `sample`, from the profile.
/// @tparam Output Answer or ShapedAnswer
/// @pre sample < samples of the profile, which has shapes if Output is ShapedAnswer
template <class Output, std::size_t N>
[[nodiscard]] Output profiled_output(const ConfidenceProfile<N>& profile, std::size_t sample,
                                     std::size_t exit) noexcept {
  static_assert(std::same_as<Output, Answer> || std::same_as<Output, ShapedAnswer>,
                "profiled_output: a profile yields Answer or ShapedAnswer");
  EINET_ASSERT(sample < profile.size());
  const float confidence = as_probability(profile.confidence[sample][exit]);
  if constexpr (std::same_as<Output, Answer>) {
    return {profile.predicted[sample][exit], confidence};
  } else {
    EINET_ASSERT(profile.has_shapes());
    return {profile.predicted[sample][exit], confidence, profile.shape[sample][exit]};
  }
}

/// The "features" of a replay: the current sample, and the time that it spends.
struct ReplayedSample {
  std::size_t sample;
  VirtualTime* time;
};

/// A block that takes its profiled times and yields its profiled outputs.
template <std::size_t N, class Output = Answer>
class ReplayBlock {
 public:
  /// Both profiles must outlive it.
  ReplayBlock(const TimeProfile<N>& times, const ConfidenceProfile<N>& outputs, std::size_t exit) noexcept
      : times_(&times), outputs_(&outputs), exit_(exit) {}
  ReplayBlock(const TimeProfile<N>&&, const ConfidenceProfile<N>&, std::size_t) = delete;
  ReplayBlock(const TimeProfile<N>&, const ConfidenceProfile<N>&&, std::size_t) = delete;

  void advance(ReplayedSample& on) const noexcept { on.time->advance(times_->conv[exit_]); }

  /// @pre on.sample < samples of the profile
  [[nodiscard]] Output classify(const ReplayedSample& on) const noexcept {
    on.time->advance(times_->branch[exit_]);
    return profiled_output<Output>(*outputs_, on.sample, exit_);
  }

 private:
  const TimeProfile<N>* times_;
  const ConfidenceProfile<N>* outputs_;
  std::size_t exit_;
};

namespace detail {

/// @throws std::invalid_argument if the profile lacks the shapes that Output needs
template <class Output, std::size_t N>
void expect_outputs(const ConfidenceProfile<N>& profile) {
  if (std::same_as<Output, ShapedAnswer> && profile.size() > 0 && !profile.has_shapes())
    refuse("confidence profile", "shape", "empty",
           "the margin and entropy of every output, for the observation");
}

}  // namespace detail

/// The network that the profiles describe. Both profiles must outlive it.
/// @tparam Output Answer, or ShapedAnswer to observe margins and entropies
/// @throws std::invalid_argument if these are needed and the profile has none
template <class Output = Answer, std::size_t N>
[[nodiscard]] std::array<ReplayBlock<N, Output>, N> replay(const TimeProfile<N>& times,
                                                           const ConfidenceProfile<N>& outputs) {
  detail::expect_outputs<Output>(outputs);
  return [&]<std::size_t... K>(std::index_sequence<K...>) {
    return std::array<ReplayBlock<N, Output>, N>{ReplayBlock<N, Output>{times, outputs, K}...};
  }
  (std::make_index_sequence<N>{});
}
template <class Output = Answer, std::size_t N>
std::array<ReplayBlock<N, Output>, N> replay(const TimeProfile<N>&&, const ConfidenceProfile<N>&) = delete;
template <class Output = Answer, std::size_t N>
std::array<ReplayBlock<N, Output>, N> replay(const TimeProfile<N>&, const ConfidenceProfile<N>&&) = delete;

}  // namespace einet
