#pragma once
// The feature map on its way through a network at batch 1, and all memory that the network needs to run.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace einet::nn {

/// Buffer sizes in floats.
struct FeatureSizes {
  std::size_t image = 0;      ///< the network's input
  std::size_t map = 0;        ///< the largest output of a conv part's step
  std::size_t branch = 0;     ///< the largest output of a branch's step
  std::size_t workspace = 0;  ///< the largest scratch of a step

  /// The sizes that suffice for both.
  [[nodiscard]] constexpr FeatureSizes with(const FeatureSizes& other) const noexcept {
    return {(std::max)(image, other.image), (std::max)(map, other.map), (std::max)(branch, other.branch),
            (std::max)(workspace, other.workspace)};
  }
};

/// Two aligned buffers that conv parts read and write in turn, and scratch that branches use. Everything is
/// allocated on construction. The scratch is mutable, so that `classify(const Features&)` can use it: one run
/// at a time for each object.
class Features {
 public:
  /// For a network that needs `sizes`; see `InferenceNetwork::make_features`.
  explicit Features(const FeatureSizes& sizes)
      : image_{sizes.image},
        maps_{AlignedVector<float>((std::max)(sizes.image, sizes.map)), AlignedVector<float>(sizes.map)},
        branch_{AlignedVector<float>(sizes.branch), AlignedVector<float>(sizes.branch)},
        workspace_(sizes.workspace) {}

  /// Starts on another image, [height][width][channels], whatever happened to the previous one. Precondition:
  /// as many values as the network's input.
  void load(std::span<const float> image) noexcept {
    EINET_ASSERT(image.size() == image_);
    current_ = 0;
    std::copy_n(image.data(), image_, maps_[0].begin());
  }

  /// The feature map reached so far.
  [[nodiscard]] const float* data() const noexcept { return maps_[current_].data(); }

  /// Runs step(from, to, workspace) and moves on to what it wrote; does not move on if the step returns false
  /// because it was stopped.
  template <class Step>
  bool advance(const Step& step) noexcept {
    if (!step(data(), maps_[1 - current_].data(), workspace_.data())) return false;
    current_ = 1 - current_;
    return true;
  }

  /// Runs steps from the feature map, which is unchanged; returns what the last one wrote, or null if one
  /// returned false because it was stopped.
  template <class Steps, class Run>
  [[nodiscard]] const float* branch(const Steps& steps, const Run& run) const noexcept {
    const float* from = data();
    std::size_t side = 0;
    for (const auto& step : steps) {
      if (!run(step, from, branch_[side].data(), workspace_.data())) return nullptr;
      from = branch_[side].data();
      side = 1 - side;
    }
    return from;
  }

 private:
  std::size_t image_;
  std::array<AlignedVector<float>, 2> maps_;
  std::size_t current_ = 0;
  mutable std::array<AlignedVector<float>, 2> branch_;
  mutable AlignedVector<float> workspace_;
};

}  // namespace einet::nn
