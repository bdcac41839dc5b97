#pragma once
// Layers that models from elsewhere need and einet's own networks do not. They run in inference only.

#include <einet/base/aligned.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::nn {

/// factor · x + shift, each a number for every channel.
class ChannelAffine final : public Layer {
 public:
  /// @pre both have a number for every channel of the input
  ChannelAffine(AlignedVector<float> factor, AlignedVector<float> shift)
      : factor_(std::move(factor)), shift_(std::move(shift)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "channel_affine"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input.channels != factor_.size())
      detail::refuse_input(kind(), input, std::to_string(factor_.size()) + " channels");
    return input;
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.scale(inputs[0], factor_, shift_);
  }

  /// Whether every factor is `factor`, and every shift `shift`, up to rounding.
  [[nodiscard]] bool is(float factor, float shift) const noexcept {
    const auto alike = [](float a, float b) { return std::abs(a - b) <= 1e-5f * std::abs(b); };
    return std::all_of(factor_.begin(), factor_.end(), [&](float f) { return alike(f, factor); }) &&
           std::all_of(shift_.begin(), shift_.end(), [&](float s) { return alike(s, shift); });
  }

 private:
  AlignedVector<float> factor_, shift_;
};

/// factor · x + shift, each a number for every value of the map.
class MapAffine final : public Layer {
 public:
  /// @param factor, shift [height][width][channels]
  MapAffine(Shape shape, AlignedVector<float> factor, AlignedVector<float> shift)
      : shape_(shape), factor_(std::move(factor)), shift_(std::move(shift)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "map_affine"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input != shape_) detail::refuse_input(kind(), input, detail::text(shape_));
    return input;
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.step(inputs, shape_,
                   [factor = factor_, shift = shift_](const StepMaps& maps, PacedStop& stop) noexcept {
                     const MapView<const float> x = maps.in();
                     const MapView<float> y = maps.out();
                     const std::size_t channels = y.shape.channels;
                     return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
                       const float* const f = factor.data() + pixel * channels;
                       const float* const s = shift.data() + pixel * channels;
                       const float* const from = x.pixel(pixel);
                       float* const to_pixel = y.pixel(pixel);
                       detail::over_lanes<xsimd::default_arch>(channels, [=]<class V>(std::size_t c) {
                         detail::store(to_pixel + c,
                                       detail::multiply_add(detail::load<V>(from + c), detail::load<V>(f + c),
                                                            detail::load<V>(s + c)));
                       });
                     });
                   });
  }

 private:
  Shape shape_;
  AlignedVector<float> factor_, shift_;
};

/// The same values whatever the image.
class FixedMap final : public Layer {
 public:
  /// @param values [height][width][channels]
  FixedMap(Shape shape, AlignedVector<float> values) : shape_(shape), values_(std::move(values)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "fixed_map"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    static_cast<void>(detail::only(kind(), inputs));
    return shape_;
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.step(inputs, shape_, [values = values_](const StepMaps& maps, PacedStop& stop) noexcept {
      const MapView<float> y = maps.out();
      const std::size_t channels = y.shape.channels;
      return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
        std::memcpy(y.pixel(pixel), values.data() + pixel * channels, channels * sizeof(float));
      });
    });
  }

 private:
  Shape shape_;
  AlignedVector<float> values_;
};

