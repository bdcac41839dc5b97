#pragma once
// Memory that the layers of a network share while it trains, and what a layer is told about the pass that it
// runs.

#include <einet/base/aligned.hpp>
#include <einet/nn/random.hpp>
#include <einet/nn/tensor.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include <tbb/enumerable_thread_specific.h>

namespace einet::nn {

/// Makes `tensor` [batch][shape], keeping its memory if the size is unchanged.
inline void resize(Tensor& tensor, std::size_t batch, Shape shape) {
  if (tensor.shape(0) == batch && image_shape(tensor) == shape) return;
  tensor.resize({batch, shape.height, shape.width, shape.channels});
}

/// Scratch memory that only grows; each thread that runs passes has its own, and runs one pass at a time.
class Workspace {
 public:
  /// `count` floats of any content, valid until the next call.
  [[nodiscard]] float* floats(std::size_t count) {
    if (floats_.size() < count) floats_.resize(count);
    return floats_.data();
  }

  /// Scratch of the calling thread of oneTBB.
  [[nodiscard]] AlignedVector<float>& of_thread() { return of_threads_.local(); }

  /// A tensor of the given size that keeps its memory from step to step; the same for the same arguments.
  [[nodiscard]] Tensor& gradient(std::size_t batch, Shape shape, int slot) {
    Tensor& tensor = gradients_[{shape.height, shape.width, shape.channels, slot}];
    resize(tensor, batch, shape);
    return tensor;
  }

  /// One tensor per exit, kept from step to step.
  [[nodiscard]] std::vector<Tensor>& score_gradients(std::size_t exits) {
    score_gradients_.resize(exits);
    return score_gradients_;
  }

 private:
  AlignedVector<float> floats_;
  std::vector<Tensor> score_gradients_;
  tbb::enumerable_thread_specific<AlignedVector<float>> of_threads_;
  std::map<std::tuple<std::size_t, std::size_t, std::size_t, int>, Tensor> gradients_;
};

/// What the layers are told about a forward pass, and again about the backward pass that belongs to it.
struct Pass {
  Workspace* workspace;    ///< never null
  bool training = false;   ///< batch statistics and dropout, or running statistics and none
  std::uint64_t seed = 0;  ///< for the random numbers of this step

  /// The same pass with its own random numbers, for the `part`-th part of a network.
  [[nodiscard]] Pass part(std::uint64_t part) const noexcept {
    return {workspace, training, random_bits(seed, part)};
  }
};

}  // namespace einet::nn
