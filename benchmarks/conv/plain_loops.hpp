#pragma once
// The baseline: convolution by its definition, seven loops over plain arrays with one accumulator.

#include <einet/nn/kernels/conv_shape.hpp>

#include <algorithm>
#include <cstddef>

namespace einet::bench {

/// x is [images][in][height][width], w [out][in][kernel][kernel], y [images][out][out height][out width].
/// Taps that fall on the padding are clipped away, not multiplied by zero.
inline void plain_loops(const nn::ConvShape& shape, std::size_t images, const float* x, const float* w,
                        const float* bias, float* y) {
  const std::size_t height = shape.in.height, width = shape.in.width, channels = shape.in.channels;
  const std::size_t kernel = shape.kernel.height, stride = shape.stride.height, padding = shape.padding.top;
  const nn::Shape out = shape.out();
  const auto from = [&](std::size_t at) { return at < padding ? padding - at : 0; };
  const auto to = [&](std::size_t at, std::size_t length) {
    return at >= length + padding ? 0 : (std::min)(kernel, length + padding - at);
  };
  for (std::size_t n = 0; n < images; ++n) {
    for (std::size_t o = 0; o < shape.out_channels; ++o) {
      for (std::size_t i = 0; i < out.height; ++i) {
        const std::size_t r0 = from(i * stride), r1 = to(i * stride, height);
        for (std::size_t j = 0; j < out.width; ++j) {
          const std::size_t s0 = from(j * stride), s1 = to(j * stride, width);
          float sum = bias[o];
          for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t r = r0; r < r1; ++r) {
              for (std::size_t s = s0; s < s1; ++s) {
                sum += x[((n * channels + c) * height + i * stride + r - padding) * width + j * stride + s -
                         padding] *
                       w[((o * channels + c) * kernel + r) * kernel + s];
              }
            }
          }
          y[((n * shape.out_channels + o) * out.height + i) * out.width + j] = sum;
        }
      }
    }
  }
}

}  // namespace einet::bench
