#pragma once
// Convolution and its gradients by definition, in double and in PyTorch's orders: the reference for the
// kernels.

#include <einet/nn/conv_shape.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <random>
#include <vector>

#include <xsimd/xsimd.hpp>

namespace einet::test {

using Values = std::vector<float>;
using Truth = std::vector<double>;

/// Floats in a vector of the kernels under test.
inline constexpr std::size_t lanes = xsimd::batch<float>::size;

inline Values random_values(std::size_t count, std::mt19937& random) {
  std::normal_distribution<float> normal;
  Values values(count);
  for (float& value : values) value = normal(random);
  return values;
}

/// Calls f(output index, input index, weight index, output channel) for every product of the convolution;
/// images are channels last.
template <class F>
void for_each_product(const nn::ConvShape& shape, std::size_t images, F&& f) {
  const nn::Shape in = shape.in, out = shape.out();
  for (std::size_t n = 0; n < images; ++n)
    for (std::size_t o = 0; o < shape.out_channels; ++o)
      for (std::size_t y = 0; y < out.height; ++y)
        for (std::size_t x = 0; x < out.width; ++x)
          for (std::size_t c = 0; c < in.channels; ++c)
            for (std::size_t r = 0; r < shape.kernel; ++r)
              for (std::size_t s = 0; s < shape.kernel; ++s) {
                const std::size_t i = y * shape.stride + r, j = x * shape.stride + s;
                if (i < shape.padding || j < shape.padding) continue;
                if (i - shape.padding >= in.height || j - shape.padding >= in.width) continue;
                f(((n * out.height + y) * out.width + x) * out.channels + o,
                  ((n * in.height + i - shape.padding) * in.width + j - shape.padding) * in.channels + c,
                  ((o * in.channels + c) * shape.kernel + r) * shape.kernel + s, o);
              }
}

inline Truth plain_forward(const nn::ConvShape& shape, std::size_t images, const Values& x, const Values& w,
                           const Values& bias) {
  Truth y(images * shape.out().size());
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = bias.empty() ? 0.0 : double{bias[i % shape.out_channels]};
  for_each_product(shape, images, [&](std::size_t to, std::size_t from, std::size_t weight, std::size_t) {
    y[to] += double{x[from]} * double{w[weight]};
  });
  return y;
}

inline Truth plain_input_gradient(const nn::ConvShape& shape, std::size_t images, const Values& dy,
                                  const Values& w) {
  Truth dx(images * shape.in.size());
  for_each_product(shape, images, [&](std::size_t to, std::size_t from, std::size_t weight, std::size_t) {
    dx[from] += double{dy[to]} * double{w[weight]};
  });
  return dx;
}

inline Truth plain_weight_gradient(const nn::ConvShape& shape, std::size_t images, const Values& x,
                                   const Values& dy) {
  Truth dw(shape.weights());
  for_each_product(shape, images, [&](std::size_t to, std::size_t from, std::size_t weight, std::size_t) {
    dw[weight] += double{dy[to]} * double{x[from]};
  });
  return dw;
}

/// The largest difference, relative to the largest true value (at least 1).
inline double largest_error(const Values& values, const Truth& truth) {
  if (values.size() != truth.size()) return 1e30;
  double error = 0, scale = 1;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double difference = std::abs(double{values[i]} - truth[i]);
    if (!(difference <= error)) error = difference;  // NaN counts
    scale = (std::max)(scale, std::abs(truth[i]));
  }
  return error / scale;
}

/// Shapes that cover tails, tiny maps and every kernel, stride and padding that occurs.
inline nn::ConvShape random_shape(std::mt19937& random) {
  const auto pick = [&](std::initializer_list<std::size_t> from) {
    return from.begin()[std::uniform_int_distribution<std::size_t>{0, from.size() - 1}(random)];
  };
  for (;;) {
    nn::ConvShape shape;
    shape.in = {pick({1, 2, 3, 4, 5, 7, 8, 13, 16, 33}), pick({1, 2, 3, 4, 5, 7, 8, 13, 16, 33}),
                pick({1, 2, 3, 5, 6, 7, 8, 13, lanes - 1, lanes, lanes + 1, 2 * lanes + 3})};
    shape.out_channels = pick({1, 2, 3, lanes - 1, lanes, lanes + 1, 2 * lanes, 2 * lanes + 1, 3 * lanes,
                               8 * lanes, 8 * lanes + 5, 10});
    shape.kernel = pick({1, 2, 3, 3, 3, 5});
    shape.stride = pick({1, 1, 1, 2, 3});
    shape.padding = pick({0, 1, 1, 2, 4});
    const std::size_t shortest = (std::min)(shape.in.height, shape.in.width);
    if (shape.kernel <= shortest + 2 * shape.padding && shape.macs() < 4'000'000) return shape;
  }
}

}  // namespace einet::test
