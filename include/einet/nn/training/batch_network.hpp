#pragma once
// A graph run over whole batches, forward and backward, for training and evaluation.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/random_bits.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/kernels/large_memory.hpp>
#include <einet/nn/kernels/partial_sums.hpp>
#include <einet/nn/training/equilibrium.hpp>
#include <einet/nn/training/joint_loss.hpp>
#include <einet/nn/training/tbb_workers.hpp>
#include <einet/nn/training/tensor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// How a batch is run.
struct Pass {
  bool training = false;   ///< batch statistics and dropout, or running statistics and none
  std::uint64_t seed = 0;  ///< of the random numbers of this step
  /// Conv parts run as in evaluation, and have gradients of 0.
  bool branches_alone = false;
};

/// How the gradients of exits are put together.
struct GradientOptions {
  bool equilibrium = false;  ///< see equilibrium.hpp
};

/// Keeps the maps of one batch and the gradients of all parameters. Results do not depend on the number of
/// threads. Refers to the graph, which must not change; one thread at a time may use it.
class BatchNetwork {
 public:
  /// Throws std::invalid_argument if the graph has no exit.
  explicit BatchNetwork(Graph& graph, std::unique_ptr<Workers> workers = std::make_unique<TbbWorkers>(),
                        GradientOptions options = {})
      : graph_(&graph),
        workers_(std::move(workers)),
        maps_(graph.layers()),
        kept_(graph.layers()),
        gradients_(graph.layers(), nullptr) {
    find_needs();
    find_absorbed();
    if (options.equilibrium) equilibrium_.emplace(graph);
    for (std::size_t index = 1; index < graph.layers(); ++index) {
      std::vector<AlignedVector<float>>& own = parameter_gradients_.emplace_back();
      if (!needed_[index]) continue;
      kept_[index].resize(graph.layer(index).kept());
      for (const Parameter& parameter : graph.layer(index).parameters())
        if (parameter.trained) own.emplace_back(parameter.weights->size());
    }
  }

  [[nodiscard]] Graph& graph() const noexcept { return *graph_; }
  [[nodiscard]] std::size_t exits() const noexcept { return graph_->exits(); }
  [[nodiscard]] std::size_t classes() const noexcept { return graph_->classes(); }

  /// Runs all exits on images [batch][image].
  void forward(const Tensor& images, const Pass& pass = {}) { forward(images, pass, needed_); }

  /// Scores (logits) [batch][classes] of an exit, from the last pass that ran it.
  [[nodiscard]] std::span<const float> scores(std::size_t exit) const noexcept {
    return maps_[graph_->scores(exit)];
  }

  /// Computes the gradients of all parameters from those with respect to every exit's scores,
  /// [batch][classes]. An exit whose gradient is empty is left out. Precondition: the last forward was in
  /// training, on `images`.
  void backward(const Tensor& images, std::span<const AlignedVector<float>> score_gradients) {
    std::fill(gradients_.begin(), gradients_.end(), nullptr);  // what a pass left that threw
    if (equilibrium_)
      equilibrium_->set_trained([&](std::size_t exit) { return !score_gradients[exit].empty(); });
    for (std::size_t exit = 0; exit < exits(); ++exit) {
      if (score_gradients[exit].empty()) continue;
      const std::size_t index = graph_->scores(exit);
      const AlignedVector<float>& given = score_gradients[exit];
      LargeVector* const own = take(given.size());
      std::copy(given.begin(), given.end(), own->begin());
      if (equilibrium_) multiply(*own, equilibrium_->of_scores(index));
      if (gradients_[index] == nullptr) {
        gradients_[index] = own;
      } else {
        detail::add_all(*workers_, gradients_[index]->data(), own->data(), own->size());
        give_back(own);
      }
    }
    for (std::size_t index = graph_->layers(); --index > 0;) {
      if (needed_[index] && !absorbed_[index]) backward_layer(images, index);
    }
  }

