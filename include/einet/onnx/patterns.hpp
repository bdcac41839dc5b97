#pragma once
// Operations that older exporters write as many nodes: layer normalisation, attention, local response
// normalisation. They are found before anything is read, so that what is inside them need not be known.

#include <einet/onnx/node.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

/// Stands for the node at its end and for those before it that nobody else reads.
struct Pattern {
  enum class Kind { layer_norm, attention, response_norm };
  /// A constant that scales the scores of attention, and whether it divides.
  struct Scale {
    std::string constant;
    bool divides;
  };

  Kind kind;
  std::vector<std::string> inputs;     ///< maps: x; or queries, keys, values
  std::vector<std::string> constants;  ///< epsilon, and the exponent if one is named; or alpha, k, beta
  std::vector<Scale> scales{};         ///< of attention
  /// The nodes that average, or the softmax: their attributes must be those of the pattern.
  std::vector<const ::onnx::NodeProto*> inner{};
};

class Patterns {
 public:
  explicit Patterns(const ::onnx::GraphProto& graph) : graph_(graph) {
    for (int n = 0; n < graph.node_size(); ++n) {
      for (const std::string& output : graph.node(n).output()) makers_.emplace(output, n);
      for (const std::string& input : graph.node(n).input()) ++readers_[input];
    }
    for (const ::onnx::ValueInfoProto& output : graph.output()) ++readers_[output.name()];
  }

  /// The pattern that ends with this node, if any.
  [[nodiscard]] std::optional<Pattern> ending_with(int n) const {
    const ::onnx::NodeProto& node = graph_.node(n);
    if (node.input_size() != 2) return std::nullopt;
    if (node.op_type() == "MatMul") return attention(n);
    if (node.op_type() != "Div") return std::nullopt;
    if (auto found = layer_norm(n)) return found;
    return response_norm(n);
  }

  /// The node that makes `name`, if it comes before node `before`; -1 if there is none.
  [[nodiscard]] int maker(const std::string& name, int before) const {
    const auto found = makers_.find(name);
    return found == makers_.end() || found->second >= before ? -1 : found->second;
  }

 private:
  /// The node of this kind that makes input `i` of node n; -1 if another one does.
  [[nodiscard]] int made_by(std::string_view kind, int n, int i) const {
    if (n < 0 || i >= graph_.node(n).input_size()) return -1;
    const int found = maker(graph_.node(n).input(i), n);
    return found >= 0 && graph_.node(found).op_type() == kind ? found : -1;
  }
  [[nodiscard]] const std::string& input(int n, int i) const { return graph_.node(n).input(i); }

  /// (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon)
  [[nodiscard]] std::optional<Pattern> layer_norm(int n) const {
    const int difference = made_by("Sub", n, 0), root = made_by("Sqrt", n, 1);
    const int mean = made_by("ReduceMean", difference, 1), sum = made_by("Add", root, 0);
    const int variance = made_by("ReduceMean", sum, 0);
    int square = made_by("Pow", variance, 0);
    if (square < 0) square = made_by("Mul", variance, 0);
    const int again = made_by("Sub", square, 0);
    if (mean < 0 || again < 0 || graph_.node(square).input_size() != 2) return std::nullopt;
    if (graph_.node(square).op_type() == "Mul" && input(square, 0) != input(square, 1)) return std::nullopt;
    const std::string& x = input(difference, 0);
    if (input(mean, 0) != x || input(again, 0) != x) return std::nullopt;
    const int mean_again = made_by("ReduceMean", again, 1);
    if (mean_again < 0 || input(mean_again, 0) != x) return std::nullopt;
    std::vector<std::string> constants{input(sum, 1)};
    if (graph_.node(square).op_type() == "Pow") constants.push_back(input(square, 1));
    return Pattern{Pattern::Kind::layer_norm,
                   {x},
                   std::move(constants),
                   {},
                   {&graph_.node(mean), &graph_.node(variance), &graph_.node(mean_again)}};
  }

  /// softmax(scale · queries · keys) · values
  [[nodiscard]] std::optional<Pattern> attention(int n) const {
    const int softmax = made_by("Softmax", n, 0);
    if (softmax < 0 || !alone(softmax) || graph_.node(softmax).input_size() != 1) return std::nullopt;
    Pattern pattern{Pattern::Kind::attention, {}, {}, {}, {&graph_.node(softmax)}};
    if (!find_scores(maker(input(softmax, 0), softmax), pattern, 0)) return std::nullopt;
    pattern.inputs.push_back(input(n, 1));
    return pattern;
  }
  /// Whether node n is a product of maps, or one that scales it; adds its two inputs, and its scales.
  [[nodiscard]] bool find_scores(int n, Pattern& pattern, int scales) const {
    if (n < 0 || scales > 4 || !alone(n) || graph_.node(n).input_size() != 2) return false;
    const std::string& kind = graph_.node(n).op_type();
    if (kind == "MatMul") {
      pattern.inputs = {input(n, 0), input(n, 1)};
      return true;
    }
    if (kind != "Mul" && kind != "Div") return false;
    for (const int side : {0, 1}) {
      if ((side == 1 && kind == "Div") || !find_scores(maker(input(n, side), n), pattern, scales + 1))
        continue;
      pattern.scales.push_back({input(n, 1 - side), kind == "Div"});
      return true;
    }
    return false;
  }
  [[nodiscard]] bool alone(int n) const {
    const auto found = readers_.find(graph_.node(n).output_size() > 0 ? graph_.node(n).output(0) : "");
    return found != readers_.end() && found->second == 1;
  }

  /// x / (k + alpha · mean(x^2))^beta, the mean over channels by a pool of a map with one more dimension.
  [[nodiscard]] std::optional<Pattern> response_norm(int n) const {
    const int power = made_by("Pow", n, 1), sum = made_by("Add", power, 0), product = made_by("Mul", sum, 0);
    if (product < 0) return std::nullopt;
    const std::string& x = input(n, 0);
    const ::onnx::NodeProto* mean = nullptr;
    int at = product;
    std::string name = input(product, 0);
    for (int nodes = 0; nodes < 16; ++nodes) {  // a file could have any number in a row
      at = maker(name, at);
      if (at < 0) return std::nullopt;
      const ::onnx::NodeProto& node = graph_.node(at);
      const std::string& kind = node.op_type();
      if (kind == "Mul") {
        if (mean == nullptr || node.input_size() != 2 || node.input(0) != x || node.input(1) != x)
          return std::nullopt;
        return Pattern{Pattern::Kind::response_norm,
                       {x},
                       {input(product, 1), input(sum, 1), input(power, 1)},
                       {},
                       {mean}};
      }
      if (kind == "If") {  // which only says whether a dimension of length 1 is there
        if (node.attribute_size() == 0 || node.attribute(0).g().node_size() == 0) return std::nullopt;
        const ::onnx::NodeProto& inner = node.attribute(0).g().node(node.attribute(0).g().node_size() - 1);
        if (inner.input_size() == 0) return std::nullopt;
        name = inner.input(0);
        continue;
      }
      if (kind == "AveragePool") mean = &node;
      if (node.input_size() == 0 || (kind != "AveragePool" && kind != "Pad" && kind != "Squeeze" &&
                                     kind != "Unsqueeze" && kind != "Reshape"))
        return std::nullopt;
      name = node.input(0);
    }
    return std::nullopt;
  }

  const ::onnx::GraphProto& graph_;
  std::unordered_map<std::string, int> makers_;
  std::unordered_map<std::string, std::size_t> readers_;
};

}  // namespace einet::nn::onnx_detail
