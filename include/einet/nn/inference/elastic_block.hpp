#pragma once
// A block of an inference network: models the block concept of the core over `Features`.

#include <einet/nn/inference/features.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/run/answer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn {

/// A step and where its maps lie.
struct PlacedStep {
  std::unique_ptr<const Step> step;
  std::vector<Place> inputs;
  Place output;
};

/// A conv part and the branch at its end, for K classes at batch 1. Neither allocates, and both return within
/// microseconds of a stop, whatever the size of their layers.
template <std::size_t K>
class ElasticBlock {
 public:
  /// @param scores where the scores of all classes lie once the branch has run
  ElasticBlock(std::vector<PlacedStep> conv, std::vector<PlacedStep> branch, const Place& scores)
      : conv_(std::move(conv)), branch_(std::move(branch)), scores_(scores) {}

  /// Runs the conv part.
  void advance(Features& features) const noexcept { advance(features, never_stop{}); }

  /// The same; false if the stop came first, and then `features` must be loaded again before any other use.
  template <pollable_stop Stop>
  bool advance(Features& features, const Stop& stop) const noexcept {
    PacedStop paced(stop);
    return run(conv_, features, paced);
  }

  /// Runs the branch; the maps of the conv parts are unchanged. Uses the memory of `features`.
  [[nodiscard]] Scores<K> classify(const Features& features) const noexcept {
    return softmax_scores<K>(std::span<const float, K>{logits(features), K});
  }

  /// The same; nothing if the stop came first. Even then the maps of the conv parts are unchanged.
  template <pollable_stop Stop>
  [[nodiscard]] std::optional<Scores<K>> classify(const Features& features, const Stop& stop) const noexcept {
    const float* const found = logits(features, stop);
    if (found == nullptr) return std::nullopt;
    return softmax_scores<K>(std::span<const float, K>{found, K});
  }

  /// Runs the branch up to the scores before softmax: K values, valid until anything else runs; null if the
  /// stop came first.
  template <pollable_stop Stop = never_stop>
  [[nodiscard]] const float* logits(const Features& features, const Stop& stop = {}) const noexcept {
    PacedStop paced(stop);
    return run(branch_, features, paced) ? features.maps() + scores_.offset : nullptr;
  }

  [[nodiscard]] std::span<const PlacedStep> conv() const noexcept { return conv_; }
  [[nodiscard]] std::span<const PlacedStep> branch() const noexcept { return branch_; }

 private:
  [[nodiscard]] static bool run(const std::vector<PlacedStep>& steps, const Features& features,
                                PacedStop& stop) noexcept {
    for (const PlacedStep& placed : steps)
      if (!placed.step->run({features.maps(), placed.inputs, placed.output, features.scratch()}, stop))
        return false;
    return true;
  }

  std::vector<PlacedStep> conv_;
  std::vector<PlacedStep> branch_;
  Place scores_;
};

}  // namespace einet::nn
