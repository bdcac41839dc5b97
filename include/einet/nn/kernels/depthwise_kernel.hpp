#pragma once
// The convolution of every channel by itself: vectors run along the channels, and nothing is summed across
// them.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/conv_tile.hpp>
#include <einet/nn/kernels/lanes.hpp>

#include <algorithm>
#include <cstddef>
#include <span>

namespace einet::nn {

/// Depthwise weights as [tap][channel], and the bias.
class PackedDepthwise {
 public:
  /// `weights` are in PyTorch's order, [channel][1][kernel.height][kernel.width]; `bias` is [channel] or
  /// empty.
  /// @pre validate(shape), shape.depthwise()
  PackedDepthwise(const ConvShape& shape, std::span<const float> weights, std::span<const float> bias = {},
                  ChannelScale scale = {})
      : shape_(shape), weights_(weights.size()), bias_(shape.out_channels) {
    EINET_ASSERT(shape.depthwise() && weights.size() == shape.weights());
    const std::size_t taps = shape.taps(), channels = shape.out_channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const float factor = scale.factor.empty() ? 1.f : scale.factor[c];
      for (std::size_t tap = 0; tap < taps; ++tap)
        weights_[tap * channels + c] = weights[c * taps + tap] * factor;
      bias_[c] = detail::scaled_bias(bias, scale, c);
    }
  }

  [[nodiscard]] const ConvShape& shape() const noexcept { return shape_; }
  [[nodiscard]] const float* weights() const noexcept { return weights_.data(); }
  [[nodiscard]] const float* bias() const noexcept { return bias_.data(); }

 private:
  ConvShape shape_;
  AlignedVector<float> weights_, bias_;
};

namespace detail {

/// Taps [first, last) of one axis that meet the image at output position `at`.
struct TapsInside {
  std::size_t first, last;
};

[[nodiscard]] inline TapsInside taps_inside(std::size_t at, std::size_t length, std::size_t kernel,
                                            std::size_t stride, std::size_t step,
                                            std::size_t before) noexcept {
  const std::size_t start = at * stride;  // in the padded image
  const std::size_t first = start >= before ? 0 : (before - start + step - 1) / step;
  const std::size_t end = length + before;
  const std::size_t last = start >= end ? 0 : (end - start - 1) / step + 1;
  return {(std::min)(first, kernel), (std::min)(last, kernel)};
}

/// The taps that one output pixel meets the image with.
struct DepthwiseWindow {
  const ConvShape& shape;
  std::size_t row, column;
  TapsInside rows, columns;

  /// f(tap, pixel of the image) for each.
  template <class F>
  void each_tap(const F& f) const noexcept {
    for (std::size_t r = rows.first; r < rows.last; ++r) {
      const std::size_t y = row * shape.stride.height + r * shape.dilation.height - shape.padding.top;
      for (std::size_t s = columns.first; s < columns.last; ++s) {
        const std::size_t x = column * shape.stride.width + s * shape.dilation.width - shape.padding.left;
        f(r * shape.kernel.width + s, y * shape.in.width + x);
      }
    }
  }
};

/// f(window) for every output pixel, in order, until it returns false; whether it never did.
template <class F>
bool each_window(const ConvShape& shape, const F& f) noexcept {
  const Shape in = shape.in, out = shape.out();
  for (std::size_t row = 0; row < out.height; ++row) {
    const TapsInside rows = taps_inside(row, in.height, shape.kernel.height, shape.stride.height,
                                        shape.dilation.height, shape.padding.top);
    for (std::size_t column = 0; column < out.width; ++column) {
      const TapsInside columns = taps_inside(column, in.width, shape.kernel.width, shape.stride.width,
                                             shape.dilation.width, shape.padding.left);
      if (!f(DepthwiseWindow{shape, row, column, rows, columns})) return false;
    }
  }
  return true;
}

/// The channels of one vector V through a convolution of K × K taps, whose weights stay in registers.
template <std::size_t K>
class DepthwiseLane {
 public:
  DepthwiseLane(const PackedDepthwise& pack, const ConvMaps& maps, Bounds bounds) noexcept
      : pack_(pack), maps_(maps), bounds_(bounds), columns_(inside(pack.shape())) {}

  /// One row of outputs from channel c on.
  template <class V>
  void run(std::size_t row, std::size_t c) const noexcept {
    const ConvShape& shape = pack_.shape();
    // Rows outside the image are zeros that are read again and again.
    const float* from[K];
    std::size_t pitch[K];
    for (std::size_t r = 0; r < K; ++r) {
      const std::size_t y = row * shape.stride.height + r * shape.dilation.height - shape.padding.top;
      const bool in = y < shape.in.height;  // below 0 wraps to far above
      from[r] = in ? maps_.x + y * shape.in.width * maps_.x_pitch + c : zeros;
      pitch[r] = in ? maps_.x_pitch : 0;
    }
    V weight[K * K];
#pragma GCC unroll unrolled
    for (std::size_t tap = 0; tap < K * K; ++tap)
      weight[tap] = load<V>(pack_.weights() + tap * shape.in.channels + c);
    const V bias = load<V>(pack_.bias() + c);
    const std::size_t width = shape.out().width, first = row * width;
    std::size_t column = 0;
    for (; column < columns_.first; ++column) border(from, pitch, weight, bias, column, first + column, c);
    for (; column < columns_.last; ++column) {
      const std::size_t x = column * shape.stride.width - shape.padding.left;
      V sum = bias;
#pragma GCC unroll unrolled
      for (std::size_t r = 0; r < K; ++r) {
#pragma GCC unroll unrolled
        for (std::size_t s = 0; s < K; ++s)
          sum = multiply_add(load<V>(from[r] + (x + s * shape.dilation.width) * pitch[r]), weight[r * K + s],
                             sum);
      }
      store_output(sum, first + column, c);
    }
    for (; column < width; ++column) border(from, pitch, weight, bias, column, first + column, c);
  }

