#include "catch.hpp"
#include "executors.hpp"
#include "paper/cs_reference.hpp"
#include "predict/samples.hpp"

#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

using einet::CsTrainerOptions;
using einet::test::ContainsSubstring;

template <std::size_t N>
using Samples = std::vector<std::array<float, N>>;

/// Confidences that a predictor can learn: each sample has an ease, and exits follow it with noise.
template <std::size_t N>
Samples<N> easy_and_hard(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> share(0.f, 1.f);
  std::normal_distribution<float> noise(0.f, .05f);
  Samples<N> samples(count);
  for (auto& sample : samples) {
    const float ease = share(random);
    for (std::size_t k = 0; k < N; ++k)
      sample[k] = std::clamp(ease * (.6f + .4f * static_cast<float>(k) / N) + noise(random), 0.f, 1.f);
  }
  return samples;
}

template <std::size_t N>
std::span<const std::array<float, N>> view(const Samples<N>& samples) {
  return samples;
}

TEST_CASE("training predicts far better than the mean and than carrying forward", "[predict][cs_trainer]") {
  constexpr std::size_t n = 4;
  const auto fitted = easy_and_hard<n>(600, 41), held = easy_and_hard<n>(300, 42);
  CsTrainerOptions options;
  options.epochs = 25;
  options.batch = 32;
  const auto fit = einet::train_cs_predictor<16>(view<n>(fitted), options);
  REQUIRE(fit.history.size() <= 25);
  CHECK(fit.history[fit.best_epoch].validation < fit.history.front().validation);
  for (const auto& epoch : fit.history) CHECK(epoch.validation >= fit.history[fit.best_epoch].validation);
  einet::CsPredictor<n, 16> predictor(fit.parameters);
  double learnt = 0, mean = 0, carried = 0;
  for (const auto& sample : held)
    for (const std::size_t first : {0u, 1u, 2u}) {  // starting late is a skip
      predictor.reset();
      for (std::size_t k = first; k + 1 < n; ++k) {
        predictor.observe(k, std::span<const float, 1>(&sample[k], 1));
        for (std::size_t i = k + 1; i < n; ++i) {
          learnt += std::pow(static_cast<double>(predictor.confidences()[i] - sample[i]), 2);
          mean += std::pow(static_cast<double>(fit.parameters.means[i] - sample[i]), 2);
          carried += std::pow(static_cast<double>(sample[k] - sample[i]), 2);
        }
      }
    }
  CHECK(learnt < .15 * mean);
  CHECK(learnt < .5 * carried);
}

TEST_CASE("the means after reset are those of the fitting set", "[predict][cs_trainer]") {
  const Samples<2> samples{{0.f, 1.f}, {1.f, 1.f}, {.5f, 1.f}, {0.f, 1.f}};
  CsTrainerOptions options;
  options.epochs = 1;
  options.initial = .25f;
  const auto fit = einet::train_cs_predictor<4>(view<2>(samples), options);
  CHECK(fit.parameters.means == std::array<float, 2>{.375f, 1.f});
  CHECK(fit.parameters.initial[0] == .25f);
}

TEST_CASE("the same seed gives the same weights, another seed others", "[predict][cs_trainer]") {
  const auto samples = easy_and_hard<4>(80, 51);
  CsTrainerOptions options;
  options.epochs = 3;
  const auto first = einet::train_cs_predictor<16>(view<4>(samples), options);
  CHECK(einet::train_cs_predictor<16>(view<4>(samples), options).parameters == first.parameters);
  options.seed = 2;
  CHECK_FALSE(einet::train_cs_predictor<16>(view<4>(samples), options).parameters == first.parameters);
}

TEST_CASE("the caller may end training, and so does a long time without a better epoch",
          "[predict][cs_trainer]") {
  const auto samples = easy_and_hard<4>(60, 52);
  CsTrainerOptions options;
  options.epochs = 10;
  std::vector<std::size_t> epochs;
  const auto stopped = einet::train_cs_predictor<16>(
      view<4>(samples), options, [&](std::size_t epoch, double training, double validation) {
        CHECK(training > 0);
        CHECK(validation > 0);
        epochs.push_back(epoch);
        return epoch < 2;
      });
  CHECK(epochs == std::vector<std::size_t>{0, 1, 2});
  CHECK(stopped.history.size() == 3);

  // Pure noise: soon nothing gets better.
  std::mt19937 random(53);
  options.epochs = 2000;
  options.patience = 3;
  const auto idle = einet::train_cs_predictor<16>(view<4>(einet::test::random_rows<4>(60, random)), options);
  CHECK(idle.history.size() == idle.best_epoch + 4);
}

