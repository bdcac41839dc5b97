#pragma once
// ONNX Runtime behind the blocks: every conv part and branch is a file of its own, as
// `examples/pytorch/export.py --split` writes them, and is wired to the others by the names of its inputs and
// outputs. A stop is heeded between two operators of a file:
//
//   const engines::OnnxNetwork<10> network{"parts"};
//   auto features = network.make_features();
//   features.load(image);
//   const auto cancel = engines::cancelled_by(stop, features);
//   runner.run(features, stop);

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/engines/onnxruntime_session.hpp>
#include <einet/engines/part_files.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/stop.hpp>
#include <einet/run/stop_callback.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <onnxruntime_c_api.h>

namespace einet::engines {

namespace detail {

/// The files of a network and how they are wired: which of all maps each reads and writes. Map 0 is the
/// image.
struct OnnxParts {
  struct Part {
    OnnxSession session;
    std::vector<std::size_t> inputs{}, outputs{};
  };

  OrtOwned<OrtEnv> env;  // outlives the sessions
  std::vector<Part> parts{};
  std::vector<OnnxMap> maps{};
};

}  // namespace detail

/// All memory of one run, and how it is cancelled. One run at a time for each object.
class OnnxFeatures {
 public:
  /// Made by OnnxNetwork::make_features().
  explicit OnnxFeatures(std::shared_ptr<const detail::OnnxParts> parts)
      : parts_(std::move(parts)),
        options_(detail::ort_made<OrtRunOptions>(
            "ONNX Runtime", [](OrtRunOptions** made) { return detail::ort().CreateRunOptions(made); })),
        cancelled_(std::make_unique<std::atomic<bool>>(false)) {
    const auto place = detail::ort_made<OrtMemoryInfo>("ONNX Runtime", [](OrtMemoryInfo** made) {
      return detail::ort().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, made);
    });
    for (const detail::OnnxMap& map : parts_->maps) {
      AlignedVector<float>& memory = memory_.emplace_back(map.size());
      values_.push_back(detail::ort_made<OrtValue>(map.name, [&](OrtValue** made) {
        return detail::ort().CreateTensorWithDataAsOrtValue(
            place.get(), memory.data(), memory.size() * sizeof(float), map.shape.data(), map.shape.size(),
            ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, made);
      }));
    }
    for (const detail::OnnxParts::Part& part : parts_->parts) {
      const std::string& path = part.session.path();
      OrtIoBinding* const binding = bindings_
                                        .emplace_back(detail::ort_made<OrtIoBinding>(
                                            path,
                                            [&](OrtIoBinding** made) {
                                              return detail::ort().CreateIoBinding(part.session.get(), made);
                                            }))
                                        .get();
      const auto bind = [&](auto call, const std::vector<detail::OnnxMap>& maps,
                            const std::vector<std::size_t>& at) {
        for (std::size_t i = 0; i < at.size(); ++i)
          detail::ort_expect(path, call(binding, maps[i].name.c_str(), values_[at[i]].get()));
      };
      bind(detail::ort().BindInput, part.session.inputs(), part.inputs);
      bind(detail::ort().BindOutput, part.session.outputs(), part.outputs);
    }
  }

  /// Starts on another image, [channels][height][width] as the model takes it, whatever happened to the
  /// previous one. No `cancel()` may come at the same time.
  /// @pre as many values as the model's input
  void load(std::span<const float> image) noexcept {
    EINET_ASSERT(image.size() == memory_.front().size());
    std::copy(image.begin(), image.end(), memory_.front().begin());
    if (cancelled_->exchange(false))
      static_cast<void>(detail::ort_failure(detail::ort().RunOptionsUnsetTerminate(options_.get())));
  }

  /// Ends the part that is running after its current operator, and those that follow before their first. To
  /// be called from any thread, but not from a signal handler.
  void cancel() noexcept {
    cancelled_->store(true);
    static_cast<void>(detail::ort_failure(detail::ort().RunOptionsSetTerminate(options_.get())));
  }
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_->load(); }

  /// Runs a file; false if it was cancelled. @throws std::runtime_error if it failed
  bool run(std::size_t part) const {
    OrtSession* const session = parts_->parts[part].session.get();
    const std::string failure =
        detail::ort_failure(detail::ort().RunWithBinding(session, options_.get(), bindings_[part].get()));
    if (failure.empty()) return true;
    if (cancelled()) return false;
    EINET_THROW(std::runtime_error(parts_->parts[part].session.path() + ": " + failure));
  }

  [[nodiscard]] std::span<const float> map(std::size_t index) const noexcept { return memory_[index]; }

 private:
  std::shared_ptr<const detail::OnnxParts> parts_;
  detail::OrtOwned<OrtRunOptions> options_;
  std::unique_ptr<std::atomic<bool>> cancelled_;  // so that features move
  std::vector<AlignedVector<float>> memory_;      // of the maps
  std::vector<detail::OrtOwned<OrtValue>> values_;
  std::vector<detail::OrtOwned<OrtIoBinding>> bindings_;  // of the parts
};

/// While the result lives, `stop` cancels the features as soon as it comes (see StopCallback: for a stop that
/// cannot call, a thread waits or polls).
template <pollable_stop Stop>
[[nodiscard]] auto cancelled_by(const Stop& stop, OnnxFeatures& features) {
  return StopCallback{stop, [&features]() noexcept { features.cancel(); }};
}

