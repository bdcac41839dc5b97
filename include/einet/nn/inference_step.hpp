#pragma once
// The parts of an inference network: the few operations that remain once batch norm is folded away and
// activations are fused.

#include <einet/base/aligned.hpp>
#include <einet/nn/conv2d_kernel.hpp>
#include <einet/nn/lanes.hpp>
#include <einet/nn/paced_stop.hpp>
#include <einet/nn/pool_kernel.hpp>
#include <einet/nn/shape.hpp>

#include <cstddef>
#include <variant>

namespace einet::nn {

/// Convolution or linear layer, with batch norm folded in and the activation fused.
template <class Arch>
struct ConvStep {
  PackedConv<Arch> pack;
  Activation activation = Activation::none;

  [[nodiscard]] Shape out() const noexcept { return pack.shape().out(); }
  [[nodiscard]] std::size_t workspace() const noexcept { return conv2d_workspace(pack.shape()); }
  template <class Stop>
  bool operator()(const float* x, float* y, float* scratch, PacedStop<Stop>& stop) const noexcept {
    return conv2d_forward(pack, x, y, scratch, activation, 1, stop);
  }
};

template <class Arch>
struct MaxPoolStep {
  Shape in, result;
  std::size_t kernel, stride, padding;

  [[nodiscard]] Shape out() const noexcept { return result; }
  [[nodiscard]] std::size_t workspace() const noexcept { return 0; }
  template <class Stop>
  bool operator()(const float* x, float* y, float*, PacedStop<Stop>& stop) const noexcept {
    return max_pool<Arch>(x, in, y, result, kernel, stride, padding, stop);
  }
};

template <class Arch>
struct AveragePoolStep {
  Shape in, result;

  [[nodiscard]] Shape out() const noexcept { return result; }
  [[nodiscard]] std::size_t workspace() const noexcept { return 0; }
  template <class Stop>
  bool operator()(const float* x, float* y, float*, PacedStop<Stop>& stop) const noexcept {
    return adaptive_average_pool<Arch>(x, in, y, result, stop);
  }
};

/// y = activation(scale * x + shift), channel by channel: a batch norm or an activation that no layer before
/// it could absorb.
template <class Arch>
struct ScaleStep {
  Shape shape;
  AlignedVector<float> scale, shift;
  Activation activation = Activation::none;

  [[nodiscard]] Shape out() const noexcept { return shape; }
  [[nodiscard]] std::size_t workspace() const noexcept { return 0; }
  template <class Stop>
  bool operator()(const float* x, float* y, float*, PacedStop<Stop>& stop) const noexcept {
    const std::size_t channels = shape.channels;
    const bool relu = activation == Activation::relu;
    for (std::size_t pixel = 0; pixel < shape.height * shape.width; ++pixel, x += channels, y += channels) {
      detail::over_lanes<Arch>(channels, [&]<class V>(std::size_t c) {
        const V value = detail::multiply_add(detail::load<V>(x + c), detail::load<V>(scale.data() + c),
                                             detail::load<V>(shift.data() + c));
        detail::store(y + c, relu ? detail::larger(value, V(0.0f)) : value);
      });
      if (stop.after(channels * memory_work)) return false;
    }
    return true;
  }
};

/// One operation on (x, y, workspace, paced stop), where x and y do not overlap; false if the stop came and
/// `y` was left unfinished.
template <class Arch>
using Step = std::variant<ConvStep<Arch>, MaxPoolStep<Arch>, AveragePoolStep<Arch>, ScaleStep<Arch>>;

}  // namespace einet::nn
