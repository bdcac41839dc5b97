#pragma once
// All memory that a network needs to run at batch 1: its maps, and how to start on an image.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/base/round_up.hpp>
#include <einet/nn/inference/step.hpp>

#include <cstddef>
#include <cstring>
#include <span>

namespace einet::nn {

/// The maps of one run. Everything is allocated on construction. The memory is mutable, so that
/// `classify(const Features&)` can use it: one run at a time for each object. Within it, a branch may run
/// beside conv parts if the network's maps are kept.
class Features {
 public:
  /// @param image where the image lies
  /// @param maps floats of all maps
  /// @param scratch floats of the largest scratch of a step
  /// @param branch_scratch the same of branches, if they have a scratch of their own, or 0
  Features(const Place& image, std::size_t maps, std::size_t scratch, std::size_t branch_scratch = 0)
      : image_(image),
        maps_(maps),
        branch_scratch_(branch_scratch > 0 ? maps + einet::detail::padded(scratch) : maps),
        memory_(branch_scratch > 0 ? branch_scratch_ + branch_scratch : maps + scratch) {}

  /// Starts on another image, [height][width][channels], whatever happened to the previous one.
  /// @pre as many values as the network's input
  void load(std::span<const float> image) noexcept {
    EINET_ASSERT(image.size() == image_.shape.size());
    const std::size_t channels = image_.shape.channels;
    float* to = memory_.data() + image_.offset;
    for (const float* from = image.data(); from != image.data() + image.size();
         from += channels, to += image_.pitch)
      std::memcpy(to, from, channels * sizeof(float));
  }

  [[nodiscard]] float* maps() const noexcept { return memory_.data(); }
  [[nodiscard]] float* scratch() const noexcept { return memory_.data() + maps_; }
  /// The scratch of branches, which is the same unless they may run beside conv parts.
  [[nodiscard]] float* branch_scratch() const noexcept { return memory_.data() + branch_scratch_; }
  /// Floats in all.
  [[nodiscard]] std::size_t size() const noexcept { return memory_.size(); }

 private:
  Place image_;
  std::size_t maps_;
  std::size_t branch_scratch_;  // where it begins
  mutable AlignedVector<float> memory_;
};

}  // namespace einet::nn