 private:
  alignas(buffer_alignment) static constexpr float zeros[buffer_alignment / sizeof(float)]{};

  /// Columns of outputs all of whose taps lie in the image.
  [[nodiscard]] static TapsInside inside(const ConvShape& shape) noexcept {
    const std::size_t width = shape.out().width, reach = (K - 1) * shape.dilation.width;
    const std::size_t first = (shape.padding.left + shape.stride.width - 1) / shape.stride.width;
    const std::size_t end = shape.in.width + shape.padding.left;  // one past the last, from the padding on
    const std::size_t last = end > reach ? (end - reach - 1) / shape.stride.width + 1 : 0;
    const std::size_t stop = (std::min)(last, width);
    return {(std::min)(first, stop), stop};
  }

  template <class V>
  void border(const float* const (&from)[K], const std::size_t (&pitch)[K], const V (&weight)[K * K], V sum,
              std::size_t column, std::size_t pixel, std::size_t c) const noexcept {
    const ConvShape& shape = pack_.shape();
#pragma GCC unroll unrolled
    for (std::size_t r = 0; r < K; ++r) {
#pragma GCC unroll unrolled
      for (std::size_t s = 0; s < K; ++s) {
        const std::size_t x = column * shape.stride.width + s * shape.dilation.width - shape.padding.left;
        const float* const at = x < shape.in.width ? from[r] + x * pitch[r] : zeros;
        sum = multiply_add(load<V>(at), weight[r * K + s], sum);
      }
    }
    store_output(sum, pixel, c);
  }

  template <class V>
  void store_output(V sum, std::size_t pixel, std::size_t c) const noexcept {
    if (maps_.residual != nullptr) sum = sum + load<V>(maps_.residual + pixel * maps_.residual_pitch + c);
    store(maps_.y + pixel * maps_.y_pitch + c, within(sum, bounds_.low, bounds_.high));
  }

  const PackedDepthwise& pack_;
  ConvMaps maps_;
  Bounds bounds_;
  TapsInside columns_;
};

/// False if the stop came.
template <class Arch, std::size_t K>
bool depthwise_lanes(const PackedDepthwise& pack, const ConvMaps& maps, Bounds bounds,
                     PacedStop& stop) noexcept {
  const Shape out = pack.shape().out();
  const DepthwiseLane<K> lane(pack, maps, bounds);
  return over_lanes<Arch>(out.channels, [&]<class V>(std::size_t c) {
    for (std::size_t row = 0; row < out.height; ++row) {
      lane.template run<V>(row, c);
      if (stop.after(out.width * lanes_in<V> * (K * K + memory_work))) return false;
    }
    return true;
  });
}

}  // namespace detail

/// One image through a depthwise convolution; pixels lie `pitch` floats apart, as `maps` says.
/// @return false if the stop came and `y` was left unfinished
template <class Arch = xsimd::default_arch>
bool depthwise_forward(const PackedDepthwise& pack, const ConvMaps& maps, Bounds bounds,
                       PacedStop& stop) noexcept {
  const ConvShape& shape = pack.shape();
  if (shape.kernel == Extent{3}) return detail::depthwise_lanes<Arch, 3>(pack, maps, bounds, stop);
  if (shape.kernel == Extent{5}) return detail::depthwise_lanes<Arch, 5>(pack, maps, bounds, stop);
  const std::size_t channels = shape.in.channels;
  const std::size_t pitch = maps.x_pitch;
  const float* const x = maps.x;
  const float* const weights = pack.weights();
  const float* const bias = pack.bias();
  float* y = maps.y;
  const float* residual = maps.residual;
  return detail::each_window(shape, [&](const detail::DepthwiseWindow& window) {
    detail::over_lanes<Arch>(channels, [=]<class V>(std::size_t c) {
      V sum = detail::load<V>(bias + c);
      window.each_tap([&](std::size_t tap, std::size_t pixel) {
        sum = detail::multiply_add(detail::load<V>(x + pixel * pitch + c),
                                   detail::load<V>(weights + tap * channels + c), sum);
      });
      if (residual != nullptr) sum = sum + detail::load<V>(residual + c);
      detail::store(y + c, detail::within(sum, bounds.low, bounds.high));
    });
    y += maps.y_pitch;
    if (residual != nullptr) residual += maps.residual_pitch;
    return !stop.after(channels * (shape.taps() + memory_work));
  });
}

#ifdef EINET_KERNELS
EINET_KERNELS template bool depthwise_forward<xsimd::default_arch>(const PackedDepthwise&, const ConvMaps&,
                                                                   Bounds, PacedStop&) noexcept;
#endif

}  // namespace einet::nn
