#pragma once
// One operation of inference at batch 1, over maps in one arena.

#include <einet/nn/inference/paced_stop.hpp>
#include <einet/nn/shape.hpp>

#include <cstddef>
#include <span>

namespace einet::nn {

/// Where a map lies in the arena. Its pixels are `pitch` floats apart, which is more than its channels if it
/// is a slice of a wider map.
struct Place {
  std::size_t offset = 0;  ///< floats
  Shape shape{};
  std::size_t pitch = 0;  ///< floats
};

/// A map that a step reads, or writes.
template <class Value>
struct MapView {
  Value* data;
  Shape shape;
  std::size_t pitch;  ///< floats from pixel to pixel

  [[nodiscard]] Value* pixel(std::size_t index) const noexcept { return data + index * pitch; }
};

/// The maps of one step.
class StepMaps {
 public:
  StepMaps(float* arena, std::span<const Place> inputs, const Place& output, float* scratch) noexcept
      : arena_(arena), inputs_(inputs), output_(&output), scratch_(scratch) {}

  [[nodiscard]] std::size_t inputs() const noexcept { return inputs_.size(); }
  [[nodiscard]] MapView<const float> in(std::size_t index = 0) const noexcept {
    const Place& place = inputs_[index];
    return {arena_ + place.offset, place.shape, place.pitch};
  }
  /// Overlaps no input.
  [[nodiscard]] MapView<float> out() const noexcept {
    return {arena_ + output_->offset, output_->shape, output_->pitch};
  }
  /// As many floats as the step asked for, of any content.
  [[nodiscard]] float* scratch() const noexcept { return scratch_; }

 private:
  float* arena_;
  std::span<const Place> inputs_;
  const Place* output_;
  float* scratch_;
};

/// An operation; threads may run it at the same time on different arenas.
class Step {
 public:
  virtual ~Step() = default;

  /// Computes the output. Asks stop.after(work) about every microsecond and returns false at once if it says
  /// so; the output is then unfinished. Allocates nothing.
  [[nodiscard]] virtual bool run(const StepMaps& maps, PacedStop& stop) const noexcept = 0;

  /// Floats of scratch memory that `run` needs.
  [[nodiscard]] virtual std::size_t scratch() const noexcept { return 0; }

 protected:
  Step() = default;
  Step(const Step&) = default;
  Step& operator=(const Step&) = default;
};

}  // namespace einet::nn
