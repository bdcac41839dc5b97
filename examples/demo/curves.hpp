#pragma once
// The accuracy of the answer in hand at any moment of a run, strategy by strategy: as replayed, a curve; as
// measured live, a mark for every tenth of the time.

#include "common/chart.hpp"
#include "demo/accuracy_at.hpp"
#include "demo/contender.hpp"

#include <einet/plan/time_profile.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace example::demo {

/// The share of the live runs that were right when they were stopped, for those of every tenth of the time.
/// @param curve the accuracy at every moment; where it jumps, the mean of a tenth says nothing
/// @return moments in ms
template <std::size_t N>
std::vector<Point> live_accuracy(const Contender<N>& contender, const std::vector<Met<N>>& runs, double whole,
                                 const std::vector<double>& curve) {
  constexpr std::size_t parts = 10, fewest = 20;
  std::vector<double> right(parts), sum(parts);
  std::vector<std::size_t> count(parts);
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const auto part = static_cast<std::size_t>(parts * runs[run].moment / whole);
    const std::size_t k = (std::min)(part, parts - 1);
    right[k] += contender.right[run];
    sum[k] += runs[run].moment;
    ++count[k];
  }
  std::vector<Point> marks;
  for (std::size_t k = 0; k < parts; ++k) {
    const double jump = curve[(k + 1) * (curve.size() - 1) / parts] - curve[k * (curve.size() - 1) / parts];
    if (const auto all = static_cast<double>(count[k]); count[k] >= fewest && jump < .1)
      marks.push_back({1e3 * sum[k] / all, right[k] / all});
  }
  return marks;
}

/// Two panels: fixed plans up to and with `best`, then this one beside those that adapt to the answers.
/// @param runs the live runs of all contenders
template <std::size_t N>
Chart curves(std::span<const Contender<N>> contenders, const std::vector<Met<N>>& runs,
             const einet::TimeProfile<N>& times, const std::string& best) {
  constexpr std::size_t steps = 200;
  const double whole = times.total();
  Chart chart{.title = "Stopped at this moment: how often is the answer in hand right?",
              .x_label = "ms since the start of the run (lines: replayed, marks: live)",
              .y_label = "accuracy in hand",
              .panels = {{"Plans made beforehand"}, {"Planned during the run"}},
              .scale = Scale::linear};
  std::vector<double> moments;
  for (std::size_t k = 0; k <= steps; ++k) {
    moments.push_back(whole * static_cast<double>(k) / steps);
    chart.x.push_back(1e3 * moments.back());
  }
  bool adapts = false;
  double lowest = 1;  // accuracy of a first answer in the second panel
  for (const Contender<N>& each : contenders) {
    Line line{each.name, accuracy_at(moments, each.whole_runs(times, each.cost.each), each.cost.first)};
    line.marks = live_accuracy(each, runs, whole, line.y);
    if (!adapts) chart.panels[0].lines.push_back(line);
    adapts = adapts || each.name == best;
    if (!adapts) continue;
    const auto first = std::ranges::find_if(line.y, [](double accuracy) { return accuracy > 0; });
    if (first != line.y.end()) lowest = (std::min)(lowest, *first);
    chart.panels[1].lines.push_back(std::move(line));
  }
  chart.panels[1].from = (std::max)(0., std::floor(10 * lowest) / 10 - .1);
  return chart;
}

}  // namespace example::demo
