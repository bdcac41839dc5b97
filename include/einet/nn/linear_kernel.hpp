#pragma once
// The fully connected layer: a 1x1 convolution whose pixels are the rows of the batch, so that it shares the
// convolution's kernels.

#include <einet/nn/conv2d_gradient.hpp>
#include <einet/nn/conv2d_kernel.hpp>

#include <cstddef>

namespace einet::nn {

/// The convolution that is equivalent to a linear layer. Its canonical weights are [out][in].
[[nodiscard]] constexpr ConvShape linear_shape(std::size_t in, std::size_t out) noexcept {
  return {{1, 1, in}, out, 1, 1, 0};
}

/// y = activation(W x + b) for `batch` rows: `x` [batch][in], `y` [batch][out]. `pack` is
/// `PackedConv<Arch>{linear_shape(in, out), weights, bias, batch}`. Allocates nothing.
template <class Arch>
void linear_forward(const PackedConv<Arch>& pack, const float* x, float* y,
                    Activation activation = Activation::none, std::size_t batch = 1) noexcept {
  conv2d_forward(pack, x, y, nullptr, activation, batch);
}

/// The same; false if the stop came and `y` was left unfinished.
template <class Arch, class Stop>
bool linear_forward(const PackedConv<Arch>& pack, const float* x, float* y, Activation activation,
                    std::size_t batch, PacedStop<Stop>& stop) noexcept {
  return conv2d_forward(pack, x, y, nullptr, activation, batch, stop);
}

/// dx = transposed W times dy for `batch` rows, overwritten. `pack` is
/// `PackedConv<Arch>::for_input_gradient(linear_shape(in, out), weights, batch)`.
template <class Arch>
void linear_backward_input(const PackedConv<Arch>& pack, const float* dy, float* dx,
                           std::size_t batch = 1) noexcept {
  conv2d_backward_input(pack, dy, dx, nullptr, batch);
}

/// Adds the gradients of `batch` rows to `dw`, ordered [in][out] (`add_weight_gradient` changes that to
/// PyTorch's order), and to `db` ([out], or null for none).
template <class Arch = xsimd::default_arch>
void linear_backward_weights(std::size_t in, std::size_t out, const float* x, const float* dy, float* dw,
                             float* db, std::size_t batch = 1) noexcept {
  conv2d_backward_weights<Arch>(linear_shape(in, out), x, dy, dw, db, batch);
}

}  // namespace einet::nn
