#pragma once
// Replays profiles as blocks on a virtual clock: the real runner gets the times and outputs of a network that
// was measured before.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace einet {

/// The output of `exit` on `sample`, from the profile.
/// @pre sample < samples of the profile
template <std::size_t N>
[[nodiscard]] Answer profiled_output(const ConfidenceProfile<N>& profile, std::size_t sample,
                                     std::size_t exit) noexcept {
  EINET_ASSERT(sample < profile.samples());
  return {profile.predicted[sample][exit], as_probability(profile.confidence[sample][exit])};
}

/// The "features" of a replay: the current sample, and the time that it spends.
struct ReplayedSample {
  std::size_t sample;
  VirtualTime* time;
};

/// A block that takes its profiled times and yields its profiled outputs.
template <std::size_t N>
class ReplayBlock {
 public:
  /// Both profiles must outlive it.
  ReplayBlock(const TimeProfile<N>& times, const ConfidenceProfile<N>& outputs, std::size_t exit) noexcept
      : times_(&times), outputs_(&outputs), exit_(exit) {}
  ReplayBlock(const TimeProfile<N>&&, const ConfidenceProfile<N>&, std::size_t) = delete;
  ReplayBlock(const TimeProfile<N>&, const ConfidenceProfile<N>&&, std::size_t) = delete;

  void advance(ReplayedSample& on) const noexcept { on.time->advance(times_->conv[exit_]); }

  /// @pre on.sample < samples of the profile
  [[nodiscard]] Answer classify(const ReplayedSample& on) const noexcept {
    on.time->advance(times_->branch[exit_]);
    return profiled_output(*outputs_, on.sample, exit_);
  }

 private:
  const TimeProfile<N>* times_;
  const ConfidenceProfile<N>* outputs_;
  std::size_t exit_;
};

/// The network that the profiles describe. Both profiles must outlive it.
template <std::size_t N>
[[nodiscard]] std::array<ReplayBlock<N>, N> replay(const TimeProfile<N>& times,
                                                   const ConfidenceProfile<N>& outputs) {
  return [&]<std::size_t... K>(std::index_sequence<K...>) {
    return std::array<ReplayBlock<N>, N>{ReplayBlock<N>{times, outputs, K}...};
  }
  (std::make_index_sequence<N>{});
}
template <std::size_t N>
std::array<ReplayBlock<N>, N> replay(const TimeProfile<N>&&, const ConfidenceProfile<N>&) = delete;
template <std::size_t N>
std::array<ReplayBlock<N>, N> replay(const TimeProfile<N>&, const ConfidenceProfile<N>&&) = delete;

}  // namespace einet
