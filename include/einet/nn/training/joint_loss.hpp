#pragma once
// The loss of all exits together, and what training may ask of them beside the label: softer targets, mixed
// images, and later exits that teach earlier ones.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/training/softmax.hpp>

#include <algorithm>
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

/// What exits are trained towards. The defaults are the labels alone.
struct LossOptions {
  /// Share of every target that is spread evenly over all classes, in [0, 1] (Szegedy et al. 2016).
  float smoothing = 0.f;
  /// Share of the targets of all exits but the last that is what the last one answers, in [0, 1]. No gradient
  /// flows through it.
  float distillation = 0.f;
  bool equilibrium = false;  ///< of gradients, see equilibrium.hpp
};

/// Images that are mixtures of two (mixup, Zhang et al. 2018): `share` of the first has the labels, the rest
/// has `second`.
struct MixedLabels {
  std::span<const std::int32_t> second{};  ///< [batch], or empty where no images are mixed
  float share = 1.f;                       ///< in [0, 1]
};

namespace detail {

inline void expect_classes(std::span<const std::int32_t> labels, std::size_t classes) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] < 0 || static_cast<std::size_t>(labels[i]) >= classes)
      einet::detail::refuse("training", {"labels", i}, einet::detail::number(labels[i]),
                            "0 to " + einet::detail::number(classes - 1));
}

/// targets [batch][classes] that sum to 1 for each image.
inline void write_targets(std::span<float> targets, std::size_t classes, std::span<const std::int32_t> labels,
                          const MixedLabels& mixed, float smoothing) {
  std::fill(targets.begin(), targets.end(), smoothing / static_cast<float>(classes));
  const float sharp = 1.f - smoothing, share = mixed.second.empty() ? 1.f : mixed.share;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    targets[i * classes + static_cast<std::size_t>(labels[i])] += sharp * share;
    if (!mixed.second.empty())
      targets[i * classes + static_cast<std::size_t>(mixed.second[i])] += sharp * (1.f - share);
  }
}

}  // namespace detail

/// The joint loss of a batch, and its gradient with respect to every exit's scores. Keeps memory between
/// calls.
class JointObjective {
 public:
  explicit JointObjective(const LossOptions& options = {}) : options_(options) {
    const auto share = [](const char* field, float value) {
      einet::detail::expect(value >= 0.f && value <= 1.f, "LossOptions", field, value, "0 to 1");
    };
    share("smoothing", options.smoothing);
    share("distillation", options.distillation);
  }

  [[nodiscard]] const LossOptions& options() const noexcept { return options_; }

  /// @param scores scores(exit): [batch][classes]; asked only of exits whose weight is not 0
  /// @param gradients one per exit; those of exits of weight 0 become empty
  /// @throws std::invalid_argument if a label is not a class, or a mixture cannot be
  template <class Scores>
  JointLoss operator()(std::size_t classes, const Scores& scores, std::span<const std::int32_t> labels,
                       const MixedLabels& mixed, std::span<const float> weights,
                       std::vector<AlignedVector<float>>& gradients) {
    const std::size_t exits = weights.size(), size = labels.size() * classes;
    detail::expect_classes(labels, classes);
    detail::expect_classes(mixed.second, classes);
    einet::detail::expect(mixed.second.empty() || mixed.second.size() == labels.size(), "training",
                          "second.size()", mixed.second.size(), "as many as there are labels, or none");
    einet::detail::expect(mixed.share >= 0.f && mixed.share <= 1.f, "training", "share", mixed.share,
                          "0 to 1");
    gradients.resize(exits);
    const bool plain = options_.smoothing == 0.f && mixed.second.empty();
    const bool taught = options_.distillation > 0.f && exits > 1 && weights[exits - 1] != 0.f;
    if (!plain || taught) {
      targets_.resize(size);
      detail::write_targets(targets_, classes, labels, mixed, options_.smoothing);
    }
    if (taught) {
      taught_.resize(size);
      const std::span<const float> teacher = scores(exits - 1);
      for (std::size_t i = 0; i < size; i += classes)
        softmax(teacher.subspan(i, classes), std::span<float>(taught_).subspan(i, classes));
      for (std::size_t i = 0; i < size; ++i)
        taught_[i] = options_.distillation * taught_[i] + (1.f - options_.distillation) * targets_[i];
    }
    JointLoss result;
    for (std::size_t exit = 0; exit < exits; ++exit) {
      if (weights[exit] == 0.f) {
        gradients[exit].clear();
        result.correct.push_back(0);
        continue;
      }
      gradients[exit].resize(size);
      const std::span<const float> own = scores(exit);
      const CrossEntropy loss =
          taught && exit + 1 < exits
              ? cross_entropy(own, classes, labels, taught_, weights[exit], gradients[exit])
          : plain ? cross_entropy(own, classes, labels, weights[exit], gradients[exit])
                  : cross_entropy(own, classes, labels, targets_, weights[exit], gradients[exit]);
      result.loss += static_cast<double>(weights[exit]) * loss.loss;
      result.correct.push_back(loss.correct);
    }
    return result;
  }

 private:
  LossOptions options_;
  std::vector<float> targets_, taught_;
};

}  // namespace einet::nn
