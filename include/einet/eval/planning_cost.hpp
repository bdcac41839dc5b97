#pragma once
// What one planning costs on this machine, so that replays can charge it.

#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/run/clock.hpp>

#include <cstddef>
#include <vector>

namespace einet::eval {

/// Median seconds of `planner.observe`, over runs of the samples of `outputs` as the planner itself plans
/// them.
/// @param samples at most so many of them
/// @return 0 for a planner that never plans an exit
template <std::size_t N, class Planner>
[[nodiscard]] double median_planning_seconds(Planner planner, const ConfidenceProfile<N>& outputs,
                                             std::size_t samples = 200) {
  std::vector<double> seconds;
  for (std::size_t s = 0; s < outputs.size() && s < samples; ++s) {
    planner.reset();
    double elapsed = 0;
    std::size_t at = 0;
    while (const auto exit = planner.next_exit()) {
      for (; at <= *exit; ++at) elapsed += planner.problem().times.conv[at];
      elapsed += planner.problem().times.branch[*exit];
      const double before = SteadyClock::now();
      planner.observe(*exit, outputs.confidence[s][*exit], elapsed);
      seconds.push_back(SteadyClock::now() - before);
    }
  }
  return seconds.empty() ? 0 : detail::percentile(seconds, 0.5);
}

}  // namespace einet::eval
