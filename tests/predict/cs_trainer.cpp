#include "catch.hpp"
#include "predict/cs_reference.hpp"
#include "support.hpp"

#include <einet/predict/cs_predictor.hpp>
#include <einet/predict/cs_trainer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

using einet::CsParameters;
using einet::CsTrainerOptions;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

template <std::size_t N>
using Samples = std::vector<std::array<float, N>>;

template <std::size_t N, std::size_t H>
using Gradient = einet::detail::CsGradient<N, H, xsimd::default_arch>;

/// Eq. 3 summed over rows, in double.
template <std::size_t N, std::size_t H>
double plain_loss(const CsParameters<N, H>& p, const Samples<N>& inputs, const Samples<N>& targets,
                  const std::vector<std::size_t>& future) {
  double loss = 0;
  for (std::size_t r = 0; r < inputs.size(); ++r) {
    std::vector<double> x(N);
    for (std::size_t k = 0; k < future[r]; ++k) x[k] = static_cast<double>(inputs[r][k]);
    const auto outputs = einet::test::plain_outputs(p, x);
    for (std::size_t k = future[r]; k < N; ++k)
      loss += (outputs[k] - static_cast<double>(targets[r][k])) *
              (outputs[k] - static_cast<double>(targets[r][k]));
  }
  return loss;
}

template <std::size_t N, class Random>
Samples<N> random_rows(std::size_t rows, Random& random) {
  std::uniform_real_distribution<float> share(0.f, 1.f);
  Samples<N> samples(rows);
  for (auto& row : samples)
    for (float& value : row) value = share(random);
  return samples;
}

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

template <std::size_t N, std::size_t H>
void loss_and_slopes_agree(unsigned seed) {
  CAPTURE(N, H, seed);
  std::mt19937 random(seed);
  constexpr std::size_t rows = 6;  // not a multiple of 4: the rest of the batch counts for nothing
  const auto inputs = random_rows<N>(rows, random), targets = random_rows<N>(rows, random);
  std::vector<std::size_t> future;
  for (std::size_t r = 0; r < rows; ++r) future.push_back(1 + r % N);
  auto parameters = einet::test::random_parameters<N, H>(random);

  Gradient<N, H> gradient(rows);
  einet::detail::SplitMix unused(1);
  gradient.load(parameters);
  gradient.clear();
  for (std::size_t r = 0; r < rows; ++r) gradient.set_row(r, inputs[r], targets[r], future[r]);
  const double loss = plain_loss(parameters, inputs, targets, future);
  CHECK_THAT(gradient.forward(0.f, unused), WithinAbs(loss, 1e-4 * (1 + loss)));
  gradient.backward(0.f, .5f);

  CsParameters<N, H> slopes;
  Gradient<N, H> holder(1);
  std::ranges::copy(gradient.slopes(), holder.values().begin());
  holder.store(slopes);
  std::vector<std::span<float>> tensors;
  std::vector<std::span<const float>> found;
  parameters.for_each_tensor([&](auto, auto, std::span<float> values) { tensors.push_back(values); });
  slopes.for_each_tensor([&](auto, auto, std::span<const float> values) { found.push_back(values); });
  std::size_t compared = 0, kinks = 0;
  for (std::size_t t = 0; t < 6; ++t) {  // means and initial are not trained
    const std::span<float> values = tensors[t];
    for (std::size_t i = 0; i < values.size(); i += 1 + values.size() / 40) {
      const float at = values[i];
      const auto slope = [&](float reach) {
        values[i] = at + reach;
        const double above = plain_loss(parameters, inputs, targets, future),
                     top = static_cast<double>(values[i]);
        values[i] = at - reach;
        const double below = plain_loss(parameters, inputs, targets, future),
                     bottom = static_cast<double>(values[i]);
        values[i] = at;
        return .5 * (above - below) / (top - bottom);
      };
      const double fine = slope(1e-4f), coarse = slope(4e-4f);
      // A step across the kink of a ReLU tells nothing; the two widths then differ.
      if (std::fabs(fine - coarse) > 1e-4 * (1 + std::fabs(fine))) {
        ++kinks;
        continue;
      }
      ++compared;
      CHECK_THAT(static_cast<double>(found[t][i]), WithinAbs(fine, 1e-3 * (1 + std::fabs(fine))));
    }
  }
  CHECK(compared > 20 * kinks);
}

