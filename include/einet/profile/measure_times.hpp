#pragma once
// Measures a time profile on this machine. Paper, section IV-B1, but with medians instead of averages, so
// that one preemption does not lengthen a block for good.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/keep.hpp>
#include <einet/run/block.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/stop.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet {

/// How long to measure for.
struct MeasureOptions {
  std::size_t warm_up = 10;   ///< full runs whose times are discarded, at most 1,000,000,000
  std::size_t repeats = 101;  ///< full runs that count, 1 to 1,000,000,000
};

/// Seconds of every block over repeated runs.
template <std::size_t N>
struct MeasuredTimes {
  TimeProfile<N> median;
  TimeProfile<N> low;   ///< 10th percentile
  TimeProfile<N> high;  ///< 90th percentile
  /// [repeats] seconds of every full run divided by the total of the medians, in rising order.
  std::vector<double> slowness{};

  /// The factor, at least 1, by which planned times must be stretched so that a share of `reliability` of the
  /// runs keeps to them: the `PlannerOptions::margin` for a deadline.
  /// @param reliability a probability in (0, 1); if there are too few runs for it, the slowest decides
  /// @throws std::invalid_argument naming it, or if nothing was measured
  [[nodiscard]] double margin(double reliability) const {
    constexpr auto what = "MeasuredTimes::margin";
    detail::expect(is_finite(reliability) && reliability > 0 && reliability < 1, what, "reliability",
                   reliability, "a probability in (0, 1)");
    if (slowness.empty()) detail::refuse(what, "slowness", "empty", "the times of some runs");
    const double rank = std::ceil(reliability * static_cast<double>(slowness.size())) - 1;
    return (std::max)(slowness[static_cast<std::size_t>((std::max)(rank, 0.0))], 1.0);
  }
};

/// The value that a `share` of `samples` does not exceed, by nearest rank: .5 is the median. Reorders them.
/// @pre there is a sample, and share is in [0, 1]
template <class T>
[[nodiscard]] T percentile(std::vector<T>& samples, double share) {
  EINET_ASSERT(!samples.empty() && share >= 0 && share <= 1);
  const auto rank = static_cast<std::ptrdiff_t>(share * static_cast<double>(samples.size() - 1) + 0.5);
  std::nth_element(samples.begin(), samples.begin() + rank, samples.end());
  return samples[static_cast<std::size_t>(rank)];
}

/// Runs every conv part and every branch of `blocks`, one sample at a time, and times each until the last
/// byte of its features or its output is written.
/// @param load load(features, run) fills the features with the next sample; its time does not count
/// @param clock measures the blocks
/// @throws std::invalid_argument unless the network has N blocks (1 to C, if N is up_to(C)), or naming the
/// option that is out of range
template <std::size_t N, class Network, class Features, class Load, run_clock Clock = SteadyClock>
requires elastic_network<std::remove_reference_t<Network>>
[[nodiscard]] MeasuredTimes<N> measure_times(Network&& blocks, Features& features, Load&& load,
                                             MeasureOptions options = {}, Clock clock = {}) {
  constexpr std::size_t most = 1'000'000'000;
  const std::size_t exits = block_count(blocks);
  detail::expect_blocks<N>("measure_times", exits, "as many as the time profile has exits: ");
  detail::expect(options.warm_up <= most, "MeasureOptions", "warm_up", options.warm_up, "at most 1000000000");
  detail::expect(options.repeats >= 1 && options.repeats <= most, "MeasureOptions", "repeats",
                 options.repeats, "1 to 1000000000");
  std::array<std::vector<double>, most_exits<N>> conv;
  std::array<std::vector<double>, most_exits<N>> branch;
  std::vector<double> totals;
  for (std::size_t run = 0; run < options.warm_up + options.repeats; ++run) {
    load(features, run);
    detail::keep(features);
    double total = 0;
    for (std::size_t k = 0; k < exits; ++k) {
      const double start = clock.now();
      detail::visit_block(blocks, k, [&](auto& block) { detail::advance(block, features, never_stop{}); });
      detail::keep(features);
      const double middle = clock.now();
      detail::visit_block(blocks, k, [&](auto& block) { detail::keep(detail::classify(block, features)); });
      const double end = clock.now();
      total += end - start;
      if (run < options.warm_up) continue;
      conv[k].push_back(middle - start);
      branch[k].push_back(end - middle);
    }
    if (run >= options.warm_up) totals.push_back(total);
  }
  const TimeProfile<N> none(exits);
  MeasuredTimes<N> measured{none, none, none};
  for (const auto& [times, share] :
       {std::pair{&measured.median, 0.5}, std::pair{&measured.low, 0.1}, std::pair{&measured.high, 0.9}})
    for (std::size_t k = 0; k < exits; ++k) {
      times->conv[k] = percentile(conv[k], share);
      times->branch[k] = percentile(branch[k], share);
    }
  std::sort(totals.begin(), totals.end());
  const double usual = measured.median.total();
  for (double& total : totals) total = usual > 0 ? total / usual : 1;
  measured.slowness = std::move(totals);
  return measured;
}

}  // namespace einet
