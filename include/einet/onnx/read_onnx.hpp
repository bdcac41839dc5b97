#pragma once
// Reads a network with early exits from an ONNX file.
//
//   nn::Graph graph = nn::read_onnx("model.onnx");
//   nn::InferenceNetwork<nn::any_classes> network(std::move(graph));

#include <einet/nn/graph.hpp>
#include <einet/nn/layers.hpp>
#include <einet/onnx/attention.hpp>
#include <einet/onnx/folding.hpp>
#include <einet/onnx/model.hpp>
#include <einet/onnx/model_image.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/operators.hpp>
#include <einet/onnx/patterns.hpp>
#include <einet/onnx/values.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace einet::nn {

namespace onnx_detail {

class Reader {
 public:
  Reader(const Model& model, const OnnxOptions& options)
      : model_(model),
        options_(options),
        patterns_(model.graph()),
        image_(model, options),
        graph_(image_.shape()),
        values_(model, graph_) {}

  [[nodiscard]] Graph read() && {
    const ::onnx::GraphProto& proto = model_.graph();
    const ::onnx::NodeProto none;
    values_.give(Node(model_, none), image_.name(), image_.view(graph_.input()));
    const std::vector<std::string> scores = names_of_scores();
    const std::vector<Wanted> wanted = find_wanted(scores);
    for (int n = 0; n < proto.node_size(); ++n) {
      const Wanted& what = wanted[static_cast<std::size_t>(n)];
      if (what.is) read_checked(Node(model_, proto.node(n)), what.pattern, 0);
    }
    for (std::size_t k = 0; k < scores.size(); ++k) mark_exit(scores[k], k + 1 == scores.size());
    return std::move(graph_);
  }

 private:
  struct Wanted {
    bool is = false;
    std::optional<Pattern> pattern{};
  };

  /// The names of the scores of all exits. A softmax at their end is left out: einet takes scores before it.
  [[nodiscard]] std::vector<std::string> names_of_scores() const {
    const ::onnx::GraphProto& graph = model_.graph();
    std::vector<std::string> names = options_.exits;
    if (names.empty())
      for (const ::onnx::ValueInfoProto& output : graph.output()) names.push_back(output.name());
    if (names.empty()) model_.refuse("", "the model has no output");
    for (std::string& name : names) {
      int left_out = 0;  // a file could have any number in a row
      for (int n = patterns_.maker(name, graph.node_size()); n >= 0; n = patterns_.maker(name, n)) {
        const Node last(model_, graph.node(n));
        const std::string& kind = last.operation();
        const std::int64_t axis = last.integer("axis", -1);
        const bool softmax = (kind == "Softmax" || kind == "LogSoftmax") && (axis == 1 || axis == -1);
        if (last.inputs() != 1 || (!softmax && kind != "Identity") || ++left_out > 16) break;
        name = last.input(0);
      }
    }
    return names;
  }

  static void each_captured(const ::onnx::GraphProto& graph, std::unordered_set<std::string>& names) {
    for (const ::onnx::NodeProto& node : graph.node()) {
      names.insert(node.input().begin(), node.input().end());
      for (const ::onnx::AttributeProto& attribute : node.attribute())
        if (attribute.has_g()) each_captured(attribute.g(), names);
    }
    for (const ::onnx::ValueInfoProto& output : graph.output()) names.insert(output.name());
  }

