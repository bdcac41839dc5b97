#pragma once
// oneDNN for the convolutions and linear layers of einet's own graphs:
//
//   const nn::InferenceNetwork<10> network{graph, {engines::onednn_step}};
//
// Everything else, activations included, stays einet's own, so that NaN is never hidden. One thread. A stop
// waits for the end of a convolution, and running one allocates.

#include <einet/base/assert.hpp>
#include <einet/nn/inference/operation.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/nn/inference/steps.hpp>
#include <einet/nn/kernels/lanes.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.hpp>

namespace einet::engines {

namespace detail {

/// While it lives, OpenMP, which most builds of oneDNN use, gives this thread no others. It is looked up,
/// because only the library that oneDNN itself has loaded counts.
class OneThread {
 public:
  OneThread() noexcept : before_(functions().most != nullptr ? functions().most() : 1) { set(1); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;
  ~OneThread() { set(before_); }

 private:
  struct Functions {
    int (*most)() = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "omp_get_max_threads"));
    void (*set)(int) = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  };
  static const Functions& functions() noexcept {
    static const Functions all;
    return all;
  }
  void set(int threads) const noexcept {
    if (before_ > 1 && functions().set != nullptr) functions().set(threads);
  }

  int before_;
};

[[nodiscard]] inline const dnnl::engine& onednn_processor() {
  static const dnnl::engine processor(dnnl::engine::kind::cpu, 0);
  return processor;
}

[[nodiscard]] inline dnnl_stream_t onednn_stream() {
  thread_local const dnnl::stream stream(onednn_processor());
  return stream.get();
}

}  // namespace detail

/// y = activation(convolution of input 0 + input 1, if there is one), the convolution by oneDNN.
class OneDnnConv final : public nn::Step {
 public:
  /// @throws dnnl::error if oneDNN cannot compute it
  explicit OneDnnConv(const nn::FusedConv& conv) : shape_(conv.shape), epilogue_(conv.epilogue) {
    const detail::OneThread one_thread;
    using dnnl::memory;
    const auto to = [](std::size_t value) { return static_cast<memory::dim>(value); };
    const nn::Shape in = shape_.in, out = shape_.out();
    const auto map = [&](nn::Shape shape) {
      return memory::desc({1, to(shape.channels), to(shape.height), to(shape.width)}, memory::data_type::f32,
                          memory::format_tag::nhwc);
    };
    memory::dims sizes{to(shape_.out_channels / shape_.groups), to(in.channels / shape_.groups),
                       to(shape_.kernel.height), to(shape_.kernel.width)};
    if (shape_.groups > 1) sizes.insert(sizes.begin(), to(shape_.groups));
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::convolution_forward::primitive_desc made(
        dnnl::convolution_forward::desc(
            dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto, map(in),
            memory::desc(sizes, memory::data_type::f32, memory::format_tag::any),
            memory::desc({to(shape_.out_channels)}, memory::data_type::f32, memory::format_tag::x), map(out),
            {to(shape_.stride.height), to(shape_.stride.width)},
            {to(shape_.dilation.height - 1), to(shape_.dilation.width - 1)},
            {to(shape_.padding.top), to(shape_.padding.left)},
            {to(shape_.padding.bottom), to(shape_.padding.right)}),
        attributes, detail::onednn_processor());
    kernel_ = made.impl_info_str();
    convolution_ = dnnl::convolution_forward(made);
    in_ = made.src_desc();
    out_ = made.dst_desc();
    workspace_ = made.scratchpad_desc();
    pack(conv, sizes, made);

    const std::size_t floats = (workspace_.get_size() + sizeof(float) - 1) / sizeof(float);
    scratch_in_ = alignment + floats;
    scratch_out_ = scratch_in_ + (conv.inputs.front().pitch == in.channels ? 0 : in.size());
    scratch_ = scratch_out_ + (conv.output.pitch == out.channels ? 0 : out.size());
  }

  /// oneDNN's name of the kernel that it chose, such as "brgconv:avx512_core".
  [[nodiscard]] const std::string& kernel() const noexcept { return kernel_; }

  [[nodiscard]] bool run(const nn::StepMaps& maps, nn::PacedStop& stop) const noexcept override {
    const nn::MapView<const float> in = maps.in();
    const nn::MapView<float> out = maps.out();
    // oneDNN has fast kernels for maps without gaps alone; a slice of a wider map is copied.
    const float* from = in.data;
    if (in.pitch != in.shape.channels) {
      float* const dense = maps.scratch() + scratch_in_;
      if (!nn::detail::each_pixel(in.shape, stop, [&](std::size_t pixel) {
            std::memcpy(dense + pixel * in.shape.channels, in.pixel(pixel),
                        in.shape.channels * sizeof(float));
          }))
        return false;
      from = dense;
    }
    const bool gaps = out.pitch != out.shape.channels;
    float* const to = gaps ? maps.scratch() + scratch_out_ : out.data;
    if (!convolve(from, to, maps.scratch()))  // out of memory
      std::fill_n(to, out.shape.size(), std::numeric_limits<float>::quiet_NaN());
    if (stop.after(shape_.macs())) return false;
    return finish(maps, to, gaps, stop) && nn::detail::finish(epilogue_, out, stop);
  }

  [[nodiscard]] std::size_t scratch() const noexcept override { return scratch_; }

