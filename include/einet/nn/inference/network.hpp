#pragma once
// A graph made ready for elastic inference at batch 1 on one thread: its blocks model the core's block
// concept, so it can be handed to ElasticRunner.

#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/compiled_graph.hpp>
#include <einet/nn/inference/elastic_block.hpp>
#include <einet/nn/inference/features.hpp>
#include <einet/nn/inference/kernel_choice.hpp>
#include <einet/nn/inference/maps.hpp>

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

// Without flags for the processor, kernels are those of its first ancestor. Said once for each translation
// unit; not a warning, which might be an error.
#if (defined(__x86_64__) || defined(__i386__)) && !(defined(__AVX2__) && defined(__FMA__)) && \
    !defined(EINET_NO_BASELINE_NOTE)
#pragma message(                                                                                              \
    "einet's kernels are compiled without AVX2 and FMA, two to four times slower than with -march=native or " \
    "-march=x86-64-v3; einet::dispatched chooses when the program runs; -DEINET_NO_BASELINE_NOTE hides this note")
#endif

namespace einet::nn {

/// The blocks of a network with K classes, or `any_classes`. Immutable: threads may share it, each with its
/// own `Features`.
/// @tparam Use `Maps::kept` for PipelinedRunner: the same outputs to the last bit, in more memory
template <std::size_t K, Maps Use = Maps::shared>
class InferenceNetwork {
 public:
  using value_type = ElasticBlock<K, Use>;

  /// Packs the weights of `graph` as they are now. Throws std::invalid_argument if the graph has no exit or
  /// not K classes, or if a kernel that is given does not suit.
  explicit InferenceNetwork(const Graph& graph, const InferenceOptions& options = {}) {
    compile(graph, options, [](std::size_t) {});
  }
  /// The same, and takes the graph: the memory of each layer's weights is given back once they are packed, so
  /// that they are not in memory twice.
  explicit InferenceNetwork(Graph&& graph, const InferenceOptions& options = {}) {
    Graph taken = std::move(graph);
    compile(taken, options, [&](std::size_t layer) {
      for (const Parameter& parameter : taken.layer(layer).parameters()) parameter.weights->release();
    });
  }

  [[nodiscard]] const std::vector<value_type>& blocks() const noexcept { return blocks_; }
  [[nodiscard]] const value_type& operator[](std::size_t exit) const noexcept { return blocks_[exit]; }
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }
  [[nodiscard]] std::size_t classes() const noexcept { return blocks_.front().classes(); }
  /// Shape of the images.
  [[nodiscard]] Shape input() const noexcept { return image_.shape; }
  /// The kernels of its convolutions and linear layers, in the order in which they run; those that
  /// `InferenceOptions::make_conv` made are not among them.
  [[nodiscard]] const std::vector<ChosenKernel>& conv_kernels() const noexcept { return kernels_; }

  /// The memory for one run at a time.
  [[nodiscard]] Features make_features() const { return Features{image_, maps_, scratch_, branch_scratch_}; }

 private:
  void compile(const Graph& graph, const InferenceOptions& options, const LayerPacked& packed) {
    static_cast<void>(graph.blocks());  // refuses a graph without exits
    einet::detail::expect(K == any_classes || graph.classes() == K, "inference network", "classes",
                          graph.classes(), einet::detail::number(K));
    CompiledGraph compiled{.use = Use};
    (options.compile != nullptr ? options.compile : compile_graph)(graph, options, packed, compiled);
    image_ = compiled.image;
    maps_ = compiled.maps;
    scratch_ = compiled.scratch;
    branch_scratch_ = compiled.branch_scratch;
    kernels_ = std::move(compiled.kernels);
    for (std::size_t k = 0; k < compiled.scores.size(); ++k)
      blocks_.emplace_back(std::move(compiled.parts[2 * k]), std::move(compiled.parts[2 * k + 1]),
                           compiled.scores[k]);
  }

  Place image_;
  std::size_t maps_ = 0;
  std::size_t scratch_ = 0;
  std::size_t branch_scratch_ = 0;  // if it is not the same
  std::vector<value_type> blocks_;
  std::vector<ChosenKernel> kernels_;
};

}  // namespace einet::nn