  /// Which nodes the exits need, and which of them end a pattern, so that what is inside it is not needed.
  [[nodiscard]] std::vector<Wanted> find_wanted(const std::vector<std::string>& scores) const {
    const ::onnx::GraphProto& graph = model_.graph();
    std::unordered_set<std::string> names(scores.begin(), scores.end());
    std::vector<Wanted> wanted(static_cast<std::size_t>(graph.node_size()));
    for (int n = graph.node_size(); n-- > 0;) {
      const ::onnx::NodeProto& node = graph.node(n);
      Wanted& what = wanted[static_cast<std::size_t>(n)];
      what.is = std::any_of(node.output().begin(), node.output().end(),
                            [&](const std::string& name) { return names.contains(name); });
      if (!what.is) continue;
      what.pattern = patterns_.ending_with(n);
      if (what.pattern) {
        names.insert(what.pattern->inputs.begin(), what.pattern->inputs.end());
        names.insert(what.pattern->constants.begin(), what.pattern->constants.end());
        for (const Pattern::Scale& scale : what.pattern->scales) names.insert(scale.constant);
        continue;
      }
      names.insert(node.input().begin(), node.input().end());
      for (const ::onnx::AttributeProto& attribute : node.attribute())
        if (attribute.has_g()) each_captured(attribute.g(), names);
    }
    return wanted;
  }

  /// Reads one node; whatever a layer refuses is said of the node.
  void read_checked(const Node& node, const std::optional<Pattern>& pattern, int depth) {
    try {
      if (pattern)
        read_pattern(node, *pattern);
      else
        read_node(node, depth);
    } catch (const std::invalid_argument& error) {
      node.refuse(error.what());
    }
  }

  void read_node(const Node& node, int depth) {
    if (node.outputs() == 0) node.refuse("has no output");
    const std::string& domain = node.proto().domain();
    if (!domain.empty() && domain != "ai.onnx")
      node.refuse("is of the domain '" + domain + "', expected ONNX's own operators");
    if (node.operation() == "Constant") return read_constant(node);
    if (node.operation() == "If") return read_branch(node, depth);
    if (node.inputs() > 0 && !values_.reads_map(node)) return fold(node);
    const auto* const found =
        std::find_if(std::begin(onnx_operators), std::end(onnx_operators),
                     [&](const Operator& known) { return known.name == node.operation(); });
    if (found == std::end(onnx_operators)) node.refuse("is no operator that is known");
    found->read(values_, node);
  }

  void fold(const Node& node) {
    std::vector<Shared> held;
    std::vector<const Constant*> constants;
    for (std::size_t i = 0; i < node.inputs(); ++i) {
      held.push_back(values_.constant(node, i));
      constants.push_back(held.back().get());
    }
    auto folded = Folding(node, constants).fold();
    if (!folded) node.refuse("is no operator that is known of constants");
    values_.give(node, node.output(), std::move(*folded));
  }

  void read_constant(const Node& node) {
    if (node.proto().attribute_size() != 1) node.refuse("has no single value");
    const ::onnx::AttributeProto& value = node.proto().attribute(0);
    const std::string& kind = value.name();
    if (kind == "value") return values_.give(node, node.output(), node.read(value.t(), "value"));
    if (kind == "value_int")
      return values_.give(node, node.output(), Constant::of({}, std::vector<std::int64_t>{value.i()}));
    if (kind == "value_float")
      return values_.give(node, node.output(), Constant::of({}, std::vector<float>{value.f()}));
    if (kind == "value_ints")
      return values_.give(node, node.output(),
                          Constant::of({value.ints_size()},
                                       std::vector<std::int64_t>(value.ints().begin(), value.ints().end())));
    if (kind == "value_floats")
      return values_.give(node, node.output(),
                          Constant::of({value.floats_size()},
                                       std::vector<float>(value.floats().begin(), value.floats().end())));
    node.refuse("has a " + kind + ", expected numbers");
  }

  /// A branch whose condition is known is read in place.
  void read_branch(const Node& node, int depth) {
    const Shared condition = values_.weights(node, 0);
    if (condition->size() != 1 || depth > 8)
      node.refuse("has no single condition, or is too deep within others");
    const ::onnx::AttributeProto* const branch =
        node.attribute(condition->number(0) != 0 ? "then_branch" : "else_branch");
    if (branch == nullptr || static_cast<std::size_t>(branch->g().output_size()) != node.outputs())
      node.refuse("lacks a branch");
    for (const ::onnx::TensorProto& tensor : branch->g().initializer()) values_.add_initialiser(tensor);
    for (const ::onnx::NodeProto& inner : branch->g().node())
      read_checked(Node(model_, inner), std::nullopt, depth + 1);
    for (std::size_t k = 0; k < node.outputs(); ++k)
      values_.alias(node, branch->g().output(static_cast<int>(k)).name(), node.output(k));
  }

