#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"

#include <einet/nn/softmax.hpp>

using namespace einet;
using test::difference;

TEST_CASE("softmax and cross entropy equal PyTorch's", "[nn][softmax][pytorch]") {
  const test::Fixture fixture("cross_entropy");
  const nn::Tensor scores = fixture.tensor("scores");
  nn::Tensor gradient;
  const nn::CrossEntropy result = nn::cross_entropy(scores, fixture.labels("labels"), .3f, gradient);
  CHECK_THAT(result.loss, test::WithinRel(static_cast<double>(fixture["loss"].values[0]), 1e-5));
  CHECK(difference(gradient, fixture.tensor("gradient")) < 1e-6);
  std::vector<float> probabilities(5);
  for (std::size_t i = 0; i < 7; ++i) {
    nn::softmax(test::values(scores).subspan(5 * i, 5), probabilities);
    CHECK(difference(probabilities, std::span(fixture["probabilities"].values).subspan(5 * i, 5)) < 1e-6);
  }
}

TEST_CASE("cross entropy's gradient agrees with finite differences", "[nn][softmax]") {
  nn::Tensor scores = test::random_tensor(3, {1, 1, 4}, 5);
  const std::vector<std::int32_t> labels{2, 0, 3};
  nn::Tensor gradient;
  nn::Tensor unused;
  nn::cross_entropy(scores, labels, 1.f, gradient);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const float kept = scores.data()[i];
    scores.data()[i] = kept + .01f;
    const double up = nn::cross_entropy(scores, labels, 1.f, unused).loss;
    scores.data()[i] = kept - .01f;
    const double down = nn::cross_entropy(scores, labels, 1.f, unused).loss;
    scores.data()[i] = kept;
    CHECK_THAT((up - down) / .02, test::WithinAbs(static_cast<double>(gradient.data()[i]), 1e-4));
  }
}

TEST_CASE("scores that would overflow an exponential are handled", "[nn][softmax]") {
  const std::vector<float> scores{1000.f, -1000.f, 999.f};
  std::vector<float> probabilities(3);
  nn::softmax(scores, probabilities);
  CHECK_THAT(probabilities[0], test::WithinRel(.7310586f, 1e-5f));
  CHECK(probabilities[1] == 0.f);
  CHECK(nn::predicted_class(scores) == 0);
}

TEST_CASE("cross entropy refuses labels that are not classes, or too few", "[nn][softmax]") {
  const nn::Tensor scores = test::random_tensor(2, {1, 1, 3}, 1);
  nn::Tensor gradient;
  CHECK_THROWS_WITH(nn::cross_entropy(scores, std::vector<std::int32_t>{0, 3}, 1.f, gradient),
                    test::ContainsSubstring("labels[1] is 3, expected 0 to 2"));
  CHECK_THROWS_WITH(nn::cross_entropy(scores, std::vector<std::int32_t>{-1, 2}, 1.f, gradient),
                    test::ContainsSubstring("labels[0] is -1"));
  CHECK_THROWS_WITH(nn::cross_entropy(scores, std::vector<std::int32_t>{1}, 1.f, gradient),
                    test::ContainsSubstring("labels.size() is 1, expected 2"));
}
