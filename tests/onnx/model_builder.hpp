#pragma once
// Makes small ONNX models for tests, and runs models.

#include "../support.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/onnx/read_onnx.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>

namespace einet::test {

/// A node whose attributes are set one by one.
class NodeBuilder {
 public:
  explicit NodeBuilder(::onnx::NodeProto& node) : node_(node) {}

  NodeBuilder& set(const char* name, std::int64_t value) {
    add(name, ::onnx::AttributeProto::INT).set_i(value);
    return *this;
  }
  NodeBuilder& set(const char* name, float value) {
    add(name, ::onnx::AttributeProto::FLOAT).set_f(value);
    return *this;
  }
  NodeBuilder& set(const char* name, const char* value) {
    add(name, ::onnx::AttributeProto::STRING).set_s(value);
    return *this;
  }
  NodeBuilder& set(const char* name, const std::vector<std::int64_t>& values) {
    ::onnx::AttributeProto& attribute = add(name, ::onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
    return *this;
  }
  [[nodiscard]] ::onnx::NodeProto& proto() { return node_; }

 private:
  ::onnx::AttributeProto& add(const char* name, ::onnx::AttributeProto::AttributeType type) {
    ::onnx::AttributeProto& attribute = *node_.add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }
  ::onnx::NodeProto& node_;
};

class ModelBuilder {
 public:
  /// @param image lengths of the input "x"; -1 for one that is open
  explicit ModelBuilder(std::int64_t opset, const std::vector<std::int64_t>& image = {1, 2, 3, 4}) {
    model.set_ir_version(8);
    ::onnx::OperatorSetIdProto& set = *model.add_opset_import();
    set.set_version(opset);
    ::onnx::ValueInfoProto& input = *graph().add_input();
    input.set_name("x");
    auto& tensor = *input.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(::onnx::TensorProto::FLOAT);
    for (const std::int64_t length : image) {
      auto& dimension = *tensor.mutable_shape()->add_dim();
      if (length >= 0)
        dimension.set_dim_value(length);
      else
        dimension.set_dim_param("open");
    }
  }

  [[nodiscard]] ::onnx::GraphProto& graph() { return *model.mutable_graph(); }

  NodeBuilder node(const char* operation, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& outputs) {
    ::onnx::NodeProto& node = *graph().add_node();
    node.set_op_type(operation);
    for (const std::string& input : inputs) node.add_input(input);
    for (const std::string& output : outputs) node.add_output(output);
    return NodeBuilder(node);
  }

  ModelBuilder& weights(const std::string& name, const std::vector<std::int64_t>& lengths,
                        const std::vector<float>& values) {
    ::onnx::TensorProto& tensor = initialiser(name, lengths, ::onnx::TensorProto::FLOAT);
    for (const float value : values) tensor.add_float_data(value);
    return *this;
  }
  ModelBuilder& integers(const std::string& name, const std::vector<std::int64_t>& values) {
    ::onnx::TensorProto& tensor =
        initialiser(name, {static_cast<std::int64_t>(values.size())}, ::onnx::TensorProto::INT64);
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return *this;
  }
  ::onnx::TensorProto& initialiser(const std::string& name, const std::vector<std::int64_t>& lengths,
                                   ::onnx::TensorProto::DataType type) {
    ::onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t length : lengths) tensor.add_dims(length);
    return tensor;
  }

  ModelBuilder& output(const std::string& name) {
    graph().add_output()->set_name(name);
    return *this;
  }

  /// Writes it to a file of its own.
  [[nodiscard]] std::filesystem::path write() const {
    static const std::filesystem::path folder = scratch_folder("onnx");
    static int count = 0;
    const std::filesystem::path path = folder / ("model" + std::to_string(count++) + ".onnx");
    std::ofstream(path, std::ios::binary) << model.SerializeAsString();
    return path;
  }

  ::onnx::ModelProto model;  // NOLINT(readability-identifier-naming): tests spoil it
};

/// The scores of every exit for an image in ONNX's order, [channels][height][width].
inline std::vector<std::vector<float>> scores_of(nn::Graph graph, const std::vector<float>& image) {
  const nn::Shape in = graph.image();
  const nn::InferenceNetwork<nn::any_classes> network(std::move(graph));
  std::vector<float> turned(image.size());
  for (std::size_t c = 0; c < in.channels; ++c)
    for (std::size_t p = 0; p < in.pixels(); ++p) turned[p * in.channels + c] = image[c * in.pixels() + p];
  nn::Features features = network.make_features();
  features.load(turned);
  std::vector<std::vector<float>> all;
  for (const auto& block : network.blocks()) {
    block.advance(features);
    const float* const logits = block.logits(features);
    all.emplace_back(logits, logits + block.classes());
  }
  return all;
}
inline std::vector<std::vector<float>> scores_of(const std::filesystem::path& model,
                                                 const std::vector<float>& image,
                                                 const nn::OnnxOptions& options = {}) {
  return scores_of(nn::read_onnx(model, options), image);
}

}  // namespace einet::test
