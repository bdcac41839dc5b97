#pragma once
// Scaled dot-product attention (Vaswani et al., 2017) among the pixels of a map, which are its tokens.
//
// A transformer's block is
//   x = x + conv(attention(conv(layer_norm(x), {.channels = 3 * width, .kernel = 1}), {.heads = 4}),
//                {.channels = width, .kernel = 1});
//   x = x + conv(gelu(conv(layer_norm(x), {.channels = 2 * width, .kernel = 1})),
//                {.channels = width, .kernel = 1});

#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace einet::nn {

/// The shape of an attention layer.
struct AttentionOptions {
  std::size_t heads = 1;
};

/// For each head: softmax(q · kᵀ / √(width of a head)) · v. The channels of the input are q, then k, then v
/// of all heads, as PyTorch's MultiheadAttention projects them; those of the output are the heads side by
/// side, a third as many.
class Attention final : public Layer {
 public:
  /// Throws std::invalid_argument if heads is 0.
  explicit Attention(const AttentionOptions& options = {}) : heads_(options.heads) {
    detail::at_least(kind(), "heads", heads_);
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "attention"; }

  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input.channels % 3 != 0 || input.channels / 3 % heads_ != 0)
      detail::refuse_input(kind(), input, "q, k and v of " + std::to_string(heads_) + " heads of one width");
    return {input.height, input.width, input.channels / 3};
  }
  [[nodiscard]] std::size_t macs(std::span<const Shape> inputs) const override {
    return 2 * inputs[0].pixels() * inputs[0].pixels() * (inputs[0].channels / 3);
  }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const Shape in = inputs[0].shape;
    return to.step(
        inputs, {in.height, in.width, in.channels / 3},
        [heads = heads_](const StepMaps& maps, PacedStop& stop) noexcept {
          const MapView<const float> x = maps.in();
          const MapView<float> y = maps.out();
          const std::size_t width = y.shape.channels / heads;
          for (std::size_t head = 0; head < heads; ++head) {
            const Head of{x.data + head * width, x.pitch, y.shape.channels, x.shape.pixels(), width};
            if (!attend(of, y.data + head * width, y.pitch, maps.scratch(), stop)) return false;
          }
          return true;
        },
        scratch(in));
  }

  void forward(const ForwardPass& pass) override {
    each_head(pass, [&](const Head& head, std::size_t at) {
      PacedStop never;
      attend(head, pass.output + at, pass.shape.channels,
             pass.workers->scratch(scratch(pass.inputs[0].shape)), never);
    });
  }
  void backward(const BackwardPass& pass) override {
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    each_head(pass, [&](const Head& head, std::size_t at) {
      differentiate(head, pass.gradient + at, pass.shape.channels, dx + (head.q - pass.inputs[0].data),
                    pass.workers->scratch(2 * scratch(pass.inputs[0].shape)));
    });
  }

 private:
  /// One head's queries; its keys lie `all` floats behind, its values twice as many.
  struct Head {
    const float* q;
    std::size_t pitch;  // of pixels
    std::size_t all;    // channels of all heads
    std::size_t tokens;
    std::size_t width;

    [[nodiscard]] float scale() const noexcept { return 1.f / std::sqrt(static_cast<float>(width)); }
  };

  /// One head's keys, channel by channel, and a row of weights.
  [[nodiscard]] std::size_t scratch(Shape in) const noexcept {
    return in.pixels() * (in.channels / 3 / heads_ + 1);
  }

  /// body(head, offset of the head in the first pixel of its image's output)
  template <class Pass, class Body>
  void each_head(const Pass& pass, const Body& body) const {
    const Shape in = pass.inputs[0].shape;
    const std::size_t all = in.channels / 3, width = all / heads_, tokens = in.pixels();
    pass.workers->each(
        pass.batch * heads_, detail::grain_of(tokens * tokens * width / 16), [&](std::size_t i) {
          const std::size_t image = i / heads_, head = i % heads_;
          body(Head{pass.inputs[0].data + image * in.size() + head * width, in.channels, all, tokens, width},
               image * tokens * all + head * width);
        });
  }

  /// to[channel][token] = from[token][channel]; false if the stop came first.
  static bool transpose(const Head& head, const float* from, float* to, PacedStop& stop) noexcept {
    for (std::size_t token = 0; token < head.tokens; ++token, from += head.pitch) {
      for (std::size_t c = 0; c < head.width; ++c) to[c * head.tokens + token] = from[c];
      if (stop.after(memory_work * head.width)) return false;
    }
    return true;
  }

  /// sums[token] = Σ row[c] · columns[c][token]; false if the stop came first.
  static bool products(const Head& head, const float* row, const float* columns, float factor, float* sums,
                       PacedStop& stop) noexcept {
    std::fill_n(sums, head.tokens, 0.f);
    for (std::size_t c = 0; c < head.width; ++c) {
      detail::add_scaled(sums, row[c] * factor, columns + c * head.tokens, head.tokens);
      if (stop.after(head.tokens)) return false;
    }
    return true;
  }

  /// Softmax in place. A NaN makes all of them NaN.
  static void softmax(float* values, std::size_t count) noexcept {
    float largest = values[0];
    for (std::size_t i = 1; i < count; ++i) largest = detail::larger(largest, values[i]);
    detail::over_lanes<xsimd::default_arch>(count, [=]<class V>(std::size_t i) {
      using std::exp;
      using xsimd::exp;
      detail::store(values + i, exp(detail::load<V>(values + i) - V(largest)));
    });
    float sum = 0.f;
    for (std::size_t i = 0; i < count; ++i) sum += values[i];
    const float share = 1.f / sum;
    detail::over_lanes<xsimd::default_arch>(count, [=]<class V>(std::size_t i) {
      detail::store(values + i, detail::load<V>(values + i) * V(share));
    });
  }

  /// @param y the head's first channel of the first pixel
  static bool attend(const Head& head, float* y, std::size_t y_pitch, float* scratch,
                     PacedStop& stop) noexcept {
    float* const keys = scratch;
    float* const weights = scratch + head.width * head.tokens;
    if (!transpose(head, head.q + head.all, keys, stop)) return false;
    for (std::size_t token = 0; token < head.tokens; ++token, y += y_pitch) {
      if (!products(head, head.q + token * head.pitch, keys, head.scale(), weights, stop)) return false;
      softmax(weights, head.tokens);
      if (stop.after(2 * memory_work * head.tokens)) return false;
      std::fill_n(y, head.width, 0.f);
      const float* value = head.q + 2 * head.all;
      for (std::size_t other = 0; other < head.tokens; ++other, value += head.pitch) {
        detail::add_scaled(y, weights[other], value, head.width);
        if (stop.after(head.width)) return false;
      }
    }
    return true;
  }

  /// @param dq where the gradient of the head's first query belongs
  static void differentiate(const Head& head, const float* dy, std::size_t dy_pitch, float* dq,
                            float* scratch) noexcept {
    const std::size_t tokens = head.tokens, width = head.width;
    float* const keys = scratch;
    float* const values = keys + width * tokens;
    float* const weights = values + width * tokens;
    float* const slopes = weights + tokens;
    PacedStop never;
    transpose(head, head.q + head.all, keys, never);
    transpose(head, head.q + 2 * head.all, values, never);
    for (std::size_t token = 0; token < tokens; ++token)
      for (std::size_t part = 0; part < 3; ++part)
        std::fill_n(dq + token * head.pitch + part * head.all, width, 0.f);
    for (std::size_t token = 0; token < tokens; ++token, dy += dy_pitch) {
      const std::size_t own = token * head.pitch;
      products(head, head.q + own, keys, head.scale(), weights, never);
      softmax(weights, tokens);
      products(head, dy, values, 1.f, slopes, never);
      float mean = 0.f;
      for (std::size_t other = 0; other < tokens; ++other) mean += weights[other] * slopes[other];
      for (std::size_t other = 0; other < tokens; ++other) {
        const std::size_t at = other * head.pitch;
        const float slope = weights[other] * (slopes[other] - mean) * head.scale();
        detail::add_scaled(dq + own, slope, head.q + at + head.all, width);
        detail::add_scaled(dq + at + head.all, slope, head.q + own, width);
        detail::add_scaled(dq + at + 2 * head.all, weights[other], dy, width);
      }
    }
  }

  std::size_t heads_;
};

/// Attention of the pixels of x, whose channels are q, k and v, to one another.
inline Map attention(const Map& x, const AttentionOptions& options = {}, std::string name = {}) {
  return add(Attention(options), x, std::move(name));
}

}  // namespace einet::nn