 private:
  static constexpr std::size_t alignment = 64 / sizeof(float);  // floats; a cache line, as oneDNN wants it

  /// Folds what scales the channels, and puts the weights in the order that the kernel reads.
  void pack(const nn::FusedConv& conv, const dnnl::memory::dims& sizes,
            const dnnl::convolution_forward::primitive_desc& made) {
    const std::size_t outputs = shape_.out_channels, each = shape_.weights() / outputs;
    std::vector<float> weights(conv.weights.begin(), conv.weights.end());
    bias_ = dnnl::memory(made.bias_desc(), detail::onednn_processor());
    float* const bias = static_cast<float*>(bias_.get_data_handle());
    for (std::size_t c = 0; c < outputs; ++c) {
      const float factor = conv.scale.factor.empty() ? 1.f : conv.scale.factor[c];
      for (std::size_t i = c * each; i < (c + 1) * each; ++i) weights[i] *= factor;
      bias[c] = (conv.bias.empty() ? 0.f : conv.bias[c] * factor) +
                (conv.scale.shift.empty() ? 0.f : conv.scale.shift[c]);
    }
    using Tag = dnnl::memory::format_tag;
    dnnl::memory plain({sizes, dnnl::memory::data_type::f32, sizes.size() == 5 ? Tag::goihw : Tag::oihw},
                       detail::onednn_processor(), weights.data());
    weights_ = dnnl::memory(made.weights_desc(), detail::onednn_processor());
    dnnl::stream stream(detail::onednn_processor());
    dnnl::reorder(plain, weights_).execute(stream, plain, weights_);
    stream.wait();
  }

  /// In the C API, because threads share the step: every run has memory objects of its own.
  [[nodiscard]] bool convolve(const float* in, float* out, float* scratch) const noexcept {
    const detail::OneThread one_thread;
    void* workspace = scratch;
    std::size_t space = scratch_in_ * sizeof(float);
    std::align(alignment * sizeof(float), workspace_.get_size(), workspace, space);
    struct Memory {
      explicit Memory(const dnnl::memory::desc& desc, void* data) noexcept {
        if (dnnl_memory_create(&made, &desc.data, detail::onednn_processor().get(), data) != dnnl_success)
          made = nullptr;
      }
      Memory(const Memory&) = delete;
      Memory& operator=(const Memory&) = delete;
      ~Memory() { dnnl_memory_destroy(made); }
      dnnl_memory_t made = nullptr;
    };
    const Memory from(in_, const_cast<float*>(in)), to(out_, out), work(workspace_, workspace);
    if (from.made == nullptr || to.made == nullptr || work.made == nullptr) return false;
    const std::array<dnnl_exec_arg_t, 5> arguments{{{DNNL_ARG_SRC, from.made},
                                                    {DNNL_ARG_WEIGHTS, weights_.get()},
                                                    {DNNL_ARG_BIAS, bias_.get()},
                                                    {DNNL_ARG_DST, to.made},
                                                    {DNNL_ARG_SCRATCHPAD, work.made}}};
    const dnnl_stream_t stream = detail::onednn_stream();
    return dnnl_primitive_execute(convolution_.get(), stream, static_cast<int>(arguments.size()),
                                  arguments.data()) == dnnl_success &&
           dnnl_stream_wait(stream) == dnnl_success;
  }

  /// Adds input 1, cuts off at the bounds of the activation, and puts the pixels where they belong.
  [[nodiscard]] bool finish(const nn::StepMaps& maps, const float* from, bool gaps,
                            nn::PacedStop& stop) const noexcept {
    const nn::MapView<float> out = maps.out();
    const nn::Bounds bounds = epilogue_.bounds();
    const bool residual = maps.inputs() > 1;
    const bool bounded = epilogue_.bounds_only() && epilogue_.activation != nn::Activation::none;
    if (!gaps && !residual && !bounded) return true;
    const std::size_t channels = out.shape.channels;
    return nn::detail::each_pixel(out.shape, stop, [&](std::size_t pixel) {
      const float* const x = from + pixel * channels;
      const float* const z = residual ? maps.in(1).pixel(pixel) : nullptr;
      float* const y = out.pixel(pixel);
      nn::detail::over_lanes<xsimd::default_arch>(channels, [&]<class V>(std::size_t c) {
        V value = nn::detail::load<V>(x + c);
        if (z != nullptr) value = value + nn::detail::load<V>(z + c);
        nn::detail::store(y + c, nn::detail::within(value, bounds.low, bounds.high));
      });
    });
  }

  nn::ConvShape shape_;
  nn::Epilogue epilogue_;
  std::string kernel_;
  dnnl::convolution_forward convolution_;
  dnnl::memory::desc in_, out_, workspace_;
  dnnl::memory weights_, bias_;
  std::size_t scratch_in_ = 0, scratch_out_ = 0, scratch_ = 0;  // floats
};

/// For InferenceNetwork: oneDNN's step, or nothing where oneDNN has only its slow reference code.
/// @throws dnnl::error
[[nodiscard]] inline std::unique_ptr<nn::Step> onednn_step(const nn::FusedConv& conv) {
  auto step = std::make_unique<OneDnnConv>(conv);
  if (std::string_view(step->kernel()).starts_with("ref")) return nullptr;
  return step;
}

}  // namespace einet::engines
