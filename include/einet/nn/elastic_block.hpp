#pragma once
// A block of an inference network: models the block concept of the core over `Features`.

#include <einet/nn/features.hpp>
#include <einet/nn/inference_step.hpp>
#include <einet/run/answer.hpp>

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace einet::nn {

/// A conv part and the branch at its end, for K classes at batch 1. Neither part allocates.
template <std::size_t K, class Arch = xsimd::default_arch>
class ElasticBlock {
 public:
  /// `in` is the feature map that the conv part is given. Throws std::invalid_argument where the branch does
  /// not end in K values.
  ElasticBlock(Shape in, std::vector<Step<Arch>> conv, std::vector<Step<Arch>> branch)
      : conv_{std::move(conv)},
        branch_{std::move(branch)},
        out_{conv_.empty() ? in : shape_of(conv_.back())} {
    const std::size_t scores = branch_.empty() ? out_.size() : shape_of(branch_.back()).size();
    if (scores != K) {
      throw std::invalid_argument{"elastic block: the branch yields " + std::to_string(scores) +
                                  " values for " + std::to_string(K) + " classes"};
    }
  }

  /// Runs the conv part.
  void advance(Features& features) const noexcept {
    for (const Step<Arch>& step : conv_) {
      features.advance([&](const float* x, float* y, float* workspace) { run(step, x, y, workspace); });
    }
  }

  /// Runs the branch; the feature map stays. Uses the scratch of `features`.
  [[nodiscard]] Scores<K> classify(const Features& features) const noexcept {
    return softmax_scores<K>(std::span<const float, K>{logits(features), K});
  }

  /// Runs the branch up to the scores before softmax: K values, valid until the next branch runs.
  [[nodiscard]] const float* logits(const Features& features) const noexcept {
    return features.branch(branch_, run);
  }

  /// The feature map after the conv part.
  [[nodiscard]] Shape out() const noexcept { return out_; }
  /// Steps that are left of the conv part and of the branch.
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
  static void run(const Step<Arch>& step, const float* x, float* y, float* workspace) noexcept {
    std::visit([=](const auto& operation) { operation(x, y, workspace); }, step);
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
