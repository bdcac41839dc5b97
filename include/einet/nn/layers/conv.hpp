#pragma once
// Convolution.

#include <einet/base/aligned.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/conv2d_gradient.hpp>
#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/conv_shape.hpp>
#include <einet/nn/kernels/depthwise_gradient.hpp>
#include <einet/nn/kernels/input_gradient.hpp>
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

/// The shape of a convolution.
struct ConvOptions {
  std::size_t channels = 1;  ///< of the output
  Extent kernel = 3;
  Extent stride = 1;
  /// By default as many pixels on each side as keep the size at stride 1 (with odd kernels).
  std::optional<Padding> padding{};
  Extent dilation = 1;
  std::size_t groups = 1;
  bool bias = true;
};

/// y = conv(x) + bias, with weights [channels][in / groups][kernel.height][kernel.width].
class Conv final : public Layer {
 public:
  /// For inputs of exactly shape.in. Throws std::invalid_argument naming the field of `shape` that is wrong.
  explicit Conv(const ConvShape& shape, bool bias = true)
      : shape_((validate(shape), shape)),
        weight_(
            {shape.out_channels, shape.in.channels / shape.groups, shape.kernel.height, shape.kernel.width}),
        bias_(bias ? Weights({shape.out_channels}) : Weights()) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "conv"; }
  [[nodiscard]] const ConvShape& shape() const noexcept { return shape_; }

  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (input != shape_.in) detail::refuse_input(kind(), input, detail::text(shape_.in));
    return shape_.out();
  }
  [[nodiscard]] std::size_t macs(std::span<const Shape>) const override { return shape_.macs(); }

  [[nodiscard]] std::vector<Parameter> parameters() override {
    const std::size_t fan_in = weight_.size() / shape_.out_channels;
    std::vector<Parameter> all{{"weight", &weight_, true, std::sqrt(2.f / static_cast<float>(fan_in))}};
    if (!bias_.empty()) all.push_back({"bias", &bias_});
    return all;
  }

  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    return to.conv(inputs[0], shape_, weight_, &bias_);
  }

  void forward(const ForwardPass& pass) override {
    const float* const x = pass.inputs[0].data;
    if (shape_.depthwise()) {
      const PackedDepthwise pack(shape_, weight_.values(), bias());
      pass.workers->each(pass.batch, detail::grain_of(shape_.in.size() * 4), [&](std::size_t image) {
        PacedStop never;
        depthwise_forward(pack,
                          {x + image * shape_.in.size(), shape_.in.channels,
                           pass.output + image * pass.shape.size(), shape_.out_channels},
                          Bounds{}, never);
      });
      return;
    }
    if (forward_pack_) {
      forward_pack_->repack(weight_.values(), bias());
    } else {
      forward_pack_.emplace(shape_, weight_.values(), bias(), together());
    }
    each_group(pass.batch, *pass.workers, [&](std::size_t first, std::size_t images) {
      float* const scratch = pass.workers->scratch(conv2d_workspace(shape_, images));
      conv2d_forward(*forward_pack_, x + first * shape_.in.size(), pass.output + first * pass.shape.size(),
                     scratch, Bounds{}, images);
    });
  }

  void backward(const BackwardPass& pass) override {
    weight_gradients(pass);
    float* const dx = pass.input_gradients[0];
    if (dx == nullptr) return;
    if (shape_.depthwise()) {
      const PackedDepthwise pack(shape_, weight_.values());
      pass.workers->each(pass.batch, detail::grain_of(shape_.in.size() * 4), [&](std::size_t image) {
        depthwise_backward_input(pack, pass.gradient + image * pass.shape.size(),
                                 dx + image * shape_.in.size());
      });
      return;
    }
    if (!input_gradient_) input_gradient_.emplace(shape_, together());
    input_gradient_->repack(weight_.values());
    each_group(pass.batch, *pass.workers, [&](std::size_t first, std::size_t images) {
      float* const scratch = pass.workers->scratch(input_gradient_->workspace(images));
      (*input_gradient_)(pass.gradient + first * pass.shape.size(), dx + first * shape_.in.size(), scratch,
                         images);
    });
  }

 private:
  [[nodiscard]] std::span<const float> bias() const { return bias_.values(); }

  /// Images per call of the kernels: more if the maps are small, so that the tiles are full.
  [[nodiscard]] std::size_t together() const noexcept {
    return (std::max)(std::size_t{1}, 64 / shape_.out().pixels());
  }

  template <class Body>
  void each_group(std::size_t batch, Workers& workers, const Body& body) const {
    const std::size_t images = together();
    workers.each((batch + images - 1) / images, detail::grain_of(images * shape_.macs() / 64),
                 [&](std::size_t at) { body(at * images, (std::min)(images, batch - at * images)); });
  }

  void weight_gradients(const BackwardPass& pass) {
    const std::size_t weights = weight_.size(), size = weights + bias_.size();
    const float* const x = pass.inputs[0].data;
    const auto sum = [&](float* dw, std::size_t first, std::size_t last) {
      float* const db = bias_.empty() ? nullptr : dw + weights;
      if (!shape_.depthwise()) {
        conv2d_backward_weights(shape_, x + first * shape_.in.size(),
                                pass.gradient + first * pass.shape.size(), dw, db, last - first);
        return;
      }
      for (std::size_t image = first; image < last; ++image)
        depthwise_backward_weights(shape_, x + image * shape_.in.size(),
                                   pass.gradient + image * pass.shape.size(), dw, db);
    };
    const float* const total = detail::summed(*pass.workers, pass.batch, size, sum);
    const std::span<float> dw = pass.parameter_gradients[0];
    const std::size_t taps = shape_.taps();
    // From the kernel's order: [group][tap][in][out], or [tap][channel].
    const bool depthwise = shape_.depthwise();
    const std::size_t inputs = shape_.in.channels / shape_.groups;
    const std::size_t outputs = depthwise ? shape_.out_channels : shape_.out_channels / shape_.groups;
    pass.workers->each(shape_.out_channels, detail::grain_of(inputs * taps), [&](std::size_t o) {
      const float* const group = total + o / outputs * (inputs * outputs * taps) + o % outputs;
      for (std::size_t i = 0; i < inputs; ++i)
        for (std::size_t tap = 0; tap < taps; ++tap)
          dw[(o * inputs + i) * taps + tap] = group[(tap * inputs + i) * outputs];
    });
    if (!bias_.empty()) std::copy(total + weights, total + size, pass.parameter_gradients[1].begin());
  }

  ConvShape shape_;
  Weights weight_;
  Weights bias_;
  std::optional<PackedConv<>> forward_pack_;
  std::optional<InputGradient<>> input_gradient_;
};

/// The convolution of x. Throws std::invalid_argument naming the option that does not fit.
inline Map conv(const Map& x, const ConvOptions& options, std::string name = {}) {
  ConvShape shape{x.shape(), options.channels, options.kernel, options.stride,
                  {},        options.dilation, options.groups};
  const auto half = [](std::size_t kernel, std::size_t step) { return (kernel - 1) * step / 2; };
  shape.padding = options.padding.value_or(Padding{half(options.kernel.height, options.dilation.height),
                                                   half(options.kernel.width, options.dilation.width)});
  return add(Conv(shape, options.bias), x, std::move(name));
}

}  // namespace einet::nn
