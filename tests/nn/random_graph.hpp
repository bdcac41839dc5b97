#pragma once
// Random networks in which anything that can be wired is wired: maps with many readers, sums and
// concatenations of maps from anywhere, exits whose scores are read again.

#include "small_network.hpp"

#include <einet/nn/inference/lowering.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::test {

/// One pixel of a map.
class PixelLayer final : public nn::Layer {
 public:
  explicit PixelLayer(std::size_t index) : index_(index) {}
  [[nodiscard]] std::string_view kind() const noexcept override { return "pixel"; }
  [[nodiscard]] nn::Shape output(std::span<const nn::Shape> inputs) const override {
    return {1, 1, inputs[0].channels};
  }
  [[nodiscard]] nn::LoweredMap lower(nn::Lowering& to,
                                     std::span<const nn::LoweredMap> inputs) const override {
    return to.pixel(inputs[0], index_);
  }
  void forward(const nn::ForwardPass& pass) override {
    const nn::Shape in = pass.inputs[0].shape;
    for (std::size_t i = 0; i < pass.batch; ++i)
      std::copy_n(pass.inputs[0].data + i * in.size() + index_ * in.channels, in.channels,
                  pass.output + i * in.channels);
  }
  void backward(const nn::BackwardPass& pass) override {
    const nn::Shape in = pass.inputs[0].shape;
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    std::fill_n(dx, pass.batch * in.size(), 0.f);
    for (std::size_t i = 0; i < pass.batch; ++i)
      std::copy_n(pass.gradient + i * in.channels, in.channels, dx + i * in.size() + index_ * in.channels);
  }

 private:
  std::size_t index_;
};

/// 2 x, as a user might write it.
class DoubleLayer final : public nn::Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "relu"; }  // a misleading name
  [[nodiscard]] nn::Shape output(std::span<const nn::Shape> inputs) const override { return inputs[0]; }
  [[nodiscard]] nn::LoweredMap lower(nn::Lowering& to,
                                     std::span<const nn::LoweredMap> inputs) const override {
    return to.step(
        inputs, inputs[0].shape,
        [](const nn::StepMaps& maps, nn::PacedStop& stop) noexcept {
          const std::size_t channels = maps.out().shape.channels;
          for (std::size_t pixel = 0; pixel < maps.out().shape.pixels(); ++pixel) {
            std::copy_n(maps.in().pixel(pixel), channels, maps.scratch());
            for (std::size_t c = 0; c < channels; ++c) maps.out().pixel(pixel)[c] = 2.f * maps.scratch()[c];
            if (stop.after(channels * nn::memory_work)) return false;
          }
          return true;
        },
        inputs[0].shape.channels);
  }
  void forward(const nn::ForwardPass& pass) override {
    for (std::size_t i = 0; i < pass.batch * pass.shape.size(); ++i)
      pass.output[i] = 2.f * pass.inputs[0].data[i];
  }
  void backward(const nn::BackwardPass& pass) override {
    if (pass.input_gradients[0] == nullptr) return;
    for (std::size_t i = 0; i < pass.batch * pass.shape.size(); ++i)
      pass.input_gradients[0][i] = 2.f * pass.gradient[i];
  }
};

class RandomGraph {
 public:
  static constexpr std::size_t classes = 3;

  explicit RandomGraph(unsigned seed) : random_(seed) {}

  /// With nothing that has a kink, for finite differences.
  [[nodiscard]] nn::Graph make_smooth() {
    smooth_ = true;
    return make();
  }

  [[nodiscard]] nn::Graph make() {
    nn::Graph graph({4 + below(6), 4 + below(6), 1 + below(4)});
    std::vector<nn::Map> maps{graph.input()};
    const std::size_t exits = 1 + below(4);
    for (std::size_t k = 0; k < exits; ++k) {
      const std::size_t more = 1 + below(8);
      for (std::size_t i = 0; i < more; ++i) maps.push_back(any_layer(maps));
      exit(graph, maps);
    }
    return graph;
  }

 private:
  [[nodiscard]] std::size_t below(std::size_t end) { return random_() % end; }
  [[nodiscard]] bool chance(std::size_t in) { return below(in) == 0; }

  /// Mostly one of the newest.
  [[nodiscard]] nn::Map pick(const std::vector<nn::Map>& maps) {
    const std::size_t back = chance(4) ? below(maps.size()) : below((std::min)(maps.size(), std::size_t{3}));
    return maps[maps.size() - 1 - back];
  }

  template <class Fits>
  [[nodiscard]] std::optional<nn::Map> partner(const std::vector<nn::Map>& maps, const Fits& fits) {
    std::vector<nn::Map> found;
    for (const nn::Map& map : maps)
      if (fits(map.shape())) found.push_back(map);
    if (found.empty()) return std::nullopt;
    return found[below(found.size())];
  }