  /// A forward and a backward pass over the joint loss with a weight per exit; what only exits of weight 0
  /// need is not run, and its gradients are 0. Throws std::invalid_argument for a wrong number of weights or
  /// labels, or a label that is not a class.
  JointLoss differentiate(const Tensor& images, std::span<const std::int32_t> labels,
                          std::span<const float> weights, const Pass& pass) {
    einet::detail::expect(weights.size() == exits(), "network", "weights.size()", weights.size(),
                          einet::detail::number(exits()) + " as there are exits");
    einet::detail::expect(labels.size() == images.shape(0), "network", "labels.size()", labels.size(),
                          einet::detail::number(images.shape(0)) + " as there are images");
    std::vector<bool> wanted(graph_->layers(), false);
    for (std::size_t exit = 0; exit < exits(); ++exit) {
      if (weights[exit] == 0.f) continue;
      for (std::size_t index = 0; index < wanted.size(); ++index)
        wanted[index] = wanted[index] || needs_[exit][index];
    }
    forward(images, {true, pass.seed, pass.branches_alone}, wanted);
    const auto scores_of = [this](std::size_t exit) { return scores(exit); };
    JointLoss result = joint_loss(classes(), scores_of, labels, weights, score_gradients_);
    backward(images, score_gradients_);
    return result;
  }

  /// f(const Parameter&, std::span<float> gradient, bool in_branch) for every trained array.
  template <class F>
  void for_each_trained(F&& f) {
    for (std::size_t index = 1; index < graph_->layers(); ++index) {
      if (!needed_[index]) continue;
      std::size_t at = 0;
      for (Parameter& parameter : graph_->layer(index).parameters()) {
        if (!parameter.trained) continue;
        parameter.name = graph_->name(index) + "." + parameter.name;
        f(std::as_const(parameter), std::span<float>(parameter_gradients_[index - 1][at++]), !conv_[index]);
      }
    }
  }

  [[nodiscard]] Workers& workers() noexcept { return *workers_; }

 private:
  void find_needs() {
    conv_.assign(graph_->layers(), false);
    for (const BlockLayers& block : graph_->blocks())  // refuses a graph without exits
      for (const std::size_t layer : block.conv) conv_[layer] = true;
    needed_.assign(graph_->layers(), false);
    for (std::size_t exit = 0; exit < exits(); ++exit) {
      std::vector<bool>& need = needs_.emplace_back(graph_->layers(), false);
      need[graph_->scores(exit)] = true;
      for (std::size_t index = graph_->layers(); --index > 0;) {
        if (!need[index]) continue;
        needed_[index] = true;
        for (const std::size_t input : graph_->inputs(index)) need[input] = true;
      }
    }
  }

  void find_absorbed() {
    target_.resize(graph_->layers());
    absorbed_.assign(graph_->layers(), false);
    std::vector<std::size_t> readers(graph_->layers(), 0);
    for (std::size_t exit = 0; exit < exits(); ++exit) ++readers[graph_->scores(exit)];
    for (std::size_t index = 1; index < graph_->layers(); ++index) {
      target_[index] = index;
      if (!needed_[index]) continue;
      for (const std::size_t input : graph_->inputs(index)) ++readers[input];
    }
    for (std::size_t index = 1; index < graph_->layers(); ++index) {
      if (!needed_[index] || graph_->inputs(index).size() != 1) continue;
      const std::size_t before = graph_->inputs(index)[0];
      if (before == 0 || readers[before] != 1 || absorbed_[before]) continue;
      if (!graph_->layer(before).absorbs(graph_->layer(index))) continue;
      absorbed_[index] = true;
      target_[before] = index;
    }
  }

