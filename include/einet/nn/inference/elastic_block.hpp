#pragma once
// A block of an inference network: models the block concept of the core over `Features`.

#include <einet/nn/inference/features.hpp>
#include <einet/nn/inference/maps.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/nn/kernels/softmax_kernel.hpp>
#include <einet/run/answer.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet::nn {

/// A step and where its maps lie.
struct PlacedStep {
  std::unique_ptr<const Step> step;
  std::vector<Place> inputs;
  Place output;
};

/// As the number of classes: any, known when the program runs. What a block gives is then an Answer; the
/// scores of all classes are its logits.
inline constexpr std::size_t any_classes = 0;

/// A conv part and the branch at its end, for K classes at batch 1. Neither allocates, and both return within
/// microseconds of a stop, whatever the size of their layers.
/// @tparam Use `Maps::kept` if the branch may run beside later conv parts, see `concurrent_branches`
template <std::size_t K, Maps Use = Maps::shared>
class ElasticBlock {
 public:
  static constexpr bool concurrent_branches = Use == Maps::kept;
  using output_type = std::conditional_t<K == any_classes, Answer, Scores<K>>;

  /// @param scores where the scores of all classes lie once the branch has run
  ElasticBlock(std::vector<PlacedStep> conv, std::vector<PlacedStep> branch, const Place& scores)
      : conv_(std::move(conv)), branch_(std::move(branch)), scores_(scores) {}

  /// Runs the conv part.
  void advance(Features& features) const noexcept { advance(features, never_stop{}); }

  /// The same; false if the stop came first, and then `features` must be loaded again before any other use.
  template <pollable_stop Stop>
  bool advance(Features& features, const Stop& stop) const noexcept {
    PacedStop paced(stop);
    return run(conv_, features, features.scratch(), paced);
  }

  /// Runs the branch; the maps of the conv parts are unchanged. Uses the memory of `features`.
  [[nodiscard]] output_type classify(const Features& features) const noexcept {
    return output(logits(features));
  }

  /// The same; nothing if the stop came first. Even then the maps of the conv parts are unchanged.
  template <pollable_stop Stop>
  [[nodiscard]] std::optional<output_type> classify(const Features& features,
                                                    const Stop& stop) const noexcept {
    const float* const found = logits(features, stop);
    if (found == nullptr) return std::nullopt;
    return output(found);
  }

  [[nodiscard]] std::size_t classes() const noexcept { return scores_.shape.channels; }

  /// Runs the branch up to the scores before softmax: a value for every class, valid until anything else
  /// runs; null if the stop came first.
  template <pollable_stop Stop = never_stop>
  [[nodiscard]] const float* logits(const Features& features, const Stop& stop = {}) const noexcept {
    PacedStop paced(stop);
    return run(branch_, features, features.branch_scratch(), paced) ? features.maps() + scores_.offset
                                                                    : nullptr;
  }

  [[nodiscard]] std::span<const PlacedStep> conv() const noexcept { return conv_; }
  [[nodiscard]] std::span<const PlacedStep> branch() const noexcept { return branch_; }

 private:
  [[nodiscard]] output_type output(const float* logits) const noexcept {
    if constexpr (K == any_classes)
      return detail::answer_in_lanes({logits, classes()});
    else
      return detail::scores_in_lanes<K>(std::span<const float, K>{logits, K});
  }

  [[nodiscard]] static bool run(const std::vector<PlacedStep>& steps, const Features& features,
                                float* scratch, PacedStop& stop) noexcept {
    for (const PlacedStep& placed : steps)
      if (!placed.step->run({features.maps(), placed.inputs, placed.output, scratch}, stop)) return false;
    return true;
  }

  std::vector<PlacedStep> conv_;
  std::vector<PlacedStep> branch_;
  Place scores_;
};

}  // namespace einet::nn
