#pragma once
// The loss of all exits together.

#include <einet/base/aligned.hpp>
#include <einet/nn/training/softmax.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace einet::nn {

/// The loss of one batch.
struct JointLoss {
  double loss = 0.;                  ///< Σ weight of the exit · mean cross entropy of the exit
  std::vector<std::size_t> correct;  ///< images classified correctly, per exit; 0 where the weight is 0
};

/// The joint loss of a batch, and its gradient with respect to every exit's scores.
/// @param scores scores(exit): [batch][classes]; asked only of exits whose weight is not 0
/// @param weights one per exit
/// @param gradients will be one per exit, [batch][classes], empty where the weight is 0
/// @throws std::invalid_argument if a label is not a class and an exit has a weight
template <class Scores>
JointLoss joint_loss(std::size_t classes, const Scores& scores, std::span<const std::int32_t> labels,
                     std::span<const float> weights, std::vector<AlignedVector<float>>& gradients) {
  gradients.resize(weights.size());
  JointLoss result;
  for (std::size_t exit = 0; exit < weights.size(); ++exit) {
    if (weights[exit] == 0.f) {
      gradients[exit].clear();
      result.correct.push_back(0);
      continue;
    }
    gradients[exit].resize(labels.size() * classes);
    const CrossEntropy own = cross_entropy(scores(exit), classes, labels, weights[exit], gradients[exit]);
    result.loss += static_cast<double>(weights[exit]) * own.loss;
    result.correct.push_back(own.correct);
  }
  return result;
}

}  // namespace einet::nn
