#include "../../catch.hpp"
#include "../../fixture_file.hpp"

#include <einet/nn/training/random.hpp>
#include <einet/nn/training/softmax.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

using namespace einet;
using test::difference;

TEST_CASE("softmax and cross entropy equal PyTorch's", "[nn][softmax][pytorch]") {
  const test::FixtureFile fixture("nn", "cross_entropy");
  const std::vector<float>& scores = fixture["scores"].values;
  std::vector<float> gradient(scores.size());
  const nn::CrossEntropy result = nn::cross_entropy(scores, 5, fixture.labels("labels"), .3f, gradient);
  CHECK_THAT(result.loss, test::WithinRel(static_cast<double>(fixture["loss"].values[0]), 1e-5));
  CHECK(difference(gradient, fixture["gradient"].values) < 1e-6);
  std::vector<float> probabilities(5);
  std::size_t correct = 0;
  for (std::size_t i = 0; i < 7; ++i) {
    const auto row = std::span(scores).subspan(5 * i, 5);
    nn::softmax(row, probabilities);
    CHECK(difference(probabilities, std::span(fixture["probabilities"].values).subspan(5 * i, 5)) < 1e-6);
    correct += nn::predicted_class(row) == fixture.labels("labels")[i] ? 1 : 0;
  }
  CHECK(result.correct == correct);
}

TEST_CASE("cross entropy's gradient agrees with finite differences", "[nn][softmax]") {
  std::vector<float> scores(12), gradient(12), unused(12);
  for (std::size_t i = 0; i < 12; ++i) scores[i] = nn::random_normal(5, i);
  const std::vector<std::int32_t> labels{2, 0, 3};
  nn::cross_entropy(scores, 4, labels, 1.f, gradient);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const float kept = scores[i];
    scores[i] = kept + .01f;
    const double up = nn::cross_entropy(scores, 4, labels, 1.f, unused).loss;
    scores[i] = kept - .01f;
    const double down = nn::cross_entropy(scores, 4, labels, 1.f, unused).loss;
    scores[i] = kept;
    CHECK_THAT((up - down) / .02, test::WithinAbs(static_cast<double>(gradient[i]), 1e-4));
  }
}

TEST_CASE("scores that would overflow an exponential are handled", "[nn][softmax]") {
  std::vector<float> scores{1000.f, -1000.f, 999.f};
  std::vector<float> probabilities(3);
  nn::softmax(scores, probabilities);
  CHECK_THAT(probabilities[0], test::WithinRel(.7310586f, 1e-5f));
  CHECK(probabilities[1] == 0.f);
  CHECK(nn::predicted_class(scores) == 0);
  nn::softmax(scores, scores);  // in place
  CHECK(scores == probabilities);
}

TEST_CASE("a score that is not a number shows in the loss and in the gradient", "[nn][softmax]") {
  for (std::size_t at = 0; at < 3; ++at) {
    std::vector<float> scores{1.f, 2.f, 3.f}, gradient(3);
    scores[at] = std::numeric_limits<float>::quiet_NaN();
    for (const std::int32_t label : {0, 1, 2}) {
      CHECK(std::isnan(nn::cross_entropy(scores, 3, std::vector<std::int32_t>{label}, 1.f, gradient).loss));
      for (const float slope : gradient) CHECK(std::isnan(slope));
    }
  }
}

TEST_CASE("cross entropy refuses labels that are not classes", "[nn][softmax]") {
  const std::vector<float> scores(6);
  std::vector<float> gradient(6);
  CHECK_THROWS_WITH(nn::cross_entropy(scores, 3, std::vector<std::int32_t>{0, 3}, 1.f, gradient),
                    test::ContainsSubstring("labels[1] is 3, expected 0 to 2"));
  CHECK_THROWS_WITH(nn::cross_entropy(scores, 3, std::vector<std::int32_t>{-1, 2}, 1.f, gradient),
                    test::ContainsSubstring("labels[0] is -1"));
}
