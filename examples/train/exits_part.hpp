#pragma once
// The part of the training that depends on the number of exits at compile time.

#include "common/network_files.hpp"

#include <einet/data/dataset.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
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

/// A network that is measured.
class TimedNetwork {
 public:
  virtual ~TimedNetwork() = default;

  /// Times one run over an image of noise, after two that bring the network into the cache.
  virtual void run() = 0;
  /// Over all runs.
  [[nodiscard]] virtual PartTimes median() const = 0;
  /// The times in a profile of all its exits.
  [[nodiscard]] virtual PartTimes read(const std::filesystem::path& profile) const = 0;
  /// Replaces the times in a profile of all its exits or of the last, and takes out their spread, which was
  /// of the old ones. All else stays, bit for bit.
  virtual void replace(const std::filesystem::path& profile, const PartTimes& times) const = 0;

 protected:
  TimedNetwork() = default;
};

class ExitsPart {
 public:
  virtual ~ExitsPart() = default;

  /// Plan-aware loss weights (einet/nn/training/loss_weights.hpp).
  /// @param conv, branch what every part costs, in any unit
  [[nodiscard]] virtual std::vector<float> plan_aware_weights(std::span<const double> conv,
                                                              std::span<const double> branch,
                                                              std::span<const float> accuracy) const = 0;

  /// Measures the times, gathers the confidences, saves both as the profile, and fits the paper's predictor.
  /// Reports on the even images.
  /// @return false if it was interrupted; profile and predictor are then as they were
  virtual bool finish(const Finished& what) const = 0;

  [[nodiscard]] virtual std::unique_ptr<TimedNetwork> timed_network(
      const einet::nn::Graph& trained) const = 0;

 protected:
  ExitsPart() = default;
};

template <std::size_t N>
std::unique_ptr<const ExitsPart> make_exits_part();

/// @throws std::invalid_argument if the program is not built for that number of exits
std::unique_ptr<const ExitsPart> exits_part(std::size_t exits);

}  // namespace train
