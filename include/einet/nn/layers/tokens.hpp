#pragma once
// What transformers need beside attention: pixels as tokens, a learned token before them, learned positions.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::nn {

namespace detail {

/// to[i] = Σ from[image · size + i] over the images of a batch, for [first, last) of each.
inline void sum_images(Workers& workers, const float* from, std::size_t batch, std::size_t pitch,
                       std::span<float> to) {
  workers.pieces(to.size(), 4096, [&](std::size_t first, std::size_t last) {
    std::fill(to.begin() + static_cast<std::ptrdiff_t>(first), to.begin() + static_cast<std::ptrdiff_t>(last),
              0.f);
    for (std::size_t image = 0; image < batch; ++image)
      add(to.data() + first, from + image * pitch + first, last - first);
  });
}

}  // namespace detail

/// A learned token, then the pixels of the map: 1 x (pixels + 1).
class ClassToken final : public Layer {
 public:
  /// Throws std::invalid_argument if channels is 0.
  explicit ClassToken(std::size_t channels) : weight_({1, 1, channels}) {
    detail::at_least(kind(), "channels", channels);
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "class_token"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input.channels != weight_.size())
      detail::refuse_input(kind(), input, std::to_string(weight_.size()) + " channels");
    return {1, input.pixels() + 1, input.channels};
  }
  [[nodiscard]] std::vector<Parameter> parameters() override { return {{"weight", &weight_, true, .02f}}; }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const std::span<const float> weight = weight_.values();
    const Shape in = inputs[0].shape;
    return to.step(inputs, {1, in.pixels() + 1, in.channels},
                   [token = AlignedVector<float>(weight.begin(), weight.end())](const StepMaps& maps,
                                                                                PacedStop& stop) noexcept {
                     const MapView<const float> x = maps.in();
                     const MapView<float> y = maps.out();
                     return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
                       std::memcpy(y.pixel(pixel), pixel == 0 ? token.data() : x.pixel(pixel - 1),
                                   y.shape.channels * sizeof(float));
                     });
                   });
  }

  void forward(const ForwardPass& pass) override {
    const std::size_t size = pass.inputs[0].shape.size();
    const std::span<const float> token = std::as_const(weight_).values();
    pass.workers->each(pass.batch, detail::grain_of(size), [&](std::size_t image) {
      float* const to = std::copy(token.begin(), token.end(), pass.output + image * pass.shape.size());
      std::copy_n(pass.inputs[0].data + image * size, size, to);
    });
  }
  void backward(const BackwardPass& pass) override {
    detail::sum_images(*pass.workers, pass.gradient, pass.batch, pass.shape.size(),
                       pass.parameter_gradients[0]);
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    const std::size_t size = pass.inputs[0].shape.size();
    pass.workers->each(pass.batch, detail::grain_of(size), [&](std::size_t image) {
      std::copy_n(pass.gradient + image * pass.shape.size() + pass.shape.channels, size, dx + image * size);
    });
  }

 private:
  Weights weight_;
};

/// x plus a learned map of its shape, whose weights are [1][pixel][channel].
class PositionEmbedding final : public Layer {
 public:
  /// Throws std::invalid_argument if a side of the shape is 0.
  explicit PositionEmbedding(Shape shape) : shape_(shape), weight_({1, shape.pixels(), shape.channels}) {
    detail::at_least(kind(), "height", shape.height);
    detail::at_least(kind(), "width", shape.width);
    detail::at_least(kind(), "channels", shape.channels);
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "position_embedding"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input != shape_) detail::refuse_input(kind(), input, detail::text(shape_));
    return input;
  }
  [[nodiscard]] std::vector<Parameter> parameters() override { return {{"weight", &weight_, true, .02f}}; }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const std::span<const float> weight = weight_.values();
    return to.step(inputs, shape_,
                   [learned = AlignedVector<float>(weight.begin(), weight.end())](const StepMaps& maps,
                                                                                  PacedStop& stop) noexcept {
                     const MapView<const float> x = maps.in();
                     const MapView<float> y = maps.out();
                     const std::size_t channels = y.shape.channels;
                     return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
                       plus(x.pixel(pixel), learned.data() + pixel * channels, y.pixel(pixel), channels);
                     });
                   });
  }

  void forward(const ForwardPass& pass) override {
    const std::size_t size = pass.shape.size();
    const float* const weight = weight_.values().data();
    pass.workers->each(pass.batch, detail::grain_of(size), [&](std::size_t image) {
      plus(pass.inputs[0].data + image * size, weight, pass.output + image * size, size);
    });
  }
  void backward(const BackwardPass& pass) override {
    detail::sum_images(*pass.workers, pass.gradient, pass.batch, pass.shape.size(),
                       pass.parameter_gradients[0]);
    if (float* const dx = pass.input_gradients[0])
      std::copy_n(pass.gradient, pass.batch * pass.shape.size(), dx);
  }

 private:
  static void plus(const float* a, const float* b, float* to, std::size_t count) noexcept {
    detail::over_lanes<xsimd::default_arch>(count, [=]<class V>(std::size_t i) {
      detail::store(to + i, detail::load<V>(a + i) + detail::load<V>(b + i));
    });
  }

  Shape shape_;
  Weights weight_;
};

/// One pixel of a map, 1 x 1.
class Token final : public Layer {
 public:
  explicit Token(std::size_t index) noexcept : index_(index) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "token"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    einet::detail::expect(index_ < input.pixels(), kind(), "index", index_,
                          "less than the " + einet::detail::number(input.pixels()) + " pixels of the input");
    return {1, 1, input.channels};
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.pixel(inputs[0], index_);
  }

  void forward(const ForwardPass& pass) override {
    const Shape in = pass.inputs[0].shape;
    pass.workers->each(pass.batch, detail::grain_of(in.channels), [&](std::size_t image) {
      std::copy_n(pass.inputs[0].data + image * in.size() + index_ * in.channels, in.channels,
                  pass.output + image * in.channels);
    });
  }
  void backward(const BackwardPass& pass) override {
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    const Shape in = pass.inputs[0].shape;
    pass.workers->each(pass.batch, detail::grain_of(in.size()), [&](std::size_t image) {
      std::fill_n(dx + image * in.size(), in.size(), 0.f);
      std::copy_n(pass.gradient + image * in.channels, in.channels,
                  dx + image * in.size() + index_ * in.channels);
    });
  }

 private:
  std::size_t index_;
};

/// A learned token before the pixels of x: 1 x (pixels + 1).
inline Map class_token(const Map& x, std::string name = {}) {
  return add(ClassToken(x.shape().channels), x, std::move(name));
}
/// x plus a learned map.
inline Map position_embedding(const Map& x, std::string name = {}) {
  return add(PositionEmbedding(x.shape()), x, std::move(name));
}
/// Pixel number `index` of x, row by row: 1 x 1.
inline Map token(const Map& x, std::size_t index, std::string name = {}) {
  return add(Token(index), x, std::move(name));
}

}  // namespace einet::nn
