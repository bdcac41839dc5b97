#pragma once
// Convolution as a trainable layer over batches.

#include <einet/base/aligned.hpp>
#include <einet/nn/conv2d_gradient.hpp>
#include <einet/nn/conv2d_kernel.hpp>
#include <einet/nn/conv_shape.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace einet::nn {

/// y = conv(x) + bias with weights [out][in][kernel][kernel]. Zero until initialised or loaded.
class Conv2d final : public Layer {
 public:
  /// For inputs of exactly shape.in. Throws std::invalid_argument naming the field of `shape` that is wrong.
  explicit Conv2d(const ConvShape& shape, bool bias = true)
      : shape_((validate(shape), shape)),
        weight_(shape.weights()),
        bias_(bias ? shape.out_channels : 0),
        weight_gradient_(weight_.size()),
        bias_gradient_(bias_.size()) {}

  [[nodiscard]] const ConvShape& shape() const noexcept { return shape_; }
  [[nodiscard]] std::span<const float> weight() const noexcept { return weight_; }
  /// Empty if the layer has none.
  [[nodiscard]] std::span<const float> bias() const noexcept { return bias_; }

  static constexpr std::string_view name = "Conv2d";

  [[nodiscard]] std::string_view kind() const noexcept override { return name; }

  [[nodiscard]] Shape output(Shape input) const override {
    if (input != shape_.in) detail::refuse(kind(), input, detail::text(shape_.in));
    return shape_.out();
  }

  void forward(const Tensor& x, Tensor& y, const Pass& pass) override {
    const Shape out = output(image_shape(x));
    resize(y, x.shape(0), out);
    if (forward_pack_) {
      forward_pack_->repack(weight_, bias_);
    } else {
      forward_pack_.emplace(shape_, weight_, bias_, group());
    }
    const float* from = x.data();
    float* to = y.data();
    each_group(x.shape(0), [&](std::size_t first, std::size_t images) {
      float* scratch = thread_floats(pass, conv2d_workspace(shape_, images));
      conv2d_forward(*forward_pack_, from + first * shape_.in.size(), to + first * out.size(), scratch,
                     Activation::none, images);
    });
  }

  void backward(const Tensor& x, const Tensor&, const Tensor& dy, Tensor* dx, const Pass& pass) override {
    backward_parameters(x, dy, pass);
    if (dx == nullptr) return;
    resize(*dx, x.shape(0), shape_.in);
    if (input_pack_) {
      input_pack_->repack(weight_);
    } else {
      input_pack_.emplace(PackedConv<>::for_input_gradient(shape_, weight_, group()));
    }
    const float* from = dy.data();
    float* to = dx->data();
    each_group(x.shape(0), [&](std::size_t first, std::size_t images) {
      float* scratch = thread_floats(pass, conv2d_backward_input_workspace(shape_, images));
      conv2d_backward_input(*input_pack_, from + first * shape_.out().size(), to + first * shape_.in.size(),
                            scratch, images);
    });
  }

  [[nodiscard]] std::vector<Parameter> parameters() override {
    std::vector<Parameter> all{{"weight",
                                {shape_.out_channels, shape_.in.channels, shape_.kernel, shape_.kernel},
                                weight_,
                                weight_gradient_}};
    if (!bias_.empty()) all.push_back({"bias", {shape_.out_channels}, bias_, bias_gradient_});
    return all;
  }

  [[nodiscard]] std::unique_ptr<Layer> clone() const override { return std::make_unique<Conv2d>(*this); }

 private:
  /// Images per call of the kernels: more if the maps are small, so that the tiles are full.
  [[nodiscard]] std::size_t group() const noexcept {
    return (std::max)(std::size_t{1}, 64 / (shape_.out().height * shape_.out().width));
  }

  template <class Body>
  void each_group(std::size_t batch, const Body& body) const {
    const std::size_t images = group();
    detail::parallel_each(
        (batch + images - 1) / images, detail::grain_of(images * shape_.macs() / 64),
        [&](std::size_t at) { body(at * images, (std::min)(images, batch - at * images)); });
  }

  [[nodiscard]] static float* thread_floats(const Pass& pass, std::size_t count) {
    AlignedVector<float>& scratch = pass.workspace->of_thread();
    if (scratch.size() < count) scratch.resize(count);
    return scratch.data();
  }

  void backward_parameters(const Tensor& x, const Tensor& dy, const Pass& pass);

  ConvShape shape_;
  AlignedVector<float> weight_;
  AlignedVector<float> bias_;
  AlignedVector<float> weight_gradient_;
  AlignedVector<float> bias_gradient_;
  std::optional<PackedConv<>> forward_pack_;
  std::optional<PackedConv<>> input_pack_;
};

inline void Conv2d::backward_parameters(const Tensor& x, const Tensor& dy, const Pass& pass) {
  const std::size_t size = weight_.size() + bias_.size();
  const std::size_t chunks = detail::chunks_for(x.shape(0), size);
  float* partial = pass.workspace->floats(chunks * size);
  const float* in = x.data();
  const float* out = dy.data();
  detail::parallel_chunks(x.shape(0), chunks, [&](std::size_t chunk, std::size_t first, std::size_t last) {
    float* weights = partial + chunk * size;
    std::fill(weights, weights + size, 0.f);
    conv2d_backward_weights(shape_, in + first * shape_.in.size(), out + first * shape_.out().size(), weights,
                            bias_.empty() ? nullptr : weights + weight_.size(), last - first);
  });
  detail::sum_chunks(partial, chunks, size);
  const std::size_t square = shape_.kernel * shape_.kernel;
  const std::size_t inputs = shape_.in.channels;
  const std::size_t outputs = shape_.out_channels;
  // From the kernel's order, [tap][in][out].
  detail::parallel_each(outputs, detail::grain_of(inputs * square), [&](std::size_t o) {
    for (std::size_t i = 0; i < inputs; ++i) {
      for (std::size_t tap = 0; tap < square; ++tap) {
        weight_gradient_[(o * inputs + i) * square + tap] = partial[(tap * inputs + i) * outputs + o];
      }
    }
  });
  std::copy(partial + weight_.size(), partial + size, bias_gradient_.begin());
}

}  // namespace einet::nn