  void read_pattern(const Node& node, const Pattern& pattern) {
    switch (pattern.kind) {
      case Pattern::Kind::layer_norm: {
        const View x = values_.view(node, pattern.inputs[0]);
        for (const ::onnx::NodeProto* const proto : pattern.inner) {
          const Node mean(model_, *proto);
          const Shared axes = values_.constant(mean, 1);
          const Lengths over = axes_of(mean, axes.get());
          if (over.size() != 1 || axis_of(mean, over[0], x.rank()) + 1 != x.rank())
            node.refuse("normalises over the dimensions " + text(over) + ", expected the last one");
        }
        if (pattern.constants.size() > 1 && number(values_, node, pattern.constants[1]) != 2)
          node.refuse("looks like a layer norm, but with another exponent than 2");
        return values_.give(node, node.output(),
                            layer_norm(values_, node, x, number(values_, node, pattern.constants[0])));
      }
      case Pattern::Kind::response_norm: {
        const Map x = values_.image(node, values_.view(node, pattern.inputs[0]));
        const Lengths window = Node(model_, *pattern.inner[0]).integers("kernel_shape");
        if (window.size() != 3 || window[1] != 1 || window[2] != 1)
          node.refuse("divides by a mean over the window " + text(window) +
                      ", expected one of channels: [channels, 1, 1]");
        ResponseNormOptions options{
            positive(node, "size", window[0], 1), number(values_, node, pattern.constants[0]),
            number(values_, node, pattern.constants[2]), number(values_, node, pattern.constants[1])};
        return values_.give(node, node.output(),
                            View::image(values_.made(node, local_response_norm(x, options))));
      }
      case Pattern::Kind::attention:
        return read_attention(values_, node, Node(model_, *pattern.inner[0]), pattern);
    }
  }

  void mark_exit(const std::string& name, bool last) {
    const ::onnx::NodeProto none;
    const Node end(model_, none);
    if (!values_.known(name)) model_.refuse("output '" + name + "'", "is made by no node");
    const View x = values_.settled(end, values_.view(end, name));
    const Shape classes{1, 1, x.size()};
    const Map scores =
        x.map.shape() == classes && x.whole()
            ? x.map
            : values_.rows(end, *x.reshaped(Lengths{1, static_cast<std::int64_t>(x.size())})).map;
    try {
      graph_.exit(scores, last ? features_of(scores) : std::nullopt);
    } catch (const std::invalid_argument& error) {
      model_.refuse("output '" + name + "'", error.what());
    }
  }

  /// Nobody needs what leads to the last exit but itself. Its branch is what works on a single pixel.
  [[nodiscard]] std::optional<Map> features_of(const Map& scores) const {
    std::size_t at = scores.layer();
    while (at != 0 && graph_.inputs(at).size() == 1 && graph_.shape(at).pixels() == 1)
      at = graph_.inputs(at)[0];
    if (at == 0 || at == scores.layer()) return std::nullopt;
    return values_.map_of(at);
  }

  const Model& model_;
  const OnnxOptions& options_;
  Patterns patterns_;
  ModelImage image_;
  Graph graph_;
  Values values_;
};

}  // namespace onnx_detail

/// The network in the file at `path`. Its outputs are the exits; blocks follow from them. The batch is made
/// 1. Operators are those of `onnx_operators`, of opsets 11 to 20; weights may be of any type of numbers.
/// @throws io::FileError naming file and node: what the file lacks, or what is not known
[[nodiscard]] inline Graph read_onnx(const std::filesystem::path& path, const OnnxOptions& options = {}) {
  const onnx_detail::Model model(path);
  return onnx_detail::Reader(model, options).read();
}

}  // namespace einet::nn
