// A whole network in one session of ONNX Runtime.

#include "network/rivals.hpp"

#include <einet/engines/onnxruntime_session.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>

#include <onnxruntime_c_api.h>

namespace einet::bench {

namespace {

using engines::detail::OnnxMap;
using engines::detail::ort;
using engines::detail::ort_expect;
using engines::detail::ort_made;
using engines::detail::OrtOwned;

class Session {
 public:
  Session(const std::filesystem::path& file, std::span<float> image)
      : env_(ort_made<OrtEnv>(
            "ONNX Runtime",
            [](OrtEnv** made) { return ort().CreateEnv(ORT_LOGGING_LEVEL_ERROR, "bench", made); })),
        session_(*env_, file, {.threads = 1}) {
    const OnnxMap& input = session_.inputs().front();
    if (session_.inputs().size() != 1 || input.size() != image.size())
      throw std::runtime_error(file.string() + ": reads another image than the network");
    add(input, image.data(), names_in_, in_);
    for (const OnnxMap& output : session_.outputs()) size_ += output.size();
    scores_.resize(size_);
    float* to = scores_.data();
    for (const OnnxMap& output : session_.outputs()) {
      add(output, to, names_out_, out_);
      to += output.size();
    }
  }

  void run() {
    ort_expect(session_.path(), ort().Run(session_.get(), nullptr, names_in_.data(), in_.data(), in_.size(),
                                          names_out_.data(), out_.size(), out_.data()));
  }
  [[nodiscard]] const std::vector<float>& scores() const noexcept { return scores_; }

 private:
  template <class Value>
  void add(const OnnxMap& map, float* data, std::vector<const char*>& names, std::vector<Value>& values) {
    const auto place = ort_made<OrtMemoryInfo>("ONNX Runtime", [](OrtMemoryInfo** made) {
      return ort().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, made);
    });
    owned_.push_back(ort_made<OrtValue>(map.name, [&](OrtValue** made) {
      return ort().CreateTensorWithDataAsOrtValue(place.get(), data, map.size() * sizeof(float),
                                                  map.shape.data(), map.shape.size(),
                                                  ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, made);
    }));
    names.push_back(map.name.c_str());
    values.push_back(owned_.back().get());
  }

  OrtOwned<OrtEnv> env_;
  engines::detail::OnnxSession session_;
  std::size_t size_ = 0;
  std::vector<float> scores_;
  std::vector<OrtOwned<OrtValue>> owned_;
  std::vector<const char*> names_in_, names_out_;
  std::vector<const OrtValue*> in_;
  std::vector<OrtValue*> out_;
};

}  // namespace

NetworkRival onnxruntime_rival(const std::filesystem::path& file, std::span<float> image) {
  const auto session = std::make_shared<Session>(file, image);
  return {"ONNX Runtime", [session] { session->run(); }, [session] { return session->scores(); }, false};
}

std::string onnxruntime_title() {
  return std::string("ONNX Runtime ") + OrtGetApiBase()->GetVersionString();
}

}  // namespace einet::bench