/// A conv part and the branch at its end, for K classes. Both return early once the features are cancelled.
/// What ONNX Runtime refuses is thrown as std::runtime_error.
template <std::size_t K>
class OnnxBlock {
 public:
  /// @param conv, branch numbers of files; @param scores of the map that the branch writes
  OnnxBlock(std::optional<std::size_t> conv, std::size_t branch, std::size_t scores) noexcept
      : conv_(conv), branch_(branch), scores_(scores) {}

  void advance(OnnxFeatures& features) const { advance(features, never_stop{}); }
  template <pollable_stop Stop>
  bool advance(OnnxFeatures& features, const Stop&) const {
    return !conv_ || features.run(*conv_);
  }

  [[nodiscard]] Scores<K> classify(const OnnxFeatures& features) const {
    return classify(features, never_stop{}).value_or(Scores<K>{});
  }
  template <pollable_stop Stop>
  [[nodiscard]] std::optional<Scores<K>> classify(const OnnxFeatures& features, const Stop&) const {
    const float* const found = logits(features);
    if (found == nullptr) return std::nullopt;
    return softmax_scores<K>(std::span<const float, K>{found, K});
  }

  /// The K scores before softmax, valid until the branch runs again; null if the features are cancelled.
  [[nodiscard]] const float* logits(const OnnxFeatures& features) const {
    return features.run(branch_) ? features.map(scores_).data() : nullptr;
  }

 private:
  std::optional<std::size_t> conv_;
  std::size_t branch_, scores_;
};

/// The blocks of a network with K classes. Immutable: threads may share it, each with its own features.
template <std::size_t K>
class OnnxNetwork {
 public:
  using value_type = OnnxBlock<K>;

  /// The parts that lie in `folder`, as conv1.onnx, branch1.onnx and so on (see `part_files`). A part reads
  /// the image or what any conv part before it writes, by name.
  /// @throws std::runtime_error naming file and map
  explicit OnnxNetwork(const std::filesystem::path& folder, const OnnxSessionOptions& options = {}) {
    detail::OnnxParts parts{detail::ort_made<OrtEnv>("ONNX Runtime", [](OrtEnv** made) {
      return detail::ort().CreateEnv(ORT_LOGGING_LEVEL_FATAL, "einet", made);
    })};
    for (const PartFiles& files : part_files(folder, "onnx")) {
      std::optional<std::size_t> conv_part;
      if (files.conv) {
        conv_part = add(parts, *files.conv, options);
        check_names(parts);
      }
      const std::size_t branch_part = add(parts, files.branch, options);
      const std::vector<detail::OnnxMap>& made = parts.parts.back().session.outputs();
      if (made.size() != 1 || made.front().size() != K)
        fail(files.branch.string(), "writes " +
                                        (made.size() != 1 ? std::to_string(made.size()) + " maps"
                                                          : made.front().shape_text() + " scores") +
                                        ", expected " + std::to_string(K) + " scores");
      parts.maps.back().name.clear();  // nobody else reads scores
      blocks_.emplace_back(conv_part, branch_part, parts.maps.size() - 1);
    }
    parts_ = std::make_shared<const detail::OnnxParts>(std::move(parts));
  }

  [[nodiscard]] const value_type& operator[](std::size_t exit) const noexcept { return blocks_[exit]; }
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }
  /// Shape of the image, batch first.
  [[nodiscard]] const std::vector<std::int64_t>& input() const noexcept { return parts_->maps.front().shape; }

  /// The memory for one run at a time.
  [[nodiscard]] OnnxFeatures make_features() const { return OnnxFeatures(parts_); }

 private:
  [[noreturn]] static void fail(const std::string& path, const std::string& complaint) {
    EINET_THROW(std::runtime_error(path + ": " + complaint));
  }

  /// Opens a file and wires its inputs.
  static std::size_t add(detail::OnnxParts& to, const std::filesystem::path& path,
                         const OnnxSessionOptions& options) {
    detail::OnnxParts::Part part{detail::OnnxSession(*to.env, path, options)};
    for (const detail::OnnxMap& input : part.session.inputs()) {
      const auto found = std::ranges::find(to.maps, input.name, &detail::OnnxMap::name);
      const auto index = static_cast<std::size_t>(found - to.maps.begin());
      if (found == to.maps.end()) {
        if (index > 0) fail(path.string(), "reads '" + input.name + "', which no conv part before it writes");
        to.maps.push_back(input);  // the image
      } else if (found->shape != input.shape) {
        fail(path.string(),
             "reads '" + input.name + "' as " + input.shape_text() + ", it is " + found->shape_text());
      }
      part.inputs.push_back(index);
    }
    for (const detail::OnnxMap& output : part.session.outputs()) {
      part.outputs.push_back(to.maps.size());
      to.maps.push_back(output);
    }
    to.parts.push_back(std::move(part));
    return to.parts.size() - 1;
  }

  /// What the last part writes must have names of its own, or later parts would read one for another.
  static void check_names(const detail::OnnxParts& parts) {
    for (const std::size_t output : parts.parts.back().outputs) {
      const std::string& name = parts.maps[output].name;
      if (std::ranges::count(parts.maps, name, &detail::OnnxMap::name) > 1)
        fail(parts.parts.back().session.path(), "writes '" + name + "', which is the name of another map");
    }
  }

  std::shared_ptr<const detail::OnnxParts> parts_;
  std::vector<value_type> blocks_;
};

}  // namespace einet::engines
