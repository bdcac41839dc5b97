#pragma once
// Profiles of trained networks, and loss weights that follow the plan.

#include "common/network_files.hpp"

#include <einet/data/dataset.hpp>
#include <einet/plan/exits.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

namespace train {

/// A trained network that is to be profiled.
struct Finished {
  const example::Trained& trained;
  const einet::data::Dataset& test;   ///< images to profile it on: odd ones to fit, even ones to report
  std::size_t top_scores;             ///< most probable classes of every output in the profile, or 0
  bool last_alone;                    ///< the profile is of the last exit alone
  std::uint64_t seed;                 ///< of the predictor
  std::filesystem::path out;          ///< folder of profile and predictor
  std::function<bool()> interrupted;  ///< asked now and then
};

/// Seconds of every conv part and branch.
struct PartTimes {
  std::vector<double> conv, branch;

  [[nodiscard]] double total() const {
    return std::accumulate(branch.begin(), branch.end(), std::accumulate(conv.begin(), conv.end(), 0.));
  }
  /// Of a run that gives the last output alone.
  [[nodiscard]] double last_alone() const { return std::accumulate(conv.begin(), conv.end(), branch.back()); }
  [[nodiscard]] PartTimes scaled(double factor) const {
    PartTimes result = *this;
    for (double& seconds : result.conv) seconds *= factor;
    for (double& seconds : result.branch) seconds *= factor;
    return result;
  }
};

inline constexpr std::size_t any_exits = einet::up_to(example::most_exits);

/// Measures the times, gathers the confidences, saves both as the profile, and fits the paper's predictor.
/// Reports on the even images.
/// @return false if it was interrupted; profile and predictor are then as they were
bool finish(const Finished& what);

}  // namespace train
