#pragma once
// A backbone with exits: blocks of a conv part and the branch at its end, trained jointly.

#include <einet/base/expect.hpp>
#include <einet/nn/parallel.hpp>
#include <einet/nn/sequential.hpp>
#include <einet/nn/softmax.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet::nn {

/// A conv part (may be empty) and the branch that classifies its features.
struct Block {
  Sequential conv;
  Sequential branch;
};

/// The loss of one batch.
struct JointLoss {
  double loss = 0.;                  ///< Σ weight of the exit · mean cross entropy of the exit
  std::vector<std::size_t> correct;  ///< images classified correctly, per exit; 0 where the weight is 0
};

/// A network with one exit per block. Runs whole batches; only one thread may use it at a time.
struct MultiExitNetwork {
  Shape input;
  std::size_t classes = 0;
  std::vector<Block> blocks;

  [[nodiscard]] std::size_t exits() const noexcept { return blocks.size(); }

  /// Throws std::invalid_argument naming block and layer if shapes do not fit one another, the input or the
  /// number of classes.
  void validate() const;

  /// Runs every conv part and every branch on images [batch][input].
  void forward(const Tensor& images, const Pass& pass) {
    forward(images, pass, [](std::size_t) { return true; });
  }

  /// Scores (logits) [batch][1][1][classes] of an exit, from the last forward.
  [[nodiscard]] const Tensor& scores(std::size_t exit) const noexcept { return blocks[exit].branch.result(); }

  /// Computes the gradients of all parameters from those with respect to every exit's scores; the gradients
  /// from the branches add up in the backbone. An exit whose gradient is empty is left out. Precondition:
  /// images and pass are those of the last forward, pass.training.
  void backward(const Tensor& images, std::span<const Tensor> score_gradients, const Pass& pass);

  /// A forward and a backward pass over the joint loss with a weight per exit; branches of weight 0 are not
  /// run, and their gradients are 0. Throws std::invalid_argument for a wrong number of weights or labels, or
  /// a label that is not a class.
  JointLoss differentiate(const Tensor& images, std::span<const std::int32_t> labels,
                          std::span<const float> weights, const Pass& pass);

  /// f(const Parameter&) for every array, named blocks.<k>.<conv or branch>.<layer>.<name>, with its
  /// gradient.
  template <class F>
  void for_each_trained(F&& f) const {
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      const std::string prefix = "blocks." + std::to_string(k) + ".";
      blocks[k].conv.for_each_parameter(prefix + "conv.", f);
      blocks[k].branch.for_each_parameter(prefix + "branch.", f);
    }
  }

  /// f(const std::string& name, std::span<const std::size_t> shape, std::span<float> values) for every array
  /// that must be saved and loaded, running statistics included.
  template <class F>
  void for_each_parameter(F&& f) {
    for_each_trained([&](const Parameter& p) { f(p.name, std::span<const std::size_t>(p.shape), p.values); });
  }
  /// The same with std::span<const float> values.
  template <class F>
  void for_each_parameter(F&& f) const {
    for_each_trained([&](const Parameter& p) {
      f(p.name, std::span<const std::size_t>(p.shape), std::span<const float>(p.values));
    });
  }

 private:
  template <class Wanted>
  void forward(const Tensor& images, const Pass& pass, Wanted wanted) {
    const Tensor* features = &images;
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      features = &blocks[k].conv.forward(*features, pass.part(2 * k));
      if (wanted(k)) blocks[k].branch.forward(*features, pass.part(2 * k + 1));
    }
  }

  static void clear_gradients(Sequential& part) {
    part.for_each_parameter("", [](const Parameter& parameter) {
      std::fill(parameter.gradient.begin(), parameter.gradient.end(), 0.f);
    });
  }

  [[nodiscard]] const Tensor& features(std::size_t block, const Tensor& images) const noexcept {
    for (std::size_t k = block + 1; k-- > 0;) {
      if (!blocks[k].conv.empty()) return blocks[k].conv.result();
    }
    return images;
  }
};

inline void MultiExitNetwork::validate() const {
  einet::detail::expect(!blocks.empty(), "network", "blocks.size()", blocks.size(), "at least 1");
  Shape shape = input;
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    const std::string block = "network: block " + std::to_string(k);
    const char* part = ", conv part, ";
    Shape scores;
    try {
      shape = blocks[k].conv.output(shape);
      part = ", branch, ";
      scores = blocks[k].branch.output(shape);
    } catch (const std::invalid_argument& error) {
      EINET_THROW(std::invalid_argument(block + part + error.what()));
    }
    if (blocks[k].branch.empty() || scores != Shape{1, 1, classes}) {
      EINET_THROW(std::invalid_argument(block + ", branch, yields " + detail::text(scores) + ", expected " +
                                        detail::text({1, 1, classes}) + " for " + std::to_string(classes) +
                                        " classes"));
    }
  }
}

inline void MultiExitNetwork::backward(const Tensor& images, std::span<const Tensor> score_gradients,
                                       const Pass& pass) {
  EINET_ASSERT(score_gradients.size() == blocks.size());
  const auto scratch = [&](const Tensor& like, int slot) {
    return &pass.workspace->gradient(like.shape(0), image_shape(like), slot);
  };
  // Slots 0 and 1 belong to the chains; 2 and 3 alternate between blocks; 4 is a branch's share.
  Tensor* down = nullptr;
  int side = 2;
  for (std::size_t k = blocks.size(); k-- > 0;) {
    const Tensor& map = features(k, images);
    if (score_gradients[k].size() == 0) {
      clear_gradients(blocks[k].branch);
    } else {
      Tensor* share = &map == &images ? nullptr : scratch(map, down == nullptr ? side : 4);
      blocks[k].branch.backward(map, score_gradients[k], share, pass.part(2 * k + 1));
      if (share == nullptr) continue;
      if (down == nullptr) {
        down = share;
      } else {
        detail::parallel_add(down->data(), share->data(), share->size());
      }
    }
    if (down == nullptr) clear_gradients(blocks[k].conv);
    if (down == nullptr || blocks[k].conv.empty()) continue;
    side = 5 - side;
    const Tensor& below = k == 0 ? images : features(k - 1, images);
    Tensor* next = &below == &images ? nullptr : scratch(below, side);
    blocks[k].conv.backward(below, *down, next, pass.part(2 * k));
    down = next;
  }
}

inline JointLoss MultiExitNetwork::differentiate(const Tensor& images, std::span<const std::int32_t> labels,
                                                 std::span<const float> weights, const Pass& pass) {
  einet::detail::expect(weights.size() == exits(), "network", "weights.size()", weights.size(),
                        einet::detail::number(exits()) + " as there are exits");
  forward(images, pass, [&](std::size_t exit) { return weights[exit] != 0.f; });
  std::vector<Tensor>& gradients = pass.workspace->score_gradients(exits());
  JointLoss result;
  for (std::size_t k = 0; k < exits(); ++k) {
    if (weights[k] == 0.f) {
      resize(gradients[k], 0, {0, 0, 0});
      result.correct.push_back(0);
      continue;
    }
    const CrossEntropy exit = cross_entropy(scores(k), labels, weights[k], gradients[k]);
    result.loss += static_cast<double>(weights[k]) * exit.loss;
    result.correct.push_back(exit.correct);
  }
  backward(images, gradients, pass);
  return result;
}

}  // namespace einet::nn
