#pragma once
// Finds out how long runs take at which price of time, by replaying a profile.

#include <einet/base/expect.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/price_curve.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace einet {

/// Runs every sample of `outputs` under `planner` at prices from 0 to one at which runs hardly take longer
/// than their first output, without a stop.
/// @param planning seconds that one planning takes
/// @throws std::invalid_argument if the profile has no samples
template <std::size_t N, class Planner>
[[nodiscard]] PriceCurve fit_price_curve(Planner planner, const TimeProfile<N>& times,
                                         const ConfidenceProfile<N>& outputs, double planning = 0) {
  detail::expect(outputs.samples() > 0, "fit_price_curve", "samples of the profile", outputs.samples(),
                 "at least 1");
  constexpr double lowest = .02, ratio = 1.45;  // prices of the network's whole time
  const auto blocks = replay(times, outputs);
  VirtualTime time;
  LocalSlot<Answer> slot;
  ElasticRunner runner{blocks, planner, slot, VirtualClock{time, planning}};
  const double first = times.conv[0] + times.branch[0];
  std::vector<PriceCurve::Point> points;
  for (double price = 0; points.size() < PriceCurve::most_points;
       price = points.size() == 1 ? lowest / times.total() : ratio * price) {
    runner.set_price(price);
    double busy = 0;
    for (std::size_t sample = 0; sample < outputs.samples(); ++sample) {
      time.reset();
      busy += runner.run(ReplayedSample{sample, &time}).busy();
    }
    points.push_back({price, busy / static_cast<double>(outputs.samples())});
    if (points.size() > 1 && points.back().busy < 1.01 * first) break;
  }
  return PriceCurve{points};
}

}  // namespace einet
