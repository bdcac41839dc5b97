// oneDNN's convolutions, alone.

#include "onednn.hpp"

#include "conv/rivals.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace einet::bench {

namespace {

class OneDnnLayer final : public ConvRival {
 public:
  /// @throws dnnl::error if oneDNN has no such kernel
  OneDnnLayer(const ConvLayer& layer, dnnl::algorithm algorithm, dnnl::memory::format_tag tag)
      : shape_(layer.shape), stream_(engines::detail::onednn_processor()) {
    const dnnl::engine& processor = engines::detail::onednn_processor();
    dnnl::primitive_attr attributes;
    if (layer.relu) {
      dnnl::post_ops after;
      after.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0.f, 0.f);
      attributes.set_post_ops(after);
    }
    const dnnl::convolution_forward::primitive_desc made(
        onednn_conv(shape_, algorithm, onednn_map(shape_.in, tag), onednn_map(shape_.out(), tag)), attributes,
        processor);
    kernel_ = made.impl_info_str();
    name_ = kernel_ + (tag == dnnl::memory::format_tag::nhwc ? " nhwc" : " blocked");
    conv_ = dnnl::convolution_forward(made);
    from_ = onednn_packed(layer.x.data(), made.src_desc().dims(), dnnl::memory::format_tag::nhwc,
                          made.src_desc());
    to_ = dnnl::memory(made.dst_desc(), processor);
    weights_ = onednn_weights(shape_, layer.weights.data(), made.weights_desc());
    bias_ = onednn_packed(layer.bias.data(), made.bias_desc().dims(), dnnl::memory::format_tag::x,
                          made.bias_desc());
  }

  void run() override {
    conv_.execute(
        stream_,
        {{DNNL_ARG_SRC, from_}, {DNNL_ARG_WEIGHTS, weights_}, {DNNL_ARG_BIAS, bias_}, {DNNL_ARG_DST, to_}});
    stream_.wait();
  }
  [[nodiscard]] std::vector<float> output() override {
    std::vector<float> y(shape_.out().size());
    dnnl::memory plain(onednn_map(shape_.out(), dnnl::memory::format_tag::nhwc),
                       engines::detail::onednn_processor(), y.data());
    dnnl::reorder(to_, plain).execute(stream_, to_, plain);
    stream_.wait();
    return y;
  }
  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] bool reference() const { return kernel_.starts_with("ref"); }

 private:
  nn::ConvShape shape_;
  std::string kernel_, name_;
  dnnl::stream stream_;
  dnnl::convolution_forward conv_;
  dnnl::memory from_, to_, weights_, bias_;
};

}  // namespace

std::string set_up_onednn(std::string_view isa) {
  cap_onednn(isa);
  static const engines::detail::OneThread one_thread;
  return onednn_title();
}

std::vector<std::unique_ptr<ConvRival>> onednn_convs(const ConvLayer& layer) {
  using Tag = dnnl::memory::format_tag;
  std::vector<std::unique_ptr<ConvRival>> all;
  for (const dnnl::algorithm algorithm :
       {dnnl::algorithm::convolution_direct, dnnl::algorithm::convolution_winograd,
        dnnl::algorithm::convolution_auto}) {
    for (const Tag tag : {Tag::any, Tag::nhwc}) {
      try {
        auto one = std::make_unique<OneDnnLayer>(layer, algorithm, tag);
        const bool known =
            std::ranges::any_of(all, [&](const auto& other) { return other->name() == one->name(); });
        if (!known && !one->reference()) all.push_back(std::move(one));
      } catch (const dnnl::error&) {
        // No such kernel for this shape or instruction set.
      }
    }
  }
  return all;
}

}  // namespace einet::bench
