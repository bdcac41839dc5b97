#pragma once
// Convolution and its gradients by definition, in double and in PyTorch's orders: the reference for the
// kernels.

#include <einet/nn/kernels/conv_shape.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <random>
#include <sstream>
#include <string>
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
  const std::size_t inputs = in.channels / shape.groups, outputs = shape.out_channels / shape.groups;
  for (std::size_t n = 0; n < images; ++n)
    for (std::size_t o = 0; o < shape.out_channels; ++o)
      for (std::size_t y = 0; y < out.height; ++y)
        for (std::size_t x = 0; x < out.width; ++x)
          for (std::size_t c = 0; c < inputs; ++c)
            for (std::size_t r = 0; r < shape.kernel.height; ++r)
              for (std::size_t s = 0; s < shape.kernel.width; ++s) {
                // Below 0 wraps to far above.
                const std::size_t i = y * shape.stride.height + r * shape.dilation.height - shape.padding.top;
                const std::size_t j = x * shape.stride.width + s * shape.dilation.width - shape.padding.left;
                if (i >= in.height || j >= in.width) continue;
                f(((n * out.height + y) * out.width + x) * out.channels + o,
                  ((n * in.height + i) * in.width + j) * in.channels + o / outputs * inputs + c,
                  ((o * inputs + c) * shape.kernel.height + r) * shape.kernel.width + s, o);
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

/// The largest true value, at least 1.
inline double scale_of(const Truth& truth) {
  double scale = 1;
  for (const double value : truth) scale = (std::max)(scale, std::abs(value));
  return scale;
}

/// The largest difference, relative to the largest true value (at least 1).
inline double largest_error(const Values& values, const Truth& truth) {
  if (values.size() != truth.size()) return 1e30;
  double error = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double difference = std::abs(double{values[i]} - truth[i]);
    if (!(difference <= error)) error = difference;  // NaN counts
  }
  return error / scale_of(truth);
}

/// Shapes that cover tails, tiny maps, every kind of kernel, and groups.
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
    const bool square = random() % 2 != 0;
    const auto both = [&](std::initializer_list<std::size_t> from) {
      const std::size_t height = pick(from);
      return nn::Extent{height, square ? height : pick(from)};
    };
    shape.kernel = both({1, 2, 3, 3, 3, 5, 7});
    shape.stride = both({1, 1, 1, 2, 3});
    shape.dilation = both({1, 1, 1, 2, 3});
    shape.padding = pick({0, 1, 1, 2, 4});
    if (!square) shape.padding = {pick({0, 1, 2}), pick({0, 1, 3}), pick({0, 2, 4}), pick({0, 1, 3})};
    if (random() % 3 == 0) {
      shape.groups = pick({2, 3, 4});
      shape.in.channels = pick({1, 2, 5, lanes, lanes + 1}) * shape.groups;
      shape.out_channels = pick({1, 2, 5, lanes, lanes + 1}) * shape.groups;
    }
    const auto fits = [](std::size_t in, std::size_t kernel, std::size_t dilation, std::size_t padding) {
      return (kernel - 1) * dilation + 1 <= in + padding;
    };
    if (fits(shape.in.height, shape.kernel.height, shape.dilation.height,
             shape.padding.top + shape.padding.bottom) &&
        fits(shape.in.width, shape.kernel.width, shape.dilation.width,
             shape.padding.left + shape.padding.right) &&
        shape.macs() < 2'000'000)
      return shape;
  }
}

/// The same with every channel by itself.
inline nn::ConvShape random_depthwise_shape(std::mt19937& random) {
  for (;;) {
    nn::ConvShape shape = random_shape(random);
    shape.groups = shape.out_channels = shape.in.channels;
    if (shape.depthwise()) return shape;
  }
}

/// For messages.
inline std::string text(const nn::ConvShape& s) {
  std::ostringstream to;
  to << nn::detail::text(s.in) << " to " << s.out_channels << ", kernel " << s.kernel.height << "x"
     << s.kernel.width << ", stride " << s.stride.height << "x" << s.stride.width << ", padding "
     << s.padding.top << " " << s.padding.bottom << " " << s.padding.left << " " << s.padding.right
     << ", dilation " << s.dilation.height << "x" << s.dilation.width << ", groups " << s.groups;
  return to.str();
}

/// Everything lies between guards, so that a read or write outside shows as NaN or as a changed guard. Pixels
/// of `channels` lie `pitch` floats apart; what is between them is guarded too.
struct Guarded {
  static constexpr std::size_t guard = 64;
  Values all;
  std::size_t pixels, channels, pitch;

  Guarded(std::size_t count, std::size_t wide, std::size_t apart)
      : all(count * apart + 2 * guard, std::numeric_limits<float>::quiet_NaN()),
        pixels(count),
        channels(wide),
        pitch(apart) {}
  Guarded(const Values& values, std::size_t wide, std::size_t apart)
      : Guarded(values.size() / wide, wide, apart) {
    for (std::size_t i = 0; i < values.size(); ++i) data()[i / wide * apart + i % wide] = values[i];
  }
  float* data() { return all.data() + guard; }
  Values values() const {
    Values found(pixels * channels);
    for (std::size_t i = 0; i < found.size(); ++i)
      found[i] = all[guard + i / channels * pitch + i % channels];
    return found;
  }
  bool intact() const {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool inside = i >= guard && i < guard + pixels * pitch && (i - guard) % pitch < channels;
      if (!inside && !std::isnan(all[i])) return false;
    }
    return true;
  }
};

}  // namespace einet::test
