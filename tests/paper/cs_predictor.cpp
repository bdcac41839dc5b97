#include "catch.hpp"
#include "counting_new.hpp"
#include "paper/cs_reference.hpp"
#include "support.hpp"

#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/weight_format.hpp>
#include <einet/predict/predictor.hpp>

#include <limits>
#include <memory>
#include <random>
#include <type_traits>

namespace {

using einet::CsParameters;
using einet::CsPredictor;
using einet::test::WithinAbs;

static_assert(einet::exit_predictor<CsPredictor<14, 128>>);
static_assert(einet::exit_predictor<CsPredictor<1, 1>>);
// Table III of the paper, in bytes; B-AlexNet, FlexVGG-16, ResNet-50, VGG-16, MSDNet21, MSDNet40.
static_assert(sizeof(einet::CsState<3, 128>) == 1036);
static_assert(sizeof(einet::CsState<5, 256>) == 2068);
static_assert(sizeof(einet::CsState<6, 256>) == 2072);
static_assert(sizeof(einet::CsState<14, 1024>) == 8248);
static_assert(sizeof(einet::CsState<21, 1024>) == 8276);
static_assert(sizeof(einet::CsState<40, 2048>) == 16544);

template <class P>
void observe(P& predictor, std::size_t exit, float confidence) {
  const float input[1] = {confidence};
  predictor.observe(exit, input);
}

/// Random samples with random exits skipped: after every observation, the cache must agree with Eq. 1
/// computed anew, from the weights as the format stores them and, if it rounds activations to whole steps,
/// from those.
template <std::size_t N, std::size_t H, class Format = einet::Fp32>
void equals_the_equations(std::size_t samples, unsigned seed, bool correctness = false) {
  CAPTURE(N, H, seed, correctness);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> share(0.f, 1.f);
  auto parameters = einet::test::random_parameters<N, H>(random);
  parameters.target[0] = correctness ? 1.f : 0.f;
  CsPredictor<N, H, Format> predictor(parameters);
  parameters = einet::test::kept(parameters, *predictor.weights());
  const auto taken = [&](std::size_t j, double activation) {
    return Format::scaled
               ? static_cast<double>(predictor.weights()->activation(j, static_cast<float>(activation)))
               : activation;
  };
  double worst = 0;
  for (std::size_t s = 0; s < samples; ++s) {
    predictor.reset();
    REQUIRE(predictor.confidences() == parameters.means);
    const float run = share(random);
    std::array<std::optional<float>, N> seen;
    for (std::size_t k = 0; k < N; ++k) {
      if (share(random) > run) continue;
      const float draw = share(random);
      seen[k] = draw < .1f ? 0.f : draw > .9f ? 1.f : share(random);
      observe(predictor, k, *seen[k]);
      const auto expected = einet::test::plain_confidences(parameters, seen, taken);
      for (std::size_t i = 0; i < N; ++i)
        worst = std::fmax(worst, std::fabs(static_cast<double>(predictor.confidences()[i]) - expected[i]));
    }
  }
  // An activation half-way between two steps may be rounded either way.
  CHECK(worst < (Format::scaled ? 5e-5 : 1e-5));
}

TEST_CASE("the cached forward equals the paper's equations after any exits run and skipped",
          "[predict][cs_predictor]") {
  const std::size_t samples = einet::test::cases(60);
  equals_the_equations<14, 128>(samples, 1);
  equals_the_equations<5, 37>(samples, 3);
  equals_the_equations<40, 24>(samples, 4);
  equals_the_equations<2, 1>(samples, 5);
  equals_the_equations<1, 7>(samples, 6);
}

TEST_CASE("trained for correctness, the worth of the newest answer is an output too",
          "[predict][cs_predictor]") {
  const std::size_t samples = einet::test::cases(60);
  equals_the_equations<14, 128>(samples, 7, true);
  equals_the_equations<5, 37>(samples, 8, true);
  equals_the_equations<1, 7>(samples, 9, true);
}

TEST_CASE("weights in fewer bytes predict as the equations do with the stored weights",
          "[predict][cs_predictor]") {
  const std::size_t samples = einet::test::cases(30);
  equals_the_equations<14, 128, einet::Bf16>(samples, 7);
  equals_the_equations<14, 128, einet::Int8>(samples, 8);
  equals_the_equations<5, 37, einet::Bf16>(samples, 9);
  equals_the_equations<5, 37, einet::Int8>(samples, 10);
}

/// The most by which outputs can differ if no weight of layer l is off by more than off(l, its column, its
/// row, itself), and the activation of unit j of layer 1 by no more than half_steps[j]: each layer passes on
/// the error of the one before and adds its own.
template <std::size_t N, std::size_t H, class Off>
std::vector<double> error_bound(const CsParameters<N, H>& p, const std::vector<double>& inputs,
                                const std::array<double, H>& half_steps, const Off& off) {
  std::vector<double> values = inputs, errors(N);
  for (std::size_t layer = 1; layer <= 3; ++layer) {
    const auto& weights = layer == 1 ? p.layer1_weight : layer == 2 ? p.layer2_weight : p.layer3_weight;
    const auto& bias = layer == 1 ? p.layer1_bias : layer == 2 ? p.layer2_bias : p.layer3_bias;
    std::vector<double> next(bias.size()), bound(bias.size());
    for (std::size_t o = 0; o < next.size(); ++o) {
      next[o] = static_cast<double>(bias[o]);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const auto weight = static_cast<double>(weights[o * values.size() + i]);
        next[o] += weight * values[i];
        bound[o] +=
            off(layer, i, o, weight) * (std::fabs(values[i]) + errors[i]) + std::fabs(weight) * errors[i];
      }
      if (layer < 3) next[o] = std::fmax(0., next[o]);
    }
    values = next;
    errors = bound;
    if (layer == 1)
      for (std::size_t j = 0; j < H; ++j) errors[j] += half_steps[j];
  }
  return errors;
}

