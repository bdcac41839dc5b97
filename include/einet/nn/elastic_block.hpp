#pragma once
// A block of an inference network: models the block concept of the core over `Features`.

#include <einet/base/expect.hpp>
#include <einet/nn/features.hpp>
#include <einet/nn/inference_step.hpp>
#include <einet/run/answer.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace einet::nn {

/// A conv part and the branch at its end, for K classes at batch 1. Neither allocates, and both return within
/// microseconds of a stop, whatever the size of their layers.
template <std::size_t K, class Arch = xsimd::default_arch>
class ElasticBlock {
 public:
  /// `in` is the shape of the conv part's input. Throws std::invalid_argument if the branch does not end in K
  /// values.
  ElasticBlock(Shape in, std::vector<Step<Arch>> conv, std::vector<Step<Arch>> branch)
      : conv_{std::move(conv)},
        branch_{std::move(branch)},
        out_{conv_.empty() ? in : shape_of(conv_.back())} {
    const std::size_t scores = branch_.empty() ? out_.size() : shape_of(branch_.back()).size();
    einet::detail::expect(scores == K, "elastic block", "branch output", scores,
                          einet::detail::number(K) + " values as there are classes");
  }

  /// Runs the conv part.
  void advance(Features& features) const noexcept { advance(features, never_stop{}); }

  /// The same; false if the stop came first, and then `features` must be loaded again before any other use.
  template <pollable_stop Stop>
  bool advance(Features& features, const Stop& stop) const noexcept {
    PacedStop<Stop> paced{stop};
    for (const Step<Arch>& step : conv_) {
      if (!features.advance(
              [&](const float* x, float* y, float* workspace) { return run(step, x, y, workspace, paced); }))
        return false;
    }
    return true;
  }

  /// Runs the branch; the feature map is unchanged. Uses the scratch of `features`.
  [[nodiscard]] Scores<K> classify(const Features& features) const noexcept {
    return softmax_scores<K>(std::span<const float, K>{logits(features), K});
  }

  /// The same; nothing if the stop came first. Even then the feature map is unchanged.
  template <pollable_stop Stop>
  [[nodiscard]] std::optional<Scores<K>> classify(const Features& features, const Stop& stop) const noexcept {
    const float* const found = logits(features, stop);
    if (found == nullptr) return std::nullopt;
    return softmax_scores<K>(std::span<const float, K>{found, K});
  }

  /// Runs the branch up to the scores before softmax: K values, valid until the next branch runs; null if the
  /// stop came first.
  template <pollable_stop Stop = never_stop>
  [[nodiscard]] const float* logits(const Features& features, const Stop& stop = {}) const noexcept {
    PacedStop<Stop> paced{stop};
    return features.branch(branch_, [&](const Step<Arch>& step, const float* x, float* y, float* workspace) {
      return run(step, x, y, workspace, paced);
    });
  }

  /// The feature map after the conv part.
  [[nodiscard]] Shape out() const noexcept { return out_; }
  /// The steps of the conv part and of the branch.
  [[nodiscard]] std::span<const Step<Arch>> conv() const noexcept { return conv_; }
  [[nodiscard]] std::span<const Step<Arch>> branch() const noexcept { return branch_; }

  /// What `Features` must have room for.
  [[nodiscard]] FeatureSizes sizes() const noexcept {
    FeatureSizes sizes;
    for (const Step<Arch>& step : conv_) sizes = sizes.with({0, shape_of(step).size(), 0, scratch_of(step)});
    for (const Step<Arch>& step : branch_)
      sizes = sizes.with({0, 0, shape_of(step).size(), scratch_of(step)});
    return sizes;
  }

 private:
  template <class Stop>
  static bool run(const Step<Arch>& step, const float* x, float* y, float* workspace,
                  PacedStop<Stop>& stop) noexcept {
    return std::visit([&](const auto& operation) { return operation(x, y, workspace, stop); }, step);
  }
  [[nodiscard]] static Shape shape_of(const Step<Arch>& step) noexcept {
    return std::visit([](const auto& operation) { return operation.out(); }, step);
  }
  [[nodiscard]] static std::size_t scratch_of(const Step<Arch>& step) noexcept {
    return std::visit([](const auto& operation) { return operation.workspace(); }, step);
  }

  std::vector<Step<Arch>> conv_;
  std::vector<Step<Arch>> branch_;
  Shape out_;
};

}  // namespace einet::nn
