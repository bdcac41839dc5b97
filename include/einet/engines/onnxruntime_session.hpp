#pragma once
// One ONNX file in ONNX Runtime's C API: its session, and the names and shapes of what it reads and writes.

#include <einet/base/assert.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <onnxruntime_c_api.h>

namespace einet::engines {

/// How ONNX Runtime runs the parts.
struct OnnxSessionOptions {
  int threads = 1;  ///< that every part may use; more than 1 start a pool for every part
};

namespace detail {

/// @throws std::runtime_error if the library is older than the header
[[nodiscard]] inline const OrtApi& ort() {
  static const OrtApi* const api = OrtGetApiBase()->GetApi(ORT_API_VERSION);
  if (api == nullptr)
    EINET_THROW(std::runtime_error(std::string("ONNX Runtime: the library is ") +
                                   OrtGetApiBase()->GetVersionString() +
                                   ", older than the header, which is 1." + std::to_string(ORT_API_VERSION)));
  return *api;
}

/// The message of a call that failed, which is released; empty if it did not.
[[nodiscard]] inline std::string ort_failure(OrtStatus* status) {
  if (status == nullptr) return {};
  std::string message = ort().GetErrorMessage(status);
  ort().ReleaseStatus(status);
  return message.empty() ? "failed" : message;
}

/// @throws std::runtime_error with what ONNX Runtime says, in one line, if a call failed
inline void ort_expect(const std::string& whose, OrtStatus* status) {
  const std::string failure = ort_failure(status);
  if (!failure.empty()) EINET_THROW(std::runtime_error(whose + ": " + failure.substr(0, failure.find('\n'))));
}

struct OrtRelease {
  void operator()(OrtEnv* one) const noexcept { ort().ReleaseEnv(one); }
  void operator()(OrtSession* one) const noexcept { ort().ReleaseSession(one); }
  void operator()(OrtSessionOptions* one) const noexcept { ort().ReleaseSessionOptions(one); }
  void operator()(OrtRunOptions* one) const noexcept { ort().ReleaseRunOptions(one); }
  void operator()(OrtIoBinding* one) const noexcept { ort().ReleaseIoBinding(one); }
  void operator()(OrtMemoryInfo* one) const noexcept { ort().ReleaseMemoryInfo(one); }
  void operator()(OrtTypeInfo* one) const noexcept { ort().ReleaseTypeInfo(one); }
  void operator()(OrtValue* one) const noexcept { ort().ReleaseValue(one); }
};

template <class T>
using OrtOwned = std::unique_ptr<T, OrtRelease>;

/// What `call(&pointer)` makes.
template <class T, class Call>
[[nodiscard]] OrtOwned<T> ort_made(const std::string& whose, const Call& call) {
  T* made = nullptr;
  ort_expect(whose, call(&made));
  return OrtOwned<T>(made);
}

/// A map of floats that a part reads or writes.
struct OnnxMap {
  std::string name;
  std::vector<std::int64_t> shape;  ///< batch 1

  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>{}));
  }
  [[nodiscard]] std::string shape_text() const {
    std::string text;
    for (const std::int64_t side : shape) text += (text.empty() ? "" : "x") + std::to_string(side);
    return text;
  }
};

class OnnxSession {
 public:
  /// @throws std::runtime_error naming the file, and the map whose shape is not fixed or that is not of
  /// floats
  OnnxSession(const OrtEnv& env, const std::filesystem::path& path, const OnnxSessionOptions& options)
      : path_(path.string()) {
    const auto settings = ort_made<OrtSessionOptions>(
        path_, [](OrtSessionOptions** made) { return ort().CreateSessionOptions(made); });
    ort_expect(path_, ort().SetIntraOpNumThreads(settings.get(), options.threads));
    ort_expect(path_, ort().SetSessionGraphOptimizationLevel(settings.get(), ORT_ENABLE_ALL));
    session_ = ort_made<OrtSession>(path_, [&](OrtSession** made) {
      return ort().CreateSession(&env, path.c_str(), settings.get(), made);
    });
    std::size_t count = 0;
    ort_expect(path_, ort().SessionGetInputCount(get(), &count));
    for (std::size_t i = 0; i < count; ++i)
      inputs_.push_back(map(i, ort().SessionGetInputName, ort().SessionGetInputTypeInfo));
    ort_expect(path_, ort().SessionGetOutputCount(get(), &count));
    for (std::size_t i = 0; i < count; ++i)
      outputs_.push_back(map(i, ort().SessionGetOutputName, ort().SessionGetOutputTypeInfo));
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] OrtSession* get() const noexcept { return session_.get(); }
  [[nodiscard]] const std::vector<OnnxMap>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] const std::vector<OnnxMap>& outputs() const noexcept { return outputs_; }

 private:
  template <class GetName, class GetType>
  [[nodiscard]] OnnxMap map(std::size_t index, GetName get_name, GetType get_type) const {
    OrtAllocator* allocator = nullptr;
    ort_expect(path_, ort().GetAllocatorWithDefaultOptions(&allocator));
    char* name = nullptr;
    ort_expect(path_, get_name(get(), index, allocator, &name));
    OnnxMap map{name, {}};
    ort_expect(path_, ort().AllocatorFree(allocator, name));

    const std::string whose = path_ + ": '" + map.name + "'";
    const auto type =
        ort_made<OrtTypeInfo>(whose, [&](OrtTypeInfo** made) { return get_type(get(), index, made); });
    const OrtTensorTypeAndShapeInfo* tensor = nullptr;  // part of the type
    ort_expect(whose, ort().CastTypeInfoToTensorInfo(type.get(), &tensor));
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    if (tensor != nullptr) ort_expect(whose, ort().GetTensorElementType(tensor, &element));
    if (element != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
      EINET_THROW(std::runtime_error(whose + " is not a tensor of 32-bit floats"));
    std::size_t dimensions = 0;
    ort_expect(whose, ort().GetDimensionsCount(tensor, &dimensions));
    map.shape.resize(dimensions);
    ort_expect(whose, ort().GetDimensions(tensor, map.shape.data(), dimensions));
    if (dimensions > 0 && map.shape[0] == -1) map.shape[0] = 1;  // any batch
    for (const std::int64_t side : map.shape)
      if (side < 1) EINET_THROW(std::runtime_error(whose + " has no fixed shape"));
    return map;
  }

  std::string path_;
  OrtOwned<OrtSession> session_;
  std::vector<OnnxMap> inputs_, outputs_;
};

}  // namespace detail

}  // namespace einet::engines
