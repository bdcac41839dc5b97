#pragma once
// Maps that are made of others without weights: sum, concatenation, product.

#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/activation.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/kernels/partial_sums.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// The sum of maps of one shape. Absorbs a ReLU.
class Sum final : public Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "sum"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    return detail::same_shape(kind(), inputs, 2);
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    LoweredMap sum = inputs[0];
    for (const LoweredMap& next : inputs.subspan(1)) sum = to.sum(sum, next);
    return sum;
  }

  void forward(const ForwardPass& pass) override {
    const float low = pass.absorbed != nullptr ? 0.f : -std::numeric_limits<float>::infinity();
    pass.workers->pieces(pass.batch * pass.shape.size(), 16384, [&](std::size_t first, std::size_t last) {
      detail::over_lanes<xsimd::default_arch>(last - first, [&]<class V>(std::size_t at) {
        const std::size_t i = first + at;
        V sum = detail::load<V>(pass.inputs[0].data + i) + detail::load<V>(pass.inputs[1].data + i);
        for (const BatchView& next : pass.inputs.subspan(2)) sum = sum + detail::load<V>(next.data + i);
        detail::store(pass.output + i, detail::choose(sum < V(low), V(low), sum));
      });
    });
  }
  void backward(const BackwardPass& pass) override {
    pass.workers->pieces(pass.batch * pass.shape.size(), 16384, [&](std::size_t first, std::size_t last) {
      for (float* const dx : pass.input_gradients) {
        if (dx == nullptr) continue;
        if (pass.absorbed == nullptr) {
          std::copy(pass.gradient + first, pass.gradient + last, dx + first);
        } else {
          activate_backward(Activation::relu, 0.f, pass.output + first, pass.gradient + first, dx + first,
                            last - first);
        }
      }
    });
  }

  [[nodiscard]] bool absorbs(const Layer& next) const noexcept override {
    return next.activation() == Activation::relu;
  }
};

/// The channels of maps of one height and width, one map after the other.
class Concat final : public Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "concat"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    detail::at_least(kind(), "inputs", inputs.size());
    Shape all = inputs.front();
    for (const Shape& next : inputs.subspan(1)) {
      if (next.height != all.height || next.width != all.width)
        detail::refuse_input(
            kind(), next,
            std::to_string(all.height) + "x" + std::to_string(all.width) + " pixels as the first");
      all.channels += next.channels;
    }
    return all;
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return inputs.size() == 1 ? inputs[0] : to.concat(inputs);
  }

  void forward(const ForwardPass& pass) override {
    pass.workers->pieces(pass.batch * pass.shape.pixels(), detail::grain_of(pass.shape.channels),
                         [&](std::size_t first, std::size_t last) {
                           for (std::size_t pixel = first; pixel < last; ++pixel) {
                             float* to = pass.output + pixel * pass.shape.channels;
                             for (const BatchView& input : pass.inputs) {
                               const std::size_t width = input.shape.channels;
                               to = std::copy_n(input.data + pixel * width, width, to);
                             }
                           }
                         });
  }
  void backward(const BackwardPass& pass) override {
    pass.workers->pieces(pass.batch * pass.shape.pixels(), detail::grain_of(pass.shape.channels),
                         [&](std::size_t first, std::size_t last) {
                           for (std::size_t pixel = first; pixel < last; ++pixel) {
                             const float* from = pass.gradient + pixel * pass.shape.channels;
                             for (std::size_t i = 0; i < pass.inputs.size(); ++i) {
                               const std::size_t width = pass.inputs[i].shape.channels;
                               if (float* const dx = pass.input_gradients[i])
                                 std::copy_n(from, width, dx + pixel * width);
                               from += width;
                             }
                           }
                         });
  }
};

/// x times a factor: a map of the same shape, or 1 x 1 with a factor for every channel, as in
/// squeeze-and-excite.
class Product final : public Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "product"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    einet::detail::expect(inputs.size() == 2, kind(), "inputs", inputs.size(), "2");
    if (inputs[1] != inputs[0] && inputs[1] != Shape{1, 1, inputs[0].channels})
      detail::refuse_input(kind(), inputs[1],
                           detail::text(inputs[0]) + " or " + detail::text({1, 1, inputs[0].channels}));
    return inputs[0];
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.step(inputs, inputs[0].shape, [](const StepMaps& maps, PacedStop& stop) noexcept {
      const MapView<const float> x = maps.in(0), factor = maps.in(1);
      const MapView<float> y = maps.out();
      const bool one = factor.shape.pixels() == 1;
      return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
        multiply(x.pixel(pixel), factor.pixel(one ? 0 : pixel), y.pixel(pixel), y.shape.channels);
      });
    });
  }

  void forward(const ForwardPass& pass) override {
    const std::size_t channels = pass.shape.channels, pixels = pass.shape.pixels();
    const bool one = pass.inputs[1].shape.pixels() == 1;
    pass.workers->each(pass.batch * pixels, detail::grain_of(channels), [&](std::size_t pixel) {
      const std::size_t at = one ? pixel / pixels : pixel;
      multiply(pass.inputs[0].data + pixel * channels, pass.inputs[1].data + at * channels,
               pass.output + pixel * channels, channels);
    });
  }
  void backward(const BackwardPass& pass) override {
    const std::size_t channels = pass.shape.channels, pixels = pass.shape.pixels();
    const bool one = pass.inputs[1].shape.pixels() == 1;
    const float* const x = pass.inputs[0].data;
    const float* const factor = pass.inputs[1].data;
    float* const dx = pass.input_gradients[0];
    float* const dfactor = pass.input_gradients[1];
    pass.workers->each(pass.batch, detail::grain_of(pass.shape.size()), [&](std::size_t image) {
      if (dfactor != nullptr && one) std::fill_n(dfactor + image * channels, channels, 0.f);
      for (std::size_t pixel = image * pixels; pixel < (image + 1) * pixels; ++pixel) {
        const std::size_t at = (one ? image : pixel) * channels;
        const float* const dy = pass.gradient + pixel * channels;
        if (dx != nullptr) multiply(dy, factor + at, dx + pixel * channels, channels);
        if (dfactor == nullptr) continue;
        if (!one) {
          multiply(dy, x + pixel * channels, dfactor + at, channels);
        } else {
          for (std::size_t c = 0; c < channels; ++c) dfactor[at + c] += dy[c] * x[pixel * channels + c];
        }
      }
    });
  }

 private:
  static void multiply(const float* a, const float* b, float* to, std::size_t count) noexcept {
    detail::over_lanes<xsimd::default_arch>(count, [=]<class V>(std::size_t i) {
      detail::store(to + i, detail::load<V>(a + i) * detail::load<V>(b + i));
    });
  }
};

/// The sum of maps of one shape.
inline Map sum(const std::vector<Map>& maps, std::string name = {}) {
  return add(Sum(), maps, std::move(name));
}
/// The sum of two maps of one shape.
inline Map operator+(const Map& a, const Map& b) {
  return sum({a, b});
}
/// The channels of maps of one height and width, one map after the other.
inline Map concat(const std::vector<Map>& maps, std::string name = {}) {
  return add(Concat(), maps, std::move(name));
}
/// The same of maps one by one.
template <std::same_as<Map>... Maps>
Map concat(const Map& first, const Maps&... others) {
  return concat(std::vector<Map>{first, others...});
}
/// x times a factor of the same shape, or one per channel (1 x 1).
inline Map operator*(const Map& x, const Map& factor) {
  return add(Product(), {x, factor});
}

}  // namespace einet::nn
