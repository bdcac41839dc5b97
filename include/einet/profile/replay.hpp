#pragma once
// A profile replayed as blocks on the virtual clock: the runner that ships meets the times and outputs of a
// network that was measured before, instead of the network.

#include <einet/base/assert.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>

#include <array>
#include <cstddef>
#include <utility>

namespace einet {

/// The "features" of a replay: which sample is on, and the time that it spends.
struct ReplayedSample {
  std::size_t sample;
  VirtualTime* time;
};

/// One block of a profile. It takes its profiled time and yields what the profile says.
template <std::size_t N>
class ReplayBlock {
 public:
  ReplayBlock(const TimeProfile<N>& times, const ConfidenceProfile<N>& outputs, std::size_t exit) noexcept
      : times_(&times), outputs_(&outputs), exit_(exit) {}

  void advance(ReplayedSample& on) const noexcept { on.time->advance(times_->conv[exit_]); }

  /// @pre on.sample < samples of the profile
  [[nodiscard]] Answer classify(const ReplayedSample& on) const noexcept {
    EINET_ASSERT(on.sample < outputs_->size());
    on.time->advance(times_->branch[exit_]);
    return {outputs_->predicted[on.sample][exit_], outputs_->confidence[on.sample][exit_]};
  }

 private:
  const TimeProfile<N>* times_;
  const ConfidenceProfile<N>* outputs_;
  std::size_t exit_;
};

/// The network that a profile stands for. Both profiles must outlive it.
template <std::size_t N>
[[nodiscard]] std::array<ReplayBlock<N>, N> replay(const TimeProfile<N>& times,
                                                   const ConfidenceProfile<N>& outputs) noexcept {
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