TEST_CASE("loss and gradient equal Eq. 3 and its finite differences", "[predict][cs_trainer]") {
  loss_and_slopes_agree<5, 12>(21);
  loss_and_slopes_agree<14, 20>(22);
  loss_and_slopes_agree<2, 16>(23);
  loss_and_slopes_agree<18, 7>(24);
}

TEST_CASE("the loss ignores the targets of past exits", "[predict][cs_trainer]") {
  std::mt19937 random(31);
  const auto inputs = random_rows<6>(1, random);
  auto targets = random_rows<6>(1, random);
  Gradient<6, 8> gradient(1);
  einet::detail::SplitMix unused(1);
  gradient.load(einet::test::random_parameters<6, 8>(random));
  const auto measure = [&] {
    gradient.clear();
    gradient.set_row(0, inputs[0], targets[0], 3);
    const double loss = gradient.forward(0.f, unused);
    gradient.backward(0.f, 1.f);
    return std::pair(loss, std::vector<float>(gradient.slopes().begin(), gradient.slopes().end()));
  };
  const auto before = measure();
  targets[0][0] = targets[0][1] = targets[0][2] = 99.f;
  CHECK(measure() == before);
  targets[0][3] += .5f;
  CHECK(measure().first != before.first);
}

TEST_CASE("dropout leaves out its share of units, keeps the mean, and its slopes pass only kept units",
          "[predict][cs_trainer]") {
  // One layer-1 unit always 1, every layer-2 unit its copy, the output their mean: 1 without dropout.
  constexpr std::size_t h = 64, rows = 512;
  CsParameters<2, h> parameters;
  parameters.layer1_bias.assign(h, 1.f);
  for (std::size_t i = 0; i < h; ++i) {
    parameters.layer2_weight[i * h + i] = 1.f;
    parameters.layer3_weight[h + i] = 1.f / h;
  }
  Gradient<2, h> gradient(rows);
  einet::detail::SplitMix random(5);
  gradient.load(parameters);
  gradient.clear();
  for (std::size_t r = 0; r < rows; ++r)
    gradient.set_row(r, std::array<float, 2>{}, std::array<float, 2>{0.f, 1.f}, 1);
  CHECK_THAT(gradient.forward(0.f, random) / rows, WithinAbs(0, 1e-6));
  // A unit passes with q = 3/4 at each of two layers, scaled by 1/q each: variance (1/q^2 - 1) / h.
  const double expected = (1 / (.75 * .75) - 1) / h;
  CHECK_THAT(gradient.forward(.25f, random) / rows, WithinAbs(expected, .15 * expected));
  gradient.backward(.25f, 1.f);
  CsParameters<2, h> slopes;
  Gradient<2, h> holder(1);
  std::ranges::copy(gradient.slopes(), holder.values().begin());
  holder.store(slopes);
  // d loss / d w3 sums 2 (o - 1) u over rows, u >= 0 the unit: its weighted sum is 2 sum (o - 1) o.
  double weighted = 0, bias = static_cast<double>(slopes.layer3_bias[1]);
  for (std::size_t i = 0; i < h; ++i) weighted += static_cast<double>(slopes.layer3_weight[h + i]) / h;
  CHECK_THAT((weighted - bias) / (2 * rows), WithinAbs(expected, .2 * expected));
}