/// The values of a map in another order, or some of them.
class Rearrangement final : public Layer {
 public:
  /// @param places [out] of each value in the input, [height][width][channels]
  Rearrangement(Shape in, Shape out, std::vector<std::uint32_t> places)
      : in_(in), out_(out), places_(std::move(places)) {
    // Where every pixel's channels lie side by side within one pixel, they are copied as one.
    for (std::size_t at = 0; at < places_.size() && together_; ++at) {
      const std::size_t c = at % out.channels, first = places_[at - c];
      together_ = places_[at] == first + c && first % in.channels + out.channels <= in.channels;
    }
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "rearrangement"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input != in_) detail::refuse_input(kind(), input, detail::text(in_));
    return out_;
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    std::vector<Place> places;
    const std::size_t step = together_ ? out_.channels : 1;
    for (std::size_t at = 0; at < places_.size(); at += step)
      places.push_back({static_cast<std::uint32_t>(places_[at] / in_.channels),
                        static_cast<std::uint32_t>(places_[at] % in_.channels)});
    return to.step(
        inputs, out_,
        [places = std::move(places), together = together_](const StepMaps& maps, PacedStop& stop) noexcept {
          const MapView<const float> x = maps.in();
          const MapView<float> y = maps.out();
          const std::size_t channels = y.shape.channels;
          return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
            float* const to_pixel = y.pixel(pixel);
            if (together) {
              std::memcpy(to_pixel, x.pixel(places[pixel].pixel) + places[pixel].channel,
                          channels * sizeof(float));
              return;
            }
            const Place* const from = places.data() + pixel * channels;
            for (std::size_t c = 0; c < channels; ++c) to_pixel[c] = x.pixel(from[c].pixel)[from[c].channel];
          });
        });
  }

 private:
  struct Place {
    std::uint32_t pixel, channel;
  };

  Shape in_, out_;
  std::vector<std::uint32_t> places_;
  bool together_ = true;
};

/// Values cut off below `low` and above `high`. NaN stays NaN.
class Clip final : public Layer {
 public:
  Clip(float low, float high) noexcept : low_(low), high_(high) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "clip"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    return detail::only(kind(), inputs);
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.step(inputs, inputs[0].shape,
                   [low = low_, high = high_](const StepMaps& maps, PacedStop& stop) noexcept {
                     const MapView<const float> x = maps.in();
                     const MapView<float> y = maps.out();
                     return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
                       const float* const from = x.pixel(pixel);
                       float* const to_pixel = y.pixel(pixel);
                       detail::over_lanes<xsimd::default_arch>(y.shape.channels, [=]<class V>(std::size_t c) {
                         detail::store(to_pixel + c, detail::within(detail::load<V>(from + c), low, high));
                       });
                     });
                   });
  }

 private:
  float low_, high_;
};

/// The error function, which is half of what GELU is written as.
class Erf final : public Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "erf"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    return detail::only(kind(), inputs);
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.step(inputs, inputs[0].shape, [](const StepMaps& maps, PacedStop& stop) noexcept {
      const MapView<const float> x = maps.in();
      const MapView<float> y = maps.out();
      return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
        for (std::size_t c = 0; c < y.shape.channels; ++c) y.pixel(pixel)[c] = std::erf(x.pixel(pixel)[c]);
      });
    });
  }
};

/// The map with pixels of one value around it.
class Pad final : public Layer {
 public:
  Pad(Padding padding, float value) noexcept : padding_(padding), value_(value) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "pad"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    Shape shape = detail::only(kind(), inputs);
    shape.height += padding_.top + padding_.bottom;
    shape.width += padding_.left + padding_.right;
    return shape;
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const Shape in[] = {inputs[0].shape};
    return to.step(inputs, output(in),
                   [padding = padding_, value = value_](const StepMaps& maps, PacedStop& stop) noexcept {
                     const MapView<const float> x = maps.in();
                     const MapView<float> y = maps.out();
                     return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
                       const std::size_t row = pixel / y.shape.width - padding.top;
                       const std::size_t column = pixel % y.shape.width - padding.left;
                       if (row < x.shape.height && column < x.shape.width)
                         std::memcpy(y.pixel(pixel), x.pixel(row * x.shape.width + column),
                                     y.shape.channels * sizeof(float));
                       else
                         std::fill_n(y.pixel(pixel), y.shape.channels, value);
                     });
                   });
  }

  [[nodiscard]] Padding padding() const noexcept { return padding_; }
  [[nodiscard]] float value() const noexcept { return value_; }

 private:
  Padding padding_;
  float value_;
};

}  // namespace einet::nn
