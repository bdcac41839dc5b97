#include "../../catch.hpp"

#include <einet/nn/training/joint_loss.hpp>
#include <einet/nn/training/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

using namespace einet;

namespace {

constexpr std::size_t batch = 6, classes = 4, exits = 3;
const std::vector<std::int32_t> labels{3, 0, 1, 1, 2, 0};

std::vector<std::vector<float>> random_scores() {
  std::vector<std::vector<float>> scores(exits, std::vector<float>(batch * classes));
  for (std::size_t k = 0; k < exits; ++k)
    for (std::size_t i = 0; i < scores[k].size(); ++i) scores[k][i] = nn::random_normal(k + 1, i);
  return scores;
}

/// The definition: Σ weight · mean over images of −log probability of the label.
double defined_loss(const std::vector<std::vector<float>>& scores, const std::vector<float>& weights) {
  double loss = 0;
  for (std::size_t k = 0; k < exits; ++k)
    for (std::size_t i = 0; i < batch; ++i) {
      const auto row = std::span(scores[k]).subspan(i * classes, classes);
      const double sum = std::accumulate(row.begin(), row.end(), 0., [](double so_far, float score) {
        return so_far + std::exp(static_cast<double>(score));
      });
      const double own = static_cast<double>(row[static_cast<std::size_t>(labels[i])]);
      loss += static_cast<double>(weights[k]) * (std::log(sum) - own) / static_cast<double>(batch);
    }
  return loss;
}

}  // namespace

TEST_CASE("the joint loss and its gradient are those of the definition", "[nn][joint_loss]") {
  const std::vector<float> weights{.5f, 2.f, 1.f};
  auto scores = random_scores();
  std::vector<AlignedVector<float>> gradients;
  const auto of = [&](std::size_t k) { return std::span<const float>(scores[k]); };
  const auto found = nn::joint_loss(classes, of, labels, weights, gradients);
  CHECK_THAT(found.loss, test::WithinRel(defined_loss(scores, weights), 1e-5));
  for (std::size_t k = 0; k < exits; ++k) {
    std::size_t correct = 0;
    for (std::size_t i = 0; i < batch; ++i) {
      const auto row = of(k).subspan(i * classes, classes);
      const std::size_t best =
          static_cast<std::size_t>(std::max_element(row.begin(), row.end()) - row.begin());
      correct += best == static_cast<std::size_t>(labels[i]) ? 1 : 0;
    }
    CHECK(found.correct[k] == correct);
    for (std::size_t i = 0; i < scores[k].size(); ++i) {
      const float kept = scores[k][i];
      const auto loss_at = [&](float value) {
        scores[k][i] = value;
        return defined_loss(scores, weights);
      };
      const double slope = (loss_at(kept + .01f) - loss_at(kept - .01f)) / .02;
      scores[k][i] = kept;
      CHECK_THAT(static_cast<double>(gradients[k][i]), test::WithinAbs(slope, 1e-4));
    }
  }
}

TEST_CASE("exits of weight 0 are not asked for scores", "[nn][joint_loss]") {
  const auto scores = random_scores();
  std::vector<std::size_t> asked;
  const auto of = [&](std::size_t k) {
    asked.push_back(k);
    return std::span<const float>(scores[k]);
  };
  std::vector<AlignedVector<float>> gradients(exits, AlignedVector<float>(batch * classes, 1.f));
  const auto found = nn::joint_loss(classes, of, labels, std::vector<float>{0.f, 1.f, 0.f}, gradients);
  CHECK(asked == std::vector<std::size_t>{1});
  CHECK((gradients[0].empty() && !gradients[1].empty() && gradients[2].empty()));
  CHECK((found.correct[0] == 0 && found.correct[2] == 0));
}

TEST_CASE("labels that are no classes are refused", "[nn][joint_loss]") {
  const auto scores = random_scores();
  const auto of = [&](std::size_t k) { return std::span<const float>(scores[k]); };
  std::vector<AlignedVector<float>> gradients;
  const std::vector<float> weights(exits, 1.f);
  for (const std::int32_t bad : {-1, static_cast<std::int32_t>(classes)}) {
    std::vector<std::int32_t> wrong = labels;
    wrong[4] = bad;
    CHECK_THROWS_WITH(nn::joint_loss(classes, of, wrong, weights, gradients),
                      test::ContainsSubstring("labels[4]"));
  }
}