  void multiply(LargeVector& gradient, float factor) {
    if (factor == 1.f) return;
    workers_->pieces(gradient.size(), 16384, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) gradient[i] *= factor;
    });
  }

  /// Whether this pass leaves a layer as it is.
  [[nodiscard]] bool frozen(std::size_t index) const noexcept { return branches_alone_ && conv_[index]; }

  /// The layer whose work a pass of `index` does besides, if any.
  [[nodiscard]] const Layer* absorbed_by(std::size_t index) const noexcept {
    return target_[index] == index ? nullptr : &graph_->layer(target_[index]);
  }

  [[nodiscard]] BatchView view(const Tensor& images, std::size_t index) const noexcept {
    return {index == 0 ? images.data() : maps_[index].data(), graph_->shape(index)};
  }

  [[nodiscard]] std::vector<BatchView> inputs_of(const Tensor& images, std::size_t index) const {
    std::vector<BatchView> inputs;
    for (const std::size_t input : graph_->inputs(index)) inputs.push_back(view(images, input));
    return inputs;
  }

  void forward(const Tensor& images, const Pass& pass, const std::vector<bool>& wanted) {
    if (image_shape(images) != graph_->image())
      detail::refuse_input("network", image_shape(images), detail::text(graph_->image()));
    branches_alone_ = pass.branches_alone;
    const std::size_t batch = images.shape(0);
    for (std::size_t index = 1; index < graph_->layers(); ++index) {
      if (!wanted[index] || absorbed_[index]) continue;
      const std::size_t target = target_[index];
      const Shape shape = graph_->shape(target);
      maps_[target].resize(batch * shape.size());
      const std::vector<BatchView> inputs = inputs_of(images, index);
      const bool training = pass.training && !frozen(index);
      graph_->layer(index).forward({batch, inputs, maps_[target].data(), shape, training,
                                    random_bits(pass.seed, index), workers_.get(), absorbed_by(index),
                                    kept_[index]});
    }
    seed_ = pass.seed;
  }

  void backward_layer(const Tensor& images, std::size_t index) {
    std::vector<AlignedVector<float>>& own = parameter_gradients_[index - 1];
    const std::size_t target = target_[index];
    LargeVector* gradient = std::exchange(gradients_[target], nullptr);
    if (gradient != nullptr && frozen(index)) {
      give_back(gradient);
      gradient = nullptr;
    }
    if (gradient == nullptr) {
      for (AlignedVector<float>& array : own) std::fill(array.begin(), array.end(), 0.f);
      return;
    }
    const std::size_t batch = images.shape(0);
    const std::vector<BatchView> inputs = inputs_of(images, index);
    std::vector<float*> to;
    std::vector<std::pair<LargeVector*, std::size_t>> shares;
    for (const std::size_t input : graph_->inputs(index)) {
      if (input == 0 || frozen(input)) {
        to.push_back(nullptr);
        continue;
      }
      LargeVector* const share = take(batch * graph_->shape(input).size());
      to.push_back(share->data());
      shares.emplace_back(share, input);
    }
    const std::vector<std::span<float>> parameters(own.begin(), own.end());
    graph_->layer(index).backward({batch, inputs, maps_[target].data(), gradient->data(),
                                   graph_->shape(target), to, parameters, random_bits(seed_, index),
                                   workers_.get(), absorbed_by(index), kept_[index]});
    for (const auto& [share, input] : shares) {
      if (equilibrium_) multiply(*share, equilibrium_->of(target, input));
      if (gradients_[input] == nullptr) {
        gradients_[input] = share;
      } else {
        detail::add_all(*workers_, gradients_[input]->data(), share->data(), share->size());
        give_back(share);
      }
    }
    give_back(gradient);
  }

  /// A buffer of exactly that size, of any content.
  [[nodiscard]] LargeVector* take(std::size_t size) {
    std::vector<LargeVector*>& free = free_[size];
    if (free.empty()) return buffers_.emplace_back(std::make_unique<LargeVector>(size)).get();
    LargeVector* const buffer = free.back();
    free.pop_back();
    return buffer;
  }
  void give_back(LargeVector* buffer) { free_[buffer->size()].push_back(buffer); }

  Graph* graph_;
  std::unique_ptr<Workers> workers_;
  std::optional<GradientEquilibrium> equilibrium_{};
  std::vector<std::vector<bool>> needs_;  // [exit][layer]
  std::vector<bool> needed_;              // by any exit
  std::vector<bool> conv_;                // of a conv part, not of a branch
  std::vector<bool> absorbed_;            // computed by the layer before
  std::vector<std::size_t> target_;       // the layer whose map a layer writes: its own, or one it absorbs
  std::vector<LargeVector> maps_;
  std::vector<AlignedVector<float>> kept_;  // [layer], between a forward pass and its backward pass
  std::vector<std::vector<AlignedVector<float>>> parameter_gradients_;  // [layer - 1][trained parameter]
  std::vector<LargeVector*> gradients_;  // of the maps, while they are collected
  std::vector<std::unique_ptr<LargeVector>> buffers_;
  std::map<std::size_t, std::vector<LargeVector*>> free_;
  std::vector<AlignedVector<float>> score_gradients_;
  std::uint64_t seed_ = 0;
  bool branches_alone_ = false;
};

}  // namespace einet::nn
