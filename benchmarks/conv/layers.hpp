#pragma once
// The convolutions of a network as einet runs them: the very steps of its inference network, and their
// weights with all that is folded into them, for others to compute the same.

#include <einet/nn/graph.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/training/random.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::bench {

/// One convolution: y = max(conv(x) + bias, 0) where `relu` holds, or without the maximum. What a network
/// adds to it is left out.
struct ConvLayer {
  nn::ConvShape shape;
  std::vector<float> weights;  ///< in PyTorch's order
  std::vector<float> bias;
  std::vector<float> x;  ///< [height][width][channels]
  bool relu = false;

  /// "32x32 64>128 3x3", and what is unusual.
  [[nodiscard]] std::string name() const {
    const auto size = [](std::size_t a, std::size_t b) {
      return std::to_string(a) + "x" + std::to_string(b);
    };
    std::string text = size(shape.in.height, shape.in.width) + " " + std::to_string(shape.in.channels) + ">" +
                       std::to_string(shape.out_channels) + " " +
                       size(shape.kernel.height, shape.kernel.width);
    if (shape.stride.height > 1) text += " /" + std::to_string(shape.stride.height);
    if (shape.depthwise()) text += " dw";
    return text;
  }

  /// Multiply-adds without those on padding.
  [[nodiscard]] double useful_macs() const {
    const auto taps = [](std::size_t out, std::size_t length, std::size_t kernel, std::size_t stride,
                         std::size_t dilation, std::size_t before) {
      std::size_t count = 0;
      for (std::size_t at = 0; at < out; ++at) {
        for (std::size_t tap = 0; tap < kernel; ++tap) {
          const std::size_t padded = at * stride + tap * dilation;
          count += padded >= before && padded < length + before ? 1 : 0;
        }
      }
      return count;
    };
    const nn::Shape out = shape.out();
    const std::size_t rows = taps(out.height, shape.in.height, shape.kernel.height, shape.stride.height,
                                  shape.dilation.height, shape.padding.top);
    const std::size_t columns = taps(out.width, shape.in.width, shape.kernel.width, shape.stride.width,
                                     shape.dilation.width, shape.padding.left);
    return static_cast<double>(rows * columns * (shape.in.channels / shape.groups) * shape.out_channels);
  }
};

/// What the kernel of a step is called.
template <class Step>
[[nodiscard]] std::string kernel_name(const Step& step) {
  if constexpr (requires { name_of(step.kernel()); })
    return std::string(name_of(step.kernel()));
  else
    return "direct";
}

/// A network's distinct convolutions, those of the branches left out, on memory of their own.
class NetworkLayers {
 public:
  explicit NetworkLayers(const nn::Graph& graph)
      : network_(graph, {[this](const nn::FusedConv& conv) -> std::unique_ptr<nn::Step> {
                   all_.push_back(folded(conv));
                   return nullptr;  // leaves it to einet's own kernels
                 }}),
        features_(network_.make_features()) {
    // Convolutions were made in the order in which they run.
    std::size_t made = 0;
    for (const auto& block : network_.blocks()) {
      for (const nn::PlacedStep& placed : block.conv()) {
        const auto* const step = dynamic_cast<const nn::ConvStep*>(placed.step.get());
        if (step == nullptr) continue;
        const std::size_t at = made++;
        const bool known = std::ranges::any_of(
            distinct_, [&](const Found& found) { return all_[found.layer].shape == all_[at].shape; });
        if (!known) distinct_.push_back({at, &placed, kernel_name(*step)});
      }
      for (const nn::PlacedStep& placed : block.branch())
        made += dynamic_cast<const nn::ConvStep*>(placed.step.get()) != nullptr ? 1 : 0;
    }
  }

  NetworkLayers(const NetworkLayers&) = delete;
  NetworkLayers& operator=(const NetworkLayers&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return distinct_.size(); }
  [[nodiscard]] const ConvLayer& layer(std::size_t index) const noexcept {
    return all_[distinct_[index].layer];
  }
  [[nodiscard]] const std::string& kernel(std::size_t index) const noexcept {
    return distinct_[index].kernel;
  }

  /// Puts x where the step reads it.
  void load(std::size_t index) {
    const nn::Place& place = distinct_[index].placed->inputs.front();
    const std::vector<float>& x = layer(index).x;
    for (std::size_t pixel = 0; pixel < place.shape.pixels(); ++pixel)
      std::copy_n(x.data() + pixel * place.shape.channels, place.shape.channels,
                  features_.maps() + place.offset + pixel * place.pitch);
  }
  void run(std::size_t index) {
    const nn::PlacedStep& placed = *distinct_[index].placed;
    nn::PacedStop never;
    static_cast<void>(placed.step->run(
        {features_.maps(), std::span(placed.inputs).first(1), placed.output, features_.scratch()}, never));
  }
  [[nodiscard]] std::vector<float> output(std::size_t index) const {
    const nn::Place& place = distinct_[index].placed->output;
    std::vector<float> y;
    for (std::size_t pixel = 0; pixel < place.shape.pixels(); ++pixel) {
      const float* const from = features_.maps() + place.offset + pixel * place.pitch;
      y.insert(y.end(), from, from + place.shape.channels);
    }
    return y;
  }

 private:
  struct Found {
    std::size_t layer;
    const nn::PlacedStep* placed;
    std::string kernel;
  };

  static ConvLayer folded(const nn::FusedConv& conv) {
    ConvLayer layer{conv.shape, {conv.weights.begin(), conv.weights.end()}, {}, {}, false};
    layer.bias.assign(conv.shape.out_channels, 0.f);
    const std::size_t each = conv.weights.size() / conv.shape.out_channels;
    for (std::size_t c = 0; c < conv.shape.out_channels; ++c) {
      const float factor = conv.scale.factor.empty() ? 1.f : conv.scale.factor[c];
      for (std::size_t i = c * each; i < (c + 1) * each; ++i) layer.weights[i] *= factor;
      if (!conv.bias.empty()) layer.bias[c] = conv.bias[c] * factor;
      if (!conv.scale.shift.empty()) layer.bias[c] += conv.scale.shift[c];
    }
    layer.relu = conv.epilogue.activation == nn::Activation::relu;
    layer.x.resize(conv.shape.in.size());
    for (std::size_t i = 0; i < layer.x.size(); ++i) layer.x[i] = nn::random_normal(3, i);
    return layer;
  }

  std::vector<ConvLayer> all_;
  nn::InferenceNetwork<nn::any_classes> network_;
  nn::Features features_;
  std::vector<Found> distinct_;
};

}  // namespace einet::bench
