#include "../../catch.hpp"
#include "../small_network.hpp"

#include <einet/nn/training/joint_loss.hpp>
#include <einet/nn/training/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

using namespace einet;

namespace {

constexpr std::size_t batch = 6, classes = 4, exits = 3;
const std::vector<std::int32_t> labels{3, 0, 1, 1, 2, 0}, second{0, 2, 1, 1, 0, 3};

std::vector<std::vector<float>> random_scores() {
  std::vector<std::vector<float>> scores(exits, std::vector<float>(batch * classes));
  for (std::size_t k = 0; k < exits; ++k)
    for (std::size_t i = 0; i < scores[k].size(); ++i) scores[k][i] = nn::random_normal(k + 1, i);
  return scores;
}

std::vector<double> probabilities(std::span<const float> scores) {
  std::vector<double> p(scores.begin(), scores.end());
  for (double& value : p) value = std::exp(value);
  const double sum = std::accumulate(p.begin(), p.end(), 0.);
  for (double& value : p) value /= sum;
  return p;
}

/// The definition: Σ weight · mean over images of −Σ target · log probability.
double defined_loss(const std::vector<std::vector<float>>& scores, const std::vector<float>& weights,
                    const nn::LossOptions& options, const nn::MixedLabels& mixed,
                    const std::vector<std::vector<float>>& teacher) {
  double loss = 0;
  for (std::size_t k = 0; k < exits; ++k)
    for (std::size_t i = 0; i < batch; ++i) {
      const auto row = [&](const auto& of) { return std::span(of).subspan(i * classes, classes); };
      const auto answer = probabilities(row(teacher.back())), own = probabilities(row(scores[k]));
      for (std::size_t c = 0; c < classes; ++c) {
        const auto hot = [&](std::int32_t label) { return static_cast<std::size_t>(label) == c ? 1. : 0.; };
        const double share = mixed.second.empty() ? 1. : static_cast<double>(mixed.share);
        double target = share * hot(labels[i]);
        if (!mixed.second.empty()) target += (1 - share) * hot(mixed.second[i]);
        const double smoothing = static_cast<double>(options.smoothing);
        target = smoothing / classes + (1 - smoothing) * target;
        const double taught = k + 1 < exits ? static_cast<double>(options.distillation) : 0;
        target = taught * answer[c] + (1 - taught) * target;
        loss -= static_cast<double>(weights[k]) * target * std::log(own[c]) / static_cast<double>(batch);
      }
    }
  return loss;
}

}  // namespace

TEST_CASE("the joint loss and its gradient are those of the definition, whatever is asked for",
          "[nn][joint_loss]") {
  const std::vector<nn::LossOptions> asked{
      {}, {.smoothing = .2f}, {.distillation = .6f}, {.smoothing = .1f, .distillation = 1.f}};
  const std::vector<nn::MixedLabels> mixtures{{}, {second, .7f}, {second, 1.f}};
  const std::vector<float> weights{.5f, 2.f, 1.f};
  for (std::size_t o = 0; o < asked.size(); ++o)
    for (std::size_t m = 0; m < mixtures.size(); ++m) {
      CAPTURE(o, m);
      auto scores = random_scores();
      const auto teacher = scores;
      nn::JointObjective objective(asked[o]);
      std::vector<AlignedVector<float>> gradients;
      const auto of = [&](std::size_t k) { return std::span<const float>(scores[k]); };
      const auto found = objective(classes, of, labels, mixtures[m], weights, gradients);
      CHECK_THAT(found.loss,
                 test::WithinRel(defined_loss(scores, weights, asked[o], mixtures[m], teacher), 1e-5));
      for (std::size_t k = 0; k < exits; ++k) {
        std::size_t correct = 0;
        for (std::size_t i = 0; i < batch; ++i)
          correct += nn::predicted_class(of(k).subspan(i * classes, classes)) == labels[i] ? 1 : 0;
        CHECK(found.correct[k] == correct);
        for (std::size_t i = 0; i < scores[k].size(); ++i) {
          const float kept = scores[k][i];
          const auto loss_at = [&](float value) {
            scores[k][i] = value;
            return defined_loss(scores, weights, asked[o], mixtures[m], teacher);
          };
          const double slope = (loss_at(kept + .01f) - loss_at(kept - .01f)) / .02;
          scores[k][i] = kept;
          CHECK_THAT(static_cast<double>(gradients[k][i]), test::WithinAbs(slope, 1e-4));
        }
      }
    }
}

TEST_CASE("exits of weight 0 are not asked for scores, not even the teacher", "[nn][joint_loss]") {
  const auto scores = random_scores();
  std::vector<std::size_t> asked;
  const auto of = [&](std::size_t k) {
    asked.push_back(k);
    return std::span<const float>(scores[k]);
  };
  nn::JointObjective objective({.distillation = .5f});
  std::vector<AlignedVector<float>> gradients;
  const auto found = objective(classes, of, labels, {}, std::vector<float>{0.f, 1.f, 0.f}, gradients);
  CHECK(asked == std::vector<std::size_t>{1});
  CHECK((gradients[0].empty() && !gradients[1].empty() && gradients[2].empty()));
  CHECK((found.correct[0] == 0 && found.correct[2] == 0));
}

TEST_CASE("shares outside 0 to 1 and labels that are no classes are refused", "[nn][joint_loss]") {
  for (const float bad : {-.1f, 1.1f, std::numeric_limits<float>::quiet_NaN()}) {
    CHECK_THROWS_WITH(nn::JointObjective({.smoothing = bad}), test::ContainsSubstring("smoothing"));
    CHECK_THROWS_WITH(nn::JointObjective({.distillation = bad}), test::ContainsSubstring("distillation"));
  }
  const auto scores = random_scores();
  const auto of = [&](std::size_t k) { return std::span<const float>(scores[k]); };
  nn::JointObjective objective;
  std::vector<AlignedVector<float>> gradients;
  const std::vector<float> weights(exits, 1.f);
  std::vector<std::int32_t> wrong = labels;
  wrong[4] = classes;
  CHECK_THROWS_WITH(objective(classes, of, wrong, {}, weights, gradients),
                    test::ContainsSubstring("labels[4]"));
  CHECK_THROWS_WITH(objective(classes, of, labels, {wrong, .5f}, weights, gradients),
                    test::ContainsSubstring("labels[4]"));
  const std::span<const std::int32_t> fewer = std::span(second).first(batch - 1);
  CHECK_THROWS_WITH(objective(classes, of, labels, {fewer, .5f}, weights, gradients),
                    test::ContainsSubstring("second.size()"));
  CHECK_THROWS_WITH(objective(classes, of, labels, {second, 1.5f}, weights, gradients),
                    test::ContainsSubstring("share"));
}