TEST_CASE("a network of one exit has nothing to predict, and two samples are enough",
          "[predict][cs_trainer]") {
  const Samples<1> single{{.25f}, {.75f}};
  const auto fit = einet::train_cs_predictor<4>(view<1>(single));
  CHECK(fit.history.empty());
  CHECK(fit.parameters.means == std::array<float, 1>{.5f});
  CsTrainerOptions options;
  options.epochs = 2;
  const Samples<2> two{{0.f, .5f}, {1.f, 1.f}};
  CHECK(einet::train_cs_predictor<4>(view<2>(two), options).history.size() == 2);
}

TEST_CASE("samples that cannot be trained on are refused by name", "[predict][cs_trainer]") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const auto refused = [](const Samples<2>& samples, einet::Target target = einet::Target::confidence) {
    CsTrainerOptions options;
    options.epochs = 1;
    options.target = target;
    std::string text = "accepted";
    try {
      (void)einet::train_cs_predictor<4>(view<2>(samples), options);
    } catch (const std::invalid_argument& error) {
      text = error.what();
    }
    return text;
  };
  CHECK(refused({{0.f, 1.f}, {1.f, 1.f}}) == "accepted");
  CHECK_THAT(refused({{0.f, 1.f}}), ContainsSubstring("count is 1, expected at least 2"));
  CHECK_THAT(refused({{0.f, 1.f}, {0.f, nan}}), ContainsSubstring("inputs[1][1][0] is nan"));
  CHECK_THAT(refused({{-.5f, 1.f}, {0.f, 0.f}}), ContainsSubstring("inputs[0][0][0]"));
  CHECK_THAT(refused({{0.f, 1.f}, {1.f, 1.f}}, einet::Target::correctness),
             ContainsSubstring("correct.size() is 0"));
  CsTrainerOptions none;
  none.epochs = 0;
  const Samples<2> sound{{0.f, 1.f}, {1.f, 1.f}};
  CHECK_THROWS_WITH((void)einet::train_cs_predictor<4>(view<2>(sound), none),
                    ContainsSubstring("epochs is 0"));
}

TEST_CASE("the weights are the same, bit for bit, with any executor", "[predict][cs_trainer]") {
  const auto samples = easy_and_hard<4>(80, 54);
  CsTrainerOptions options;
  options.epochs = 3;
  options.dropout = .1f;
  const auto serial = einet::train_cs_predictor<70>(view<4>(samples), options);
  const auto shared = einet::train_cs_predictor<70>(view<4>(samples), options, einet::NoProgress{},
                                                    einet::test::BackwardsTwice{});
  CHECK(shared.parameters == serial.parameters);
}

TEST_CASE("trained for correctness, the outputs are probabilities of being right, even the newest answer's",
          "[predict][cs_trainer]") {
  constexpr std::size_t n = 4;
  std::mt19937 random(55);
  const auto fitted = einet::test::random_samples<n>(1500, random),
             held = einet::test::random_samples<n>(1000, random);
  CsTrainerOptions options;
  options.target = einet::Target::correctness;
  options.epochs = 15;
  const auto fit = einet::train_cs_predictor<16>(fitted.view(), options);
  CHECK(fit.parameters.predicted() == einet::Target::correctness);
  CHECK(fit.parameters.means == target_means(fitted.view(), einet::Target::correctness));
  einet::CsPredictor<n, 16> predictor(fit.parameters);
  double learnt = 0, mean = 0, confidence = 0, in_hand = 0, mean_in_hand = 0;
  for (std::size_t s = 0; s < held.inputs.size(); ++s) {
    predictor.reset();
    for (std::size_t k = s % 2; k < n; ++k) {
      predictor.observe(k, held.inputs[s][k]);
      for (std::size_t i = k; i < n; ++i) {
        const double right = held.correct[s][i] ? 1 : 0;
        const double off = static_cast<double>(predictor.confidences()[i]) - right;
        const double mean_off = static_cast<double>(fit.parameters.means[i]) - right;
        learnt += off * off;
        mean += mean_off * mean_off;
        confidence += std::pow(static_cast<double>(held.inputs[s][k][0]) - right, 2);
        if (i == k) {
          in_hand += off * off;
          mean_in_hand += mean_off * mean_off;
        }
      }
    }
  }
  CHECK(learnt < .95 * mean);
  CHECK(learnt < confidence);
  CHECK(in_hand < .95 * mean_in_hand);
}

TEST_CASE("a learning rate that makes the weights explode is reported, not returned",
          "[predict][cs_trainer]") {
  CsTrainerOptions options;
  options.learning_rate = 1e30f;
  options.clip_norm = 1e30f;
  CHECK_THROWS_WITH((void)einet::train_cs_predictor<16>(view<4>(easy_and_hard<4>(200, 61)), options),
                    ContainsSubstring("diverged"));
}

}  // namespace