template <class Format, std::size_t N, std::size_t H, class Off>
void stays_within_its_bound(const CsParameters<N, H>& parameters, std::mt19937& random, const Off& off) {
  CsPredictor<N, H, Format> predictor(parameters);
  std::array<double, H> half_steps{};
  if (Format::scaled)
    for (std::size_t j = 0; j < H; ++j)
      half_steps[j] = .5 * static_cast<double>(predictor.weights()->passed_on().activation(j, 1));
  std::uniform_real_distribution<float> share(0.f, 1.f);
  double worst = 0, loosest = 0;
  for (std::size_t s = 0; s < 50; ++s) {
    predictor.reset();
    std::vector<double> inputs(N);
    for (std::size_t k = 0; k + 1 < N; ++k) {
      const float seen = share(random);
      inputs[k] = static_cast<double>(seen);
      observe(predictor, k, seen);
      const auto exact = einet::test::plain_outputs(parameters, inputs);
      const auto bound = error_bound(parameters, inputs, half_steps, off);
      for (std::size_t i = k + 1; i < N; ++i) {
        const double error = std::fabs(static_cast<double>(predictor.confidences()[i]) -
                                       std::fmin(1., std::fmax(0., exact[i])));
        REQUIRE(error <= bound[i] + 1e-5);
        worst = std::fmax(worst, error);
        loosest = std::fmax(loosest, bound[i]);
      }
    }
  }
  CHECK(worst > 1e-4);   // the format is not fp32 in disguise
  CHECK(loosest < .25);  // and the bound is not trivial
}

