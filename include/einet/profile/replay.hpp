#pragma once
// Replays profiles as blocks on a virtual clock: the real runner gets the times and outputs of a network that
// was measured before.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet {

/// N blocks of a replay: an array or, if N is up_to(C), a vector.
template <class Block, std::size_t N>
using ReplayNetwork =
    std::conditional_t<run_time_exits<N>, std::vector<Block>, std::array<Block, most_exits<N>>>;

namespace detail {

/// Block{times, outputs, exit} for every exit.
template <class Block, std::size_t N, class Outputs>
[[nodiscard]] ReplayNetwork<Block, N> replay_blocks(const TimeProfile<N>& times, const Outputs& outputs) {
  if constexpr (run_time_exits<N>) {
    std::vector<Block> blocks;
    for (std::size_t k = 0; k < times.exit_count(); ++k) blocks.emplace_back(times, outputs, k);
    return blocks;
  } else {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return std::array<Block, N>{Block{times, outputs, K}...};
    }
    (std::make_index_sequence<N>{});
  }
}

}  // namespace detail

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

/// The network that the profiles describe, an array or, if N is up_to(C), a vector. Both profiles must
/// outlive it.
template <std::size_t N>
[[nodiscard]] ReplayNetwork<ReplayBlock<N>, N> replay(const TimeProfile<N>& times,
                                                      const ConfidenceProfile<N>& outputs) {
  return detail::replay_blocks<ReplayBlock<N>>(times, outputs);
}
template <std::size_t N>
ReplayNetwork<ReplayBlock<N>, N> replay(const TimeProfile<N>&&, const ConfidenceProfile<N>&) = delete;
template <std::size_t N>
ReplayNetwork<ReplayBlock<N>, N> replay(const TimeProfile<N>&, const ConfidenceProfile<N>&&) = delete;

}  // namespace einet
