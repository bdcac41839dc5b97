#pragma once
// A network of einet's run by oneDNN alone: einet lowers it and folds batch norms, sums and ReLUs into
// convolutions; a primitive computes what is left. Maps stay in the layouts that the primitives want, and are
// put into others only where two of them disagree.

#include "in_turn.hpp"
#include "onednn.hpp"

#include <einet/base/aligned.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/fusion.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/run/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <list>
#include <span>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace einet::bench {

/// Memory that is taken, given back and taken again, so that few cache lines are touched.
class OneDnnBuffers {
 public:
  [[nodiscard]] dnnl::memory take(const dnnl::memory::desc& desc) {
    const std::size_t floats = (desc.get_size() + sizeof(float) - 1) / sizeof(float);
    Buffer* best = nullptr;
    for (Buffer& buffer : buffers_)
      if (buffer.free && buffer.values.size() >= floats &&
          (best == nullptr || buffer.values.size() < best->values.size()))
        best = &buffer;
    if (best == nullptr) best = &buffers_.emplace_back(Buffer{AlignedVector<float>(floats), false});
    best->free = false;
    return {desc, engines::detail::onednn_processor(), best->values.data()};
  }
  void give(const dnnl::memory& memory) {
    for (Buffer& buffer : buffers_)
      if (buffer.values.data() == memory.get_data_handle()) buffer.free = true;
  }

 private:
  struct Buffer {
    AlignedVector<float> values;
    bool free;
  };
  std::list<Buffer> buffers_;
};

class OneDnnChain {
 public:
  /// @param tag of all maps: nhwc, or any to let the primitives choose
  /// @throws std::invalid_argument if there is no primitive for a layer, dnnl::error
  OneDnnChain(const nn::Graph& graph, std::span<const float> image, dnnl::memory::format_tag tag)
      : graph_(graph),
        tag_(tag),
        stream_(engines::detail::onednn_processor()),
        lowering_(graph.image()),
        scores_of_(nn::detail::lower(graph, graph.blocks(), lowering_)) {
    nn::detail::fuse(lowering_, scores_of_);
    maps_.resize(lowering_.maps().size());
    for (const std::size_t map : scores_of_) ++maps_[map].readers;
    for (const nn::detail::Operation& operation : lowering_.operations())
      for (const std::size_t input : operation.inputs) ++maps_[input].readers;
    maps_[0].versions.push_back(onednn_packed(image.data(), onednn_map(graph.image(), Tag::nhwc).dims(),
                                              Tag::nhwc, onednn_map(graph.image(), Tag::nhwc)));
    maps_[0].readers += 1;  // keeps its memory
    for (const nn::detail::Operation& operation : lowering_.operations()) {
      add(operation);
      for (const std::size_t input : operation.inputs) release(input);
    }
    const std::size_t floats = scratch_ / sizeof(float) + 1;
    scratch_memory_.resize(floats);
    for (Call& call : calls_)
      if (const auto found = call.arguments.find(DNNL_ARG_SCRATCHPAD); found != call.arguments.end())
        found->second.set_data_handle(scratch_memory_.data());
  }

  OneDnnChain(const OneDnnChain&) = delete;
  OneDnnChain& operator=(const OneDnnChain&) = delete;

  void run() {
    for (const Call& call : calls_) call.primitive.execute(stream_, call.arguments);
    stream_.wait();
  }

  [[nodiscard]] std::vector<float> scores() const {
    std::vector<float> all;
    for (const std::size_t map : scores_of_) {
      const float* const from = static_cast<const float*>(maps_[map].versions.front().get_data_handle());
      all.insert(all.end(), from, from + graph_.classes());
    }
    return all;
  }

 private:
  using Tag = dnnl::memory::format_tag;
  using Operation = nn::detail::Operation;
  using Arguments = std::unordered_map<int, dnnl::memory>;

  struct OneMap {
    std::size_t readers = 0;
    std::vector<dnnl::memory> versions{};  // the first as it was made, the others in other layouts
  };
  struct Call {
    dnnl::primitive primitive;
    Arguments arguments;
  };

  static const dnnl::engine& processor() { return engines::detail::onednn_processor(); }
  static dnnl::primitive_attr attributes(const dnnl::post_ops& after) {
    dnnl::primitive_attr made;
    made.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    made.set_post_ops(after);
    return made;
  }

  [[nodiscard]] nn::Shape shape(std::size_t map) { return lowering_.maps()[map]; }
  [[nodiscard]] dnnl::memory::desc wanted(std::size_t map) { return onednn_map(shape(map), tag_); }
  [[nodiscard]] const dnnl::memory& made(std::size_t map) const { return maps_[map].versions.front(); }

