#pragma once
// LibTorch behind the blocks: TorchScript modules as conv parts and branches, on the processor.
// examples/pytorch/torchscript.py writes them. LibTorch cannot be stopped within a module: a stop waits for
// the end of the part that is running.

#include <einet/base/assert.hpp>
#include <einet/engines/part_files.hpp>
#include <einet/run/answer.hpp>

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>  // at::set_num_threads
#include <torch/script.h>

namespace einet::engines {

/// What one conv part hands to the next, and to the branch.
struct TorchFeatures {
  std::vector<c10::IValue> maps;  ///< tensors, as arguments of the modules

  /// Starts on an image, [1][channels][height][width]; its memory must stay until the first block has run.
  void load(const at::Tensor& image) { maps.assign(1, image); }
};

/// A conv part and the branch at its end, for K classes. A module takes all maps of the features as arguments
/// and returns a tensor, or a tuple of them. What the modules throw (c10::Error) reaches the caller of the
/// run. One run at a time. LibTorch uses as many threads as at::set_num_threads() says.
template <std::size_t K>
class TorchBlock {
 public:
  /// @param conv none where the features go on unchanged, as before a backbone's own classifier
  /// @param branch returns K scores before softmax
  TorchBlock(std::optional<torch::jit::Module> conv, torch::jit::Module branch)
      : conv_(std::move(conv)), branch_(std::move(branch)) {}

  void advance(TorchFeatures& features) {
    if (!conv_) return;
    const c10::InferenceMode inference;
    const c10::IValue out = conv_->forward(std::move(features.maps));
    if (out.isTensor()) {
      features.maps.assign(1, out);
    } else if (out.isTuple()) {
      features.maps = out.toTuple()->elements().vec();
    } else {
      EINET_THROW(std::runtime_error("a TorchScript conv part returns " + out.tagKind() +
                                     ", expected a Tensor or a Tuple of them"));
    }
  }

  /// @throws std::runtime_error if the branch does not return K numbers
  [[nodiscard]] Scores<K> classify(const TorchFeatures& features) {
    const at::Tensor scores = logits(features);
    return softmax_scores<K>(std::span<const float, K>{scores.template data_ptr<float>(), K});
  }

  /// The scores before softmax: K floats without gaps.
  [[nodiscard]] at::Tensor logits(const TorchFeatures& features) {
    const c10::InferenceMode inference;
    const c10::IValue out = branch_.forward(features.maps);
    if (!out.isTensor() || out.toTensor().numel() != static_cast<std::int64_t>(K))
      EINET_THROW(std::runtime_error(
          "a TorchScript branch returns " +
          (out.isTensor() ? std::to_string(out.toTensor().numel()) + " numbers" : out.tagKind()) +
          ", expected " + std::to_string(K)));
    return out.toTensor().to(at::kFloat).contiguous();
  }

 private:
  std::optional<torch::jit::Module> conv_;
  torch::jit::Module branch_;
};

namespace detail {

/// Ready for inference: batch norms folded, weights constant.
[[nodiscard]] inline torch::jit::Module load_torch_module(const std::filesystem::path& path) {
  try {
    torch::jit::Module module = torch::jit::load(path.string(), c10::kCPU);
    if (!module.hasattr("training")) return module;  // it is frozen
    module.eval();
    return torch::jit::freeze(module);
  } catch (const c10::Error& error) {
    // The message goes on with a back trace.
    const std::string text = error.what_without_backtrace();
    EINET_THROW(std::runtime_error(path.string() + ": " + text.substr(0, text.find('\n'))));
  }
}

}  // namespace detail

/// The blocks whose parts lie in `folder`, as conv1.pt, branch1.pt and so on (see `part_files`).
/// @throws std::runtime_error naming the file that cannot be loaded, or is missing
template <std::size_t K>
[[nodiscard]] std::vector<TorchBlock<K>> load_torch_blocks(const std::filesystem::path& folder) {
  std::vector<TorchBlock<K>> blocks;
  for (const PartFiles& files : part_files(folder, "pt")) {
    std::optional<torch::jit::Module> conv;
    if (files.conv) conv = detail::load_torch_module(*files.conv);
    blocks.emplace_back(std::move(conv), detail::load_torch_module(files.branch));
  }
  return blocks;
}

}  // namespace einet::engines