TEST_CASE("training predicts far better than the mean and than carrying forward", "[predict][cs_trainer]") {
  constexpr std::size_t n = 5;
  const auto fitted = easy_and_hard<n>(600, 41), held = easy_and_hard<n>(300, 42);
  CsTrainerOptions options;
  options.epochs = 25;
  options.batch = 32;
  const auto fit = einet::train_cs_predictor<32>(view<n>(fitted), options);
  REQUIRE(fit.history.size() <= 25);
  CHECK(fit.history[fit.best_epoch].validation < fit.history.front().validation);
  for (const auto& epoch : fit.history) CHECK(epoch.validation >= fit.history[fit.best_epoch].validation);
  einet::CsPredictor<n, 32> predictor(fit.parameters);
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

TEST_CASE("the caller may end training, and no better epoch for long enough ends it too",
          "[predict][cs_trainer]") {
  const auto samples = easy_and_hard<4>(60, 52);
  CsTrainerOptions options;
  options.epochs = 10;
  std::vector<std::size_t> epochs;
  const auto stopped = einet::train_cs_predictor<8>(
      view<4>(samples), options, [&](std::size_t epoch, double training, double validation) {
        CHECK(training > 0);
        CHECK(validation > 0);
        epochs.push_back(epoch);
        return epoch < 2;
      });
  CHECK(epochs == std::vector<std::size_t>{0, 1, 2});
  CHECK(stopped.history.size() == 3);

  // Noise alone: soon nothing gets better.
  std::mt19937 random(53);
  options.epochs = 2000;
  options.patience = 3;
  const auto idle = einet::train_cs_predictor<8>(view<4>(random_rows<4>(60, random)), options);
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
  const Samples<3> two{{0.f, .5f, 1.f}, {1.f, 1.f, 1.f}};
  CHECK(einet::train_cs_predictor<4>(view<3>(two), options).history.size() == 2);
}

TEST_CASE("options and confidences that make no sense are refused by name", "[predict][cs_trainer]") {
  const Samples<2> sound{{0.f, 1.f}, {1.f, 1.f}};
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  const auto refused = [](const Samples<2>& samples, auto spoil) -> std::string {
    CsTrainerOptions options;
    options.epochs = 1;
    spoil(options);
    try {
      (void)einet::train_cs_predictor<4>(view<2>(samples), options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(refused(sound, [](auto&) {}) == "accepted");
  CHECK_THAT(refused(sound, [](auto& o) { o.epochs = 0; }), ContainsSubstring("epochs is 0"));
  CHECK_THAT(refused(sound, [](auto& o) { o.batch = 0; }), ContainsSubstring("batch"));
  CHECK_THAT(refused(sound, [](auto& o) { o.batch = std::size_t(-1); }), ContainsSubstring("batch"));
  CHECK_THAT(refused(sound, [](auto& o) { o.learning_rate = 0.f; }), ContainsSubstring("learning_rate"));
  CHECK_THAT(refused(sound, [](auto& o) { o.learning_rate = nan; }),
             ContainsSubstring("learning_rate is nan"));
  CHECK_THAT(refused(sound, [](auto& o) { o.final_learning_rate = -1.f; }),
             ContainsSubstring("final_learning_rate"));
  CHECK_THAT(refused(sound, [](auto& o) { o.momentum = 1.f; }), ContainsSubstring("momentum"));
  CHECK_THAT(refused(sound, [](auto& o) { o.dropout = 1.f; }), ContainsSubstring("dropout"));
  CHECK_THAT(refused(sound, [](auto& o) { o.clip_norm = 0.f; }), ContainsSubstring("clip_norm"));
  CHECK_THAT(refused(sound, [](auto& o) { o.skip_share = 1.1f; }), ContainsSubstring("skip_share"));
  CHECK_THAT(refused(sound, [](auto& o) { o.validation_share = 0.f; }),
             ContainsSubstring("validation_share"));
  CHECK_THAT(refused(sound, [](auto& o) { o.patience = 0; }), ContainsSubstring("patience"));
  CHECK_THAT(refused(sound, [](auto& o) { o.initial = 2.f; }), ContainsSubstring("initial"));
  CHECK_THAT(refused({{0.f, 1.f}}, [](auto&) {}), ContainsSubstring("1 samples given, expected at least 2"));
  CHECK_THAT(refused({{0.f, 1.f}, {0.f, nan}}, [](auto&) {}), ContainsSubstring("sample 1, exit 1"));
  CHECK_THAT(refused({{-.5f, 1.f}, {0.f, 0.f}}, [](auto&) {}), ContainsSubstring("sample 0, exit 0"));
}

TEST_CASE("a learning rate that makes the weights explode is reported, not returned",
          "[predict][cs_trainer]") {
  CsTrainerOptions options;
  options.learning_rate = 1e30f;
  options.clip_norm = 1e30f;
  CHECK_THROWS_WITH((void)einet::train_cs_predictor<8>(view<4>(easy_and_hard<4>(200, 61)), options),
                    ContainsSubstring("diverged"));
}

}  // namespace
