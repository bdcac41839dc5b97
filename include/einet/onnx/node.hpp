#pragma once
// A node of an ONNX graph: its attributes, which have defaults, and how messages name it.

#include <einet/onnx/constant.hpp>
#include <einet/onnx/model.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace einet::nn::onnx_detail {

class Node {
 public:
  Node(const Model& model, const ::onnx::NodeProto& proto) noexcept : model_(model), proto_(proto) {}

  [[nodiscard]] const std::string& operation() const noexcept { return proto_.op_type(); }
  [[nodiscard]] std::int64_t opset() const noexcept { return model_.opset(); }
  [[nodiscard]] const ::onnx::NodeProto& proto() const noexcept { return proto_; }

  [[nodiscard]] std::size_t inputs() const noexcept { return static_cast<std::size_t>(proto_.input_size()); }
  /// Whether input i is given: the last ones may be missing, those in between may have no name.
  [[nodiscard]] bool has(std::size_t i) const noexcept { return i < inputs() && !input(i).empty(); }
  /// @pre i < inputs()
  [[nodiscard]] const std::string& input(std::size_t i) const noexcept {
    return proto_.input(static_cast<int>(i));
  }
  [[nodiscard]] std::size_t outputs() const noexcept {
    return static_cast<std::size_t>(proto_.output_size());
  }
  /// @pre i < outputs()
  [[nodiscard]] const std::string& output(std::size_t i = 0) const noexcept {
    return proto_.output(static_cast<int>(i));
  }

  [[nodiscard]] const ::onnx::AttributeProto* attribute(const char* name) const noexcept {
    for (const ::onnx::AttributeProto& attribute : proto_.attribute())
      if (attribute.name() == name) return &attribute;
    return nullptr;
  }
  [[nodiscard]] std::int64_t integer(const char* name, std::int64_t otherwise) const noexcept {
    const ::onnx::AttributeProto* const found = attribute(name);
    return found == nullptr ? otherwise : found->i();
  }
  [[nodiscard]] float number(const char* name, float otherwise) const noexcept {
    const ::onnx::AttributeProto* const found = attribute(name);
    return found == nullptr ? otherwise : found->f();
  }
  [[nodiscard]] std::string word(const char* name, const char* otherwise) const {
    const ::onnx::AttributeProto* const found = attribute(name);
    return found == nullptr ? otherwise : found->s();
  }
  [[nodiscard]] Lengths integers(const char* name, Lengths otherwise = {}) const {
    const ::onnx::AttributeProto* const found = attribute(name);
    return found == nullptr ? std::move(otherwise) : Lengths(found->ints().begin(), found->ints().end());
  }

  /// A tensor of an attribute.
  [[nodiscard]] Constant read(const ::onnx::TensorProto& tensor, const char* attribute) const {
    return ConstantReader(model_).read(tensor, called() + ": " + attribute);
  }

  /// As in messages: node 'layer1/conv' (Conv, opset 17).
  [[nodiscard]] std::string called() const {
    const std::string& name = proto_.name().empty() && outputs() > 0 ? output() : proto_.name();
    return "node '" + name + "' (" + operation() + ", opset " + std::to_string(opset()) + ")";
  }
  [[noreturn]] void refuse(const std::string& complaint) const { model_.refuse(called(), complaint); }

 private:
  const Model& model_;
  const ::onnx::NodeProto& proto_;
};

}  // namespace einet::nn::onnx_detail
