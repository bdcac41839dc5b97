#pragma once
// An ONNX file, parsed but not yet understood: its graph, its initialisers, and where external data may lie.

#include <einet/io/file.hpp>
#include <einet/io/file_error.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>

namespace einet::nn {

/// The oldest opset that the reader knows.
inline constexpr std::int64_t first_onnx_opset = 11;
/// The newest one.
inline constexpr std::int64_t last_onnx_opset = 20;

namespace onnx_detail {

/// Owns what was parsed; messages point into it.
class Model {
 public:
  /// @throws io::FileError if it cannot be read, is not ONNX or not of a known opset
  explicit Model(std::filesystem::path path) : path_(std::move(path)) {
    std::vector<std::uint8_t> bytes = io::read_bytes(path_);
    if (bytes.size() > static_cast<std::size_t>((std::numeric_limits<int>::max)()))
      refuse("", "is longer than 2 GB, which protobuf cannot parse: save the weights as external data");
    if (!proto_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      refuse("", "is not an ONNX model, or was cut short");
    check();
    for (const ::onnx::TensorProto& tensor : proto_.graph().initializer())
      if (!initialisers_.emplace(tensor.name(), &tensor).second)
        refuse("initialiser " + tensor.name(), "is there twice");
  }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const ::onnx::GraphProto& graph() const noexcept { return proto_.graph(); }
  [[nodiscard]] std::int64_t opset() const noexcept { return opset_; }

  /// Null if there is none of this name.
  [[nodiscard]] const ::onnx::TensorProto* initialiser(const std::string& name) const {
    const auto found = initialisers_.find(name);
    return found == initialisers_.end() ? nullptr : found->second;
  }

  [[noreturn]] void refuse(const std::string& field, const std::string& complaint) const {
    EINET_THROW(io::FileError(path_, field, complaint));
  }

 private:
  void check() {
    if (!proto_.has_graph()) refuse("", "is not an ONNX model: it has no graph");
    if (proto_.functions_size() > 0)
      refuse("functions", "the model has functions of its own, expected operators of ONNX only");
    if (proto_.graph().sparse_initializer_size() > 0)
      refuse("initialiser " + proto_.graph().sparse_initializer(0).values().name(),
             "is sparse, expected a dense tensor");
    bool found = false;
    for (const ::onnx::OperatorSetIdProto& set : proto_.opset_import()) {
      if (!set.domain().empty() && set.domain() != "ai.onnx") continue;
      opset_ = set.version();
      found = true;
    }
    if (!found) refuse("opset_import", "names no version of ONNX's operators");
    if (opset_ < first_onnx_opset || opset_ > last_onnx_opset)
      refuse("opset_import", "opset " + std::to_string(opset_) + ", expected " +
                                 std::to_string(first_onnx_opset) + " to " + std::to_string(last_onnx_opset));
  }

  std::filesystem::path path_;
  ::onnx::ModelProto proto_;
  std::int64_t opset_ = 0;
  std::unordered_map<std::string, const ::onnx::TensorProto*> initialisers_;
};

}  // namespace onnx_detail

}  // namespace einet::nn