  void release(std::size_t map) {
    if (--maps_[map].readers > 0) return;
    for (const dnnl::memory& version : maps_[map].versions) buffers_.give(version);
  }

  template <class Made>
  void call(const Made& made, dnnl::primitive primitive, Arguments arguments) {
    scratch_ = (std::max)(scratch_, made.scratchpad_desc().get_size());
    if (made.scratchpad_desc().get_size() > 0)
      arguments.emplace(DNNL_ARG_SCRATCHPAD,
                        dnnl::memory(made.scratchpad_desc(), processor(), DNNL_MEMORY_NONE));
    calls_.push_back({std::move(primitive), std::move(arguments)});
  }

  /// The map in a layout; puts it there first, if it is not.
  [[nodiscard]] dnnl::memory as(std::size_t map, const dnnl::memory::desc& desc) {
    for (const dnnl::memory& version : maps_[map].versions)
      if (version.get_desc() == desc) return version;
    const dnnl::memory from = made(map);
    const dnnl::memory to = buffers_.take(desc);
    maps_[map].versions.push_back(to);
    const dnnl::reorder reorder(from, to);
    if (map == 0) {  // an image may come as it is wanted
      reorder.execute(stream_, const_cast<dnnl::memory&>(from), const_cast<dnnl::memory&>(to));
      stream_.wait();
    } else {
      calls_.push_back({reorder, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}});
    }
    return to;
  }

  dnnl::memory make(std::size_t map, const dnnl::memory::desc& desc) {
    maps_[map].versions = {buffers_.take(desc)};
    return maps_[map].versions.front();
  }

  static void append(dnnl::post_ops& to, const nn::Epilogue& epilogue) {
    const nn::Bounds bounds = epilogue.bounds();
    if (!epilogue.bounds_only()) throw std::invalid_argument("an activation that oneDNN's chain lacks");
    if (epilogue.activation == nn::Activation::relu)
      to.append_eltwise(1.f, dnnl::algorithm::eltwise_relu, 0.f, 0.f);
    else if (epilogue.activation != nn::Activation::none)
      to.append_eltwise(1.f, dnnl::algorithm::eltwise_clip, bounds.low, bounds.high);
  }

  void add(const Operation& operation) {
    switch (operation.kind) {
      case Operation::Kind::conv:
        return convolve(operation);
      case Operation::Kind::sum: {
        dnnl::post_ops after;
        append(after, operation.epilogue);
        return sum(operation.inputs[0], operation.inputs[1], operation.output, after);
      }
      case Operation::Kind::activation: {
        const dnnl::memory from = made(operation.inputs[0]);
        const dnnl::eltwise_forward::primitive_desc desc(
            {dnnl::prop_kind::forward_inference, dnnl::algorithm::eltwise_relu, from.get_desc(), 0.f, 0.f},
            attributes({}), processor());
        if (operation.epilogue.activation != nn::Activation::relu) break;
        const dnnl::memory to = make(operation.output, from.get_desc());
        return call(desc, dnnl::eltwise_forward(desc), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
      }
      case Operation::Kind::concat:
        return concat(operation);
      case Operation::Kind::step:
        return pool(operation);
      case Operation::Kind::scale:
      case Operation::Kind::pixel:
        break;
    }
    throw std::invalid_argument("layer " + graph_.name(operation.layer) + ": oneDNN's chain lacks it");
  }

  void sum(std::size_t a, std::size_t b, std::size_t to, const dnnl::post_ops& after) {
    const dnnl::memory first = made(a), second = as(b, first.get_desc());
    const dnnl::binary::primitive_desc desc(
        {dnnl::algorithm::binary_add, first.get_desc(), second.get_desc(), first.get_desc()},
        attributes(after), processor());
    call(desc, dnnl::binary(desc),
         {{DNNL_ARG_SRC_0, first}, {DNNL_ARG_SRC_1, second}, {DNNL_ARG_DST, make(to, first.get_desc())}});
  }

  void concat(const Operation& operation) {
    std::vector<dnnl::memory::desc> parts;
    for (const std::size_t input : operation.inputs) {
      if (tag_ == Tag::nhwc) static_cast<void>(as(input, wanted(input)));
      parts.push_back(made(input).get_desc());
    }
    const dnnl::concat::primitive_desc desc =
        tag_ == Tag::nhwc
            ? dnnl::concat::primitive_desc(wanted(operation.output), 1, parts, processor(), attributes({}))
            : dnnl::concat::primitive_desc(1, parts, processor(), attributes({}));
    Arguments arguments{{DNNL_ARG_DST, make(operation.output, desc.dst_desc())}};
    for (std::size_t i = 0; i < parts.size(); ++i)
      arguments.emplace(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), made(operation.inputs[i]));
    call(desc, dnnl::concat(desc), std::move(arguments));
  }

  /// A pool without padding whose windows do not overlap, as all of these networks have.
  void pool(const Operation& operation) {
    const std::string_view kind = graph_.layer(operation.layer).kind();
    const nn::Shape in = shape(operation.inputs[0]), out = shape(operation.output);
    const bool largest = kind == "max_pool";
    if ((!largest && !kind.ends_with("average_pool")) || in.height % out.height != 0 ||
        in.width % out.width != 0)
      throw std::invalid_argument("layer " + graph_.name(operation.layer) + ": oneDNN's chain lacks it");
    const dnnl::memory::dims window{dim(in.height / out.height), dim(in.width / out.width)};
    const dnnl::memory from = made(operation.inputs[0]);
    const dnnl::pooling_forward::primitive_desc desc(
        {dnnl::prop_kind::forward_inference,
         largest ? dnnl::algorithm::pooling_max : dnnl::algorithm::pooling_avg_exclude_padding,
         from.get_desc(), onednn_map(out, Tag::any), window, window, dnnl::memory::dims{0, 0},
         dnnl::memory::dims{0, 0}},
        attributes({}), processor());
    const dnnl::memory to = make(operation.output, desc.dst_desc());
    call(desc, dnnl::pooling_forward(desc), {{DNNL_ARG_SRC, from}, {DNNL_ARG_DST, to}});
  }

  /// Convolutions and linear layers.
  void convolve(const Operation& operation) {
    const nn::ConvShape& shape = operation.shape;
    const bool linear = shape.out().pixels() == 1 &&
                        shape.kernel == nn::Extent{shape.in.height, shape.in.width} && shape.groups == 1 &&
                        operation.inputs.size() == 1;
    Chosen best;
    if (linear) {
      for (const dnnl::memory::desc& from :
           {made(operation.inputs[0]).get_desc(), onednn_map(shape.in, Tag::any)})
        try_linear(operation, from, best);
    } else {
      for (const dnnl::algorithm algorithm :
           {dnnl::algorithm::convolution_auto, dnnl::algorithm::convolution_direct,
            dnnl::algorithm::convolution_winograd})
        try_conv(operation, algorithm, best);
    }
    if (!best.primitive)
      throw std::invalid_argument("layer " + graph_.name(operation.layer) + ": no kernel of oneDNN");
    best.arguments.emplace(DNNL_ARG_SRC, as(operation.inputs[0], best.from));
    scratch_ = (std::max)(scratch_, best.scratch.get_size());
    if (best.scratch.get_size() > 0)
      best.arguments.emplace(DNNL_ARG_SCRATCHPAD, dnnl::memory(best.scratch, processor(), DNNL_MEMORY_NONE));
    const std::size_t residual = operation.inputs.size() > 1 ? operation.inputs[1] : 0;
    if (residual == 0) {
      best.arguments.emplace(DNNL_ARG_DST, make(operation.output, best.to));
      calls_.push_back({best.primitive, best.arguments});
    } else if (in_place(operation)) {
      // The sum is made where its other side lies, which nobody reads any more.
      best.arguments.emplace(DNNL_ARG_DST, made(residual));
      calls_.push_back({best.primitive, best.arguments});
      maps_[operation.output].versions = {made(residual)};
      maps_[residual].versions.erase(maps_[residual].versions.begin());
    } else {
      const dnnl::memory alone = buffers_.take(best.to);
      best.arguments.emplace(DNNL_ARG_DST, alone);
      calls_.push_back({best.primitive, best.arguments});
      dnnl::post_ops after;
      append(after, operation.epilogue);
      maps_.push_back({1, {alone}});
      lowering_.maps().push_back(shape.out());
      sum(maps_.size() - 1, residual, operation.output, after);
      release(maps_.size() - 1);
    }
  }

  struct Chosen {
    double seconds = std::numeric_limits<double>::infinity();
    dnnl::primitive primitive{};
    dnnl::memory::desc from{}, to{}, scratch{};
    Arguments arguments{};
  };

  [[nodiscard]] bool in_place(const Operation& operation) const {
    return operation.inputs.size() > 1 && maps_[operation.inputs[1]].readers == 1;
  }

  void try_conv(const Operation& operation, dnnl::algorithm algorithm, Chosen& best) {
    dnnl::post_ops after;
    const bool in_place_sum = in_place(operation);
    if (in_place_sum) after.append_sum(1.f);
    if (operation.inputs.size() == 1 || in_place_sum) append(after, operation.epilogue);
    const dnnl::memory::desc to =
        in_place_sum ? made(operation.inputs[1]).get_desc() : onednn_map(operation.shape.out(), tag_);
    try {
      const dnnl::convolution_forward::primitive_desc made(
          onednn_conv(operation.shape, algorithm, wanted(operation.inputs[0]), to), attributes(after),
          processor());
      if (std::string_view(made.impl_info_str()).starts_with("ref")) return;
      consider(operation, made, dnnl::convolution_forward(made), best);
    } catch (const dnnl::error&) {
      // No such kernel for this shape, layout or instruction set.
    }
  }

  void try_linear(const Operation& operation, const dnnl::memory::desc& from, Chosen& best) {
    dnnl::post_ops after;
    append(after, operation.epilogue);
    using dnnl::memory;
    const dim_t outputs = dim(operation.shape.out_channels);
    memory::dims sizes = onednn_map(operation.shape.in, Tag::nhwc).dims();
    sizes[0] = outputs;
    // Its result has two dimensions; later layers are told that it has four.
    try {
      const dnnl::inner_product_forward::primitive_desc made(
          {dnnl::prop_kind::forward_inference, from, memory::desc(sizes, memory::data_type::f32, Tag::any),
           memory::desc({outputs}, memory::data_type::f32, Tag::x),
           memory::desc({1, outputs}, memory::data_type::f32, Tag::nc)},
          attributes(after), processor());
      consider(operation, made, dnnl::inner_product_forward(made), best);
      best.to = onednn_map(operation.shape.out(), Tag::nhwc);
    } catch (const dnnl::error&) {
    }
  }

  /// Takes the primitive if it is faster than the best so far, what it needs to be given included.
  template <class Made>
  void consider(const Operation& operation, const Made& made, const dnnl::primitive& primitive,
                Chosen& best) {
    std::vector<float> weights(operation.weights->values().begin(), operation.weights->values().end());
    const std::size_t outputs = operation.shape.out_channels, each = weights.size() / outputs;
    std::vector<float> bias(outputs, 0.f);
    for (std::size_t c = 0; c < outputs; ++c) {
      const float factor = operation.factor.empty() ? 1.f : operation.factor[c];
      for (std::size_t i = c * each; i < (c + 1) * each; ++i) weights[i] *= factor;
      if (operation.bias != nullptr) bias[c] = operation.bias->values()[c] * factor;
      if (!operation.shift.empty()) bias[c] += operation.shift[c];
    }
    Chosen one;
    one.primitive = primitive;
    one.from = made.src_desc();
    one.to = made.dst_desc();
    one.scratch = made.scratchpad_desc();
    one.arguments.emplace(DNNL_ARG_WEIGHTS,
                          onednn_weights(operation.shape, weights.data(), made.weights_desc()));
    one.arguments.emplace(DNNL_ARG_BIAS,
                          onednn_packed(bias.data(), made.bias_desc().dims(), Tag::x, made.bias_desc()));

    dnnl::memory given = this->made(operation.inputs[0]);
    dnnl::memory from(one.from, processor()), to(one.to, processor()), work(one.scratch, processor());
    Arguments arguments = one.arguments;
    arguments.emplace(DNNL_ARG_SRC, from);
    arguments.emplace(DNNL_ARG_DST, to);
    arguments.emplace(DNNL_ARG_SCRATCHPAD, work);
    const bool reordered = operation.inputs[0] != 0 && given.get_desc() != one.from;
    const dnnl::reorder reorder = reordered ? dnnl::reorder(given, from) : dnnl::reorder();
    for (int i = 0; i < 9; ++i) {
      sweep_();  // the network's other layers leave nothing of this one in the cache
      const Stopwatch watch;
      if (reordered) reorder.execute(stream_, given, from);
      primitive.execute(stream_, arguments);
      stream_.wait();
      one.seconds = (std::min)(one.seconds, watch());
    }
    if (one.seconds < best.seconds) best = std::move(one);
  }

  using dim_t = dnnl::memory::dim;

  const nn::Graph& graph_;
  Tag tag_;
  dnnl::stream stream_;
  nn::Lowering lowering_;
  std::vector<std::size_t> scores_of_;
  OneDnnBuffers buffers_;
  std::vector<OneMap> maps_;
  std::vector<Call> calls_;
  std::size_t scratch_ = 0;  // bytes
  Sweep sweep_;
  AlignedVector<float> scratch_memory_;
};

}  // namespace einet::bench
