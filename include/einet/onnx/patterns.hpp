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
  std::vector<std::string> constants;  ///< epsilon; or alpha, k, beta
  std::vector<Scale> scales{};         ///< of attention
  const ::onnx::NodeProto* mean =
      nullptr;  ///< of a layer norm, or of a response norm: the node that averages
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
    if (again != difference &&
        (made_by("ReduceMean", again, 1) < 0 || input(made_by("ReduceMean", again, 1), 0) != x))
      return std::nullopt;
    return Pattern{Pattern::Kind::layer_norm, {x}, {input(sum, 1)}, {}, &graph_.node(mean)};
  }

  /// softmax(scale · queries · keys) · values
  [[nodiscard]] std::optional<Pattern> attention(int n) const {
    const int softmax = made_by("Softmax", n, 0);
    if (softmax < 0 || !alone(softmax)) return std::nullopt;
    Pattern pattern{Pattern::Kind::attention, {}, {}, {}, nullptr};
    for (int at = softmax;;) {
      int next = -1, which = 0;
      for (int i = 0; i < graph_.node(at).input_size() && next < 0; ++i)
        for (const char* const kind : {"MatMul", "Mul", "Div"})
          if (const int made = made_by(kind, at, i);
              made >= 0 && (i == 0 || kind != std::string_view("Div"))) {
            next = made;
            which = i;
            break;
          }
      if (next < 0 || !alone(next) || graph_.node(next).input_size() != 2) return std::nullopt;
      if (at != softmax) pattern.scales.push_back({input(at, 1 - which), graph_.node(at).op_type() == "Div"});
      if (graph_.node(next).op_type() == "MatMul") {
        pattern.inputs = {input(next, 0), input(next, 1), input(n, 1)};
        return pattern;
      }
      at = next;
    }
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
    for (std::string name = input(product, 0);;) {
      at = maker(name, at);
      if (at < 0) return std::nullopt;
      const ::onnx::NodeProto& node = graph_.node(at);
      const std::string& kind = node.op_type();
      if (kind == "Mul") {
        if (mean == nullptr || node.input_size() != 2 || node.input(0) != x || node.input(1) != x)
          return std::nullopt;
        return Pattern{
            Pattern::Kind::response_norm, {x}, {input(product, 1), input(sum, 1), input(power, 1)}, {}, mean};
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
  }

  const ::onnx::GraphProto& graph_;
  std::unordered_map<std::string, int> makers_;
  std::unordered_map<std::string, std::size_t> readers_;
};

}  // namespace einet::nn::onnx_detail
