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
#include <einet/nn/kernels/attention_kernel.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
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
            const AttentionHead of{x.data + head * width, x.pitch, y.shape.channels, x.shape.pixels(), width};
            if (!attend(of, y.data + head * width, y.pitch, maps.scratch(), stop)) return false;
          }
          return true;
        },
        attention_workspace(in.pixels(), in.channels / 3 / heads_));
  }

  void forward(const ForwardPass& pass) override {
    each_head(pass, [&](const AttentionHead& head, std::size_t at) {
      PacedStop never;
      attend(head, pass.output + at, pass.shape.channels,
             pass.workers->scratch(attention_workspace(head.tokens, head.width)), never);
    });
  }
  void backward(const BackwardPass& pass) override {
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    each_head(pass, [&](const AttentionHead& head, std::size_t at) {
      differentiate(head, pass.gradient + at, pass.shape.channels, dx + (head.q - pass.inputs[0].data),
                    pass.workers->scratch(backward_scratch(pass.inputs[0].shape)));
    });
  }

 private:
  /// Of the backward pass: keys and values, channel by channel, and a row each of weights and their slopes.
  [[nodiscard]] std::size_t backward_scratch(Shape in) const noexcept {
    return 2 * in.pixels() * (in.channels / 3 / heads_ + 1);
  }

  /// body(head, offset of the head in the first pixel of its image's output)
  template <class Pass, class Body>
  void each_head(const Pass& pass, const Body& body) const {
    const Shape in = pass.inputs[0].shape;
    const std::size_t all = in.channels / 3, width = all / heads_, tokens = in.pixels();
    pass.workers->each(pass.batch * heads_, detail::grain_of(tokens * tokens * width / 16),
                       [&](std::size_t i) {
                         const std::size_t image = i / heads_, head = i % heads_;
                         body(AttentionHead{pass.inputs[0].data + image * in.size() + head * width,
                                            in.channels, all, tokens, width},
                              image * tokens * all + head * width);
                       });
  }

  /// to[channel][token] = from[token][channel].
  static void transpose(const AttentionHead& head, const float* from, float* to) noexcept {
    for (std::size_t token = 0; token < head.tokens; ++token, from += head.pitch)
      for (std::size_t c = 0; c < head.width; ++c) to[c * head.tokens + token] = from[c];
  }

  /// sums[token] = Σ row[c] · columns[c][token].
  static void products(const AttentionHead& head, const float* row, const float* columns, float factor,
                       float* sums) noexcept {
    std::fill_n(sums, head.tokens, 0.f);
    for (std::size_t c = 0; c < head.width; ++c)
      detail::add_scaled(sums, row[c] * factor, columns + c * head.tokens, head.tokens);
  }

  /// @param dq where the gradient of the head's first query belongs
  static void differentiate(const AttentionHead& head, const float* dy, std::size_t dy_pitch, float* dq,
                            float* scratch) noexcept {
    const std::size_t tokens = head.tokens, width = head.width;
    float* const keys = scratch;
    float* const values = keys + width * tokens;
    float* const weights = values + width * tokens;
    float* const slopes = weights + tokens;
    transpose(head, head.q + head.all, keys);
    transpose(head, head.q + 2 * head.all, values);
    for (std::size_t token = 0; token < tokens; ++token)
      for (std::size_t part = 0; part < 3; ++part)
        std::fill_n(dq + token * head.pitch + part * head.all, width, 0.f);
    for (std::size_t token = 0; token < tokens; ++token, dy += dy_pitch) {
      const std::size_t own = token * head.pitch;
      products(head, head.q + own, keys, head.scale(), weights);
      detail::softmax_row(weights, tokens);
      products(head, dy, values, 1.f, slopes);
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
