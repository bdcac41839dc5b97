#pragma once
// The tensors of training: xtensor's fixed-rank container, in either layout of its headers. No other header
// of einet includes xtensor.

#if __has_include(<xtensor/containers/xtensor.hpp>)
#include <xtensor/containers/xtensor.hpp>
#else
#include <xtensor/xtensor.hpp>
#endif

#include <einet/nn/shape.hpp>

#include <cstddef>

namespace einet::nn {

/// A batch of images, [batch][height][width][channels], row-major.
using Tensor = xt::xtensor<float, 4>;

/// The shape of every image of a batch.
[[nodiscard]] inline Shape image_shape(const Tensor& batch) noexcept {
  return {batch.shape(1), batch.shape(2), batch.shape(3)};
}

/// Makes `tensor` [batch][shape], keeping its memory if the size is unchanged.
inline void resize(Tensor& tensor, std::size_t batch, Shape shape) {
  if (tensor.shape(0) == batch && image_shape(tensor) == shape) return;
  tensor.resize({batch, shape.height, shape.width, shape.channels});
}

}  // namespace einet::nn