  [[nodiscard]] nn::Map any_conv(const nn::Map& x) {
    const std::size_t channels = x.shape().channels;
    nn::ConvOptions options{.channels = 1 + below(18),
                            .kernel = chance(2) ? 1u : 3u,
                            .stride = chance(4) ? 2u : 1u,
                            .bias = chance(2)};
    if (chance(4)) {
      options.groups = channels;
      options.channels = channels;
    } else if (channels % 2 == 0 && chance(4)) {
      options.groups = 2;
      options.channels = 2 * (1 + below(9));
    }
    return conv(x, options);
  }

  [[nodiscard]] nn::Map any_activation(const nn::Map& x) {
    using enum nn::Activation;
    constexpr nn::Activation all[] = {silu, tanh, gelu,  sigmoid,    relu,
                                      relu, relu, relu6, leaky_relu, hard_swish};
    return activation(x, all[below(smooth_ ? 4 : std::size(all))]);
  }

  [[nodiscard]] nn::Map any_sum(const std::vector<nn::Map>& maps) {
    nn::Map x = pick(maps);
    if (chance(2)) x = norm(any_conv(x));
    const auto alike = [&](nn::Shape shape) { return shape == x.shape(); };
    nn::Map y = partner(maps, alike).value_or(x);
    if (chance(3)) y = conv(y, {.channels = y.shape().channels});
    if (chance(5)) return nn::sum({x, y, partner(maps, alike).value_or(x)});
    return chance(2) ? x + y : y + x;
  }

  [[nodiscard]] nn::Map any_concat(const std::vector<nn::Map>& maps) {
    const nn::Map x = pick(maps);
    std::vector<nn::Map> parts{x};
    const std::size_t more = 1 + below(2);
    for (std::size_t i = 0; i < more; ++i) {
      const auto alike = [&](nn::Shape shape) {
        return shape.height == x.shape().height && shape.width == x.shape().width && shape.channels < 40;
      };
      nn::Map y = partner(maps, alike).value_or(x);
      if (chance(3)) y = conv(y, {.channels = 1 + below(9)});
      parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(below(parts.size() + 1)), y);
    }
    return concat(parts);
  }

  [[nodiscard]] nn::Map any_layer(const std::vector<nn::Map>& maps) {
    const nn::Map x = pick(maps);
    switch (below(13)) {
      case 0:
        return any_conv(x);
      case 1:
        return norm(x);
      case 2:
        return any_activation(x);
      case 3:
        return any_activation(norm(any_conv(x)));
      case 4:
        return norm(any_activation(any_conv(x)));
      case 5:
        return any_sum(maps);
      case 6:
        return any_activation(any_sum(maps));
      case 7:
        return any_concat(maps);
      case 8:
        return any_concat(maps);
      case 9: {
        if (chance(3)) return linear(x, {.outputs = classes});  // perhaps an exit, later
        const nn::Map gate = conv(global_average_pool(x), {.channels = x.shape().channels, .kernel = 1});
        return x * sigmoid(gate);
      }
      case 10: {
        const bool small = x.shape().height < 3 || x.shape().width < 3;
        if (small) return adaptive_average_pool(x, 1);
        return chance(2) && !smooth_ ? max_pool(x)
                                     : average_pool(x, {.kernel = 3, .stride = 1, .padding = 1});
      }
      case 11:
        return chance(2) ? dropout(x) : add(DoubleLayer(), x);
      default:
        return add(PixelLayer(below(x.shape().pixels())), x);
    }
  }

  void exit(nn::Graph& graph, std::vector<nn::Map>& maps) {
    const nn::Map features = pick(maps);
    nn::Map x = features;
    if (chance(2)) x = any_activation(x);
    if (chance(2)) x = any_layer({x, features});
    nn::Map scores = linear(x, {.outputs = classes});
    if (chance(6)) scores = any_activation(scores);
    if (chance(6)) scores = scores + linear(pick(maps), {.outputs = classes});
    if (chance(6)) scores = add(PixelLayer(0), concat(std::vector<nn::Map>{scores}));
    const auto like_scores = [](nn::Shape shape) { return shape == nn::Shape{1, 1, classes}; };
    const std::optional<nn::Map> other = partner(maps, like_scores);
    if (other && other->layer() != 0 && chance(3)) scores = *other;
    std::optional<nn::Map> named;
    if (scores.layer() != other.value_or(graph.input()).layer() && chance(3)) named = features;
    graph.exit(scores, chance(2) ? named : std::nullopt);
    if (chance(3)) maps.push_back(scores);
  }

  std::mt19937 random_;
  bool smooth_ = false;
};

/// The same graph for the same seed, with random weights.
[[nodiscard]] inline nn::Graph random_graph(unsigned seed) {
  nn::Graph graph = RandomGraph(seed).make();
  randomise(graph, seed);
  return graph;
}

}  // namespace einet::test