TEST_CASE("bf16 and int8 predict as fp32 within the bounds of their rounding", "[predict][cs_predictor]") {
  std::mt19937 random(15);
  constexpr std::size_t n = 5, h = 37;
  auto parameters = einet::test::random_parameters<n, h>(random);
  for (float& weight : parameters.layer3_weight) weight *= .5f;
  stays_within_its_bound<einet::Bf16>(parameters, random,
                                      [](std::size_t, std::size_t, std::size_t, double weight) {
                                        return std::fabs(weight) * std::ldexp(1., -8);
                                      });
  // Half a step of 1/127 of the largest weight of the same input in layers 1 and 2, of the same output in 3.
  stays_within_its_bound<einet::Int8>(
      parameters, random, [&](std::size_t layer, std::size_t in, std::size_t out, double) {
        double largest = 0;
        const auto& weights = layer == 1   ? parameters.layer1_weight
                              : layer == 2 ? parameters.layer2_weight
                                           : parameters.layer3_weight;
        const std::size_t ins = layer == 1 ? n : h;
        for (std::size_t i = 0; i < weights.size(); ++i)
          if (layer == 3 ? i / ins == out : i % ins == in)
            largest = std::fmax(largest, std::fabs(static_cast<double>(weights[i])));
        return largest / 254 * (1 + 1e-6);
      });
}

TEST_CASE("the cached forward is right if an input leaves most units unchanged", "[predict][cs_predictor]") {
  // Each exit feeds only two units: then layer 2 is updated instead of summed anew.
  std::mt19937 random(11);
  constexpr std::size_t n = 14, h = 128;
  auto parameters = einet::test::random_parameters<n, h>(random);
  for (std::size_t o = 0; o < h; ++o)
    for (std::size_t k = 0; k < n; ++k)
      if (o / 2 != k) parameters.layer1_weight[o * n + k] = 0.f;
  CsPredictor<n, h> predictor(parameters);
  std::uniform_real_distribution<float> share(0.f, 1.f);
  for (std::size_t s = 0; s < 10; ++s) {
    predictor.reset();
    std::array<std::optional<float>, n> seen;
    for (std::size_t k = s % 3; k < n; k += 1 + s % 2) {
      observe(predictor, k, *(seen[k] = share(random)));
      const auto expected = einet::test::plain_confidences(parameters, seen);
      for (std::size_t i = 0; i < n; ++i)
        REQUIRE_THAT(static_cast<double>(predictor.confidences()[i]), WithinAbs(expected[i], 1e-5));
    }
  }
}

/// Each exit feeds one unit, and most are active: layer 2 is never summed anew.
template <class Format>
void does_not_drift() {
  std::mt19937 random(16);
  constexpr std::size_t n = 300, h = 16;
  auto parameters = einet::test::random_parameters<n, h>(random);
  for (float& bias : parameters.layer1_bias) bias = 1.f;
  for (std::size_t o = 0; o < h; ++o)
    for (std::size_t k = 0; k < n; ++k) parameters.layer1_weight[o * n + k] *= k % h == o ? .2f : 0.f;
  CsPredictor<n, h, Format> predictor(parameters);
  parameters = einet::test::kept(parameters, *predictor.weights());
  std::uniform_real_distribution<float> share(0.f, 1.f);
  std::array<std::optional<float>, n> seen;
  for (std::size_t k = 0; k + 1 < n; ++k) observe(predictor, k, *(seen[k] = share(random)));
  const auto taken = [&](std::size_t j, double activation) {
    return static_cast<double>(predictor.weights()->activation(j, static_cast<float>(activation)));
  };
  CHECK_THAT(static_cast<double>(predictor.confidences()[n - 1]),
             WithinAbs(einet::test::plain_confidences(parameters, seen, taken)[n - 1],
                       Format::scaled ? 5e-5 : 1e-5));
}

TEST_CASE("hundreds of updates leave the cache as accurate as a new forward pass",
          "[predict][cs_predictor]") {
  does_not_drift<einet::Fp32>();
  does_not_drift<einet::Int8>();
}

TEST_CASE("layer 2 is updated if fewer units changed than are active, and otherwise summed anew",
          "[predict][cs_predictor]") {
  // Exit 0 raises unit 0 so far that 1 is lost in a sum with it, exit 1 lowers it to 0 again. A new sum is 1;
  // an update takes away what was added and leaves 0.
  const auto output = [](float other_units) {
    CsParameters<3, 4> parameters;
    parameters.layer1_bias = {0.f, 1.f, other_units, other_units};
    parameters.layer1_weight[0] = 1.f;
    parameters.layer1_weight[1] = -1.f;
    parameters.layer2_weight[0] = 0x1p25f;
    parameters.layer2_weight[1] = 1.f;
    parameters.layer3_weight[2 * 4] = .5f;
    CsPredictor<3, 4> predictor(parameters);
    observe(predictor, 0, 1.f);
    observe(predictor, 1, 1.f);
    return predictor.confidences()[2];
  };
  CHECK(output(0.f) == .5f);  // 1 unit changed, 1 is active
  CHECK(output(1.f) == 0.f);  // 1 unit changed, 3 are active
}

