#pragma once
// Fully connected layer.

#include <einet/base/aligned.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/conv2d_gradient.hpp>
#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/partial_sums.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// The shape of a fully connected layer.
struct LinearOptions {
  std::size_t outputs = 1;
  bool bias = true;
};

/// y = weight · x + bias, with weights [outputs][inputs]. The input is a map of any shape: its values are
/// numbered channel by channel, then row by row, as PyTorch's flatten numbers them. That makes the layer a
/// convolution whose kernel is the whole map.
class Linear final : public Layer {
 public:
  /// Throws std::invalid_argument if a size is 0.
  explicit Linear(Shape in, std::size_t outputs, bool bias = true)
      : shape_{in, outputs, {in.height, in.width}, 1, 0},
        weight_((check(shape_), std::vector<std::size_t>{outputs, in.size()})),
        bias_(bias ? Weights({outputs}) : Weights()) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "linear"; }

  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input != shape_.in) detail::refuse_input(kind(), input, detail::text(shape_.in));
    return {1, 1, shape_.out_channels};
  }
  [[nodiscard]] std::size_t macs(std::span<const Shape>) const override { return shape_.macs(); }

  [[nodiscard]] std::vector<Parameter> parameters() override {
    std::vector<Parameter> all{
        {"weight", &weight_, true, std::sqrt(2.f / static_cast<float>(shape_.in.size()))}};
    if (!bias_.empty()) all.push_back({"bias", &bias_});
    return all;
  }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.conv(inputs[0], shape_, weight_, &bias_);
  }

  // Batches are multiplied as images of one pixel, whose channels are the values in the order of memory.

  void forward(const ForwardPass& pass) override {
    const std::span<const float> bias = std::as_const(bias_).values();
    if (forward_pack_) {
      forward_pack_->repack(in_memory_order(), bias);
    } else {
      forward_pack_.emplace(row(), in_memory_order(), bias, together);
    }
    each_group(pass, [&](std::size_t first, std::size_t images) {
      conv2d_forward(*forward_pack_, pass.inputs[0].data + first * shape_.in.size(),
                     pass.output + first * shape_.out_channels, nullptr, Bounds{}, images);
    });
  }

  void backward(const BackwardPass& pass) override {
    weight_gradients(pass);
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    if (input_pack_) {
      input_pack_->repack(in_memory_order());
    } else {
      input_pack_.emplace(PackedConv<>::for_input_gradient(row(), in_memory_order(), together));
    }
    each_group(pass, [&](std::size_t first, std::size_t images) {
      conv2d_backward_input(*input_pack_, pass.gradient + first * shape_.out_channels,
                            dx + first * shape_.in.size(), nullptr, images);
    });
  }

 private:
  /// Images per call of the kernels, so that the tiles are full.
  static constexpr std::size_t together = 64;

  static void check(const ConvShape& shape) {
    detail::at_least("linear", "outputs", shape.out_channels);
    validate(shape);
  }

  [[nodiscard]] ConvShape row() const noexcept {
    return {{1, 1, shape_.in.size()}, shape_.out_channels, 1, 1, 0};
  }

  /// Where memory has the value that PyTorch numbers channel · pixels + pixel.
  [[nodiscard]] std::size_t place(std::size_t channel, std::size_t pixel) const noexcept {
    return pixel * shape_.in.channels + channel;
  }

  [[nodiscard]] std::span<const float> in_memory_order() {
    const std::size_t pixels = shape_.in.pixels(), channels = shape_.in.channels;
    const std::span<const float> weight = std::as_const(weight_).values();
    if (pixels == 1) return weight;
    ordered_.resize(weight.size());
    for (std::size_t o = 0; o < shape_.out_channels; ++o) {
      const std::size_t begin = o * pixels * channels;
      for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t p = 0; p < pixels; ++p)
          ordered_[begin + place(c, p)] = weight[begin + c * pixels + p];
    }
    return ordered_;
  }

  template <class Pass, class Body>
  void each_group(const Pass& pass, const Body& body) const {
    pass.workers->each(
        (pass.batch + together - 1) / together, detail::grain_of(shape_.macs()),
        [&](std::size_t at) { body(at * together, (std::min)(together, pass.batch - at * together)); });
  }

  void weight_gradients(const BackwardPass& pass) {
    const std::size_t weights = weight_.size(), size = weights + bias_.size();
    const auto sum = [&](float* dw, std::size_t first, std::size_t last) {
      conv2d_backward_weights(row(), pass.inputs[0].data + first * shape_.in.size(),
                              pass.gradient + first * shape_.out_channels, dw,
                              bias_.empty() ? nullptr : dw + weights, last - first);
    };
    const float* const total = detail::summed(*pass.workers, pass.batch, size, sum);
    const std::size_t pixels = shape_.in.pixels(), channels = shape_.in.channels,
                      outputs = shape_.out_channels;
    const std::span<float> dw = pass.parameter_gradients[0];
    pass.workers->each(outputs, detail::grain_of(pixels * channels), [&](std::size_t o) {
      for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t p = 0; p < pixels; ++p)
          dw[(o * channels + c) * pixels + p] = total[place(c, p) * outputs + o];
    });
    if (!bias_.empty()) std::copy(total + weights, total + size, pass.parameter_gradients[1].begin());
  }

  ConvShape shape_;
  Weights weight_;
  Weights bias_;
  AlignedVector<float> ordered_;
  std::optional<PackedConv<>> forward_pack_;
  std::optional<PackedConv<>> input_pack_;
};

/// All values of x, weighted: 1 x 1 x outputs.
inline Map linear(const Map& x, const LinearOptions& options, std::string name = {}) {
  return add(Linear(x.shape(), options.outputs, options.bias), x, std::move(name));
}

}  // namespace einet::nn