TEST_CASE("a skipped exit carries the nearest earlier confidence, or the initial one",
          "[predict][cs_predictor]") {
  CsParameters<6, 4> parameters;
  parameters.initial[0] = .125f;
  parameters.layer3_bias.assign(6, .5f);
  CsPredictor<6, 4> predictor(parameters);
  observe(predictor, 2, .25f);
  CHECK(predictor.confidences() == std::array<float, 6>{.125f, .125f, .25f, .5f, .5f, .5f});
  observe(predictor, 4, .75f);
  CHECK(predictor.confidences() == std::array<float, 6>{.125f, .125f, .25f, .25f, .75f, .5f});
}

TEST_CASE("a copy is independent and shares the weights", "[predict][cs_predictor]") {
  std::mt19937 random(12);
  const auto weights =
      std::make_shared<const einet::CsWeights<5, 37>>(einet::test::random_parameters<5, 37>(random));
  CsPredictor<5, 37> first(weights);
  observe(first, 0, .5f);
  const auto before = first.confidences();
  CsPredictor<5, 37> second = first;
  observe(second, 1, .9f);
  CHECK(first.confidences() == before);
  observe(first, 1, .9f);
  CHECK(first.confidences() == second.confidences());
  CHECK(second.weights() == weights);
}

TEST_CASE("a planner reads probabilities, whatever is observed and however large the weights",
          "[predict][cs_predictor]") {
  std::mt19937 random(13);
  auto parameters = einet::test::random_parameters<5, 37>(random);
  for (float& weight : parameters.layer2_weight) weight *= 3e38f;
  CsPredictor<5, 37> wild(parameters);
  CsPredictor<5, 37> tame(einet::test::random_parameters<5, 37>(random));
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float observed :
       {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity, -1.f, 2.f, 0.f, 1.f})
    for (auto* predictor : {&wild, &tame}) {
      predictor->reset();
      observe(*predictor, 1, observed);
      observe(*predictor, 3, .5f);
      for (const float confidence : predictor->confidences()) CHECK((confidence >= 0.f && confidence <= 1.f));
    }
}

TEST_CASE("the only exit of a network is worth its observed confidence", "[predict][cs_predictor]") {
  CsParameters<1, 7> parameters;
  parameters.means = {.625f};
  CsPredictor<1, 7> predictor(parameters);
  CHECK(predictor.confidences()[0] == .625f);
  observe(predictor, 0, .25f);
  CHECK(predictor.confidences()[0] == .25f);
}

TEST_CASE("missing weights are refused", "[predict][cs_predictor]") {
  CHECK_THROWS_AS((CsPredictor<3, 4>(std::shared_ptr<const einet::CsWeights<3, 4>>{})),
                  std::invalid_argument);
}

template <class Format>
void does_not_allocate() {
  std::mt19937 random(14);
  CsPredictor<14, 128, Format> predictor(einet::test::random_parameters<14, 128>(random));
  const std::size_t before = einet::test::allocations();
  predictor.reset();
  for (std::size_t k = 0; k < 14; k += 2) observe(predictor, k, .5f);
  CsPredictor<14, 128, Format> copy = predictor;
  copy.reset();
  const std::size_t after = einet::test::allocations();
  CHECK(after == before);
  CHECK(copy.confidences() == copy.weights()->means());
}

TEST_CASE("reset, observe and copying do not allocate", "[predict][cs_predictor]") {
  does_not_allocate<einet::Fp32>();
  does_not_allocate<einet::Bf16>();
  does_not_allocate<einet::Int8>();
}

}  // namespace
