#include "catch.hpp"
#include "counting_new.hpp"
#include "support.hpp"

#include <einet/predict/gaussian_predictor.hpp>
#include <einet/predict/predictor.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

using einet::GaussianParameters;
using einet::GaussianPredictor;

static_assert(einet::exit_predictor<GaussianPredictor<14>>);
static_assert(einet::exit_predictor<GaussianPredictor<1, 3>>);

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

/// A Gaussian whose covariance has only `rank` directions besides the noise: nearly singular if that is
/// small.
template <std::size_t N, std::size_t Inputs>
GaussianParameters<N, Inputs> random_law(std::size_t rank, float noise, std::mt19937& random) {
  constexpr std::size_t n = N * Inputs;
  std::normal_distribution<double> normal;
  std::vector<double> factors(n * rank), targets(N * rank);
  for (std::size_t v = 0; v < n; ++v) {
    double square = 0;
    for (std::size_t r = 0; r < rank; ++r) square += std::pow(factors[v * rank + r] = normal(random), 2);
    for (std::size_t r = 0; r < rank; ++r) factors[v * rank + r] /= std::sqrt(square);
  }
  for (double& target : targets) target = .2 * normal(random) / std::sqrt(static_cast<double>(rank));
  GaussianParameters<N, Inputs> law;
  law.noise[0] = noise;
  law.target[0] = 1;
  for (std::size_t v = 0; v < n; ++v) {
    law.mean[v] = static_cast<float>(.3 * normal(random));
    law.scale[v] = static_cast<float>(std::exp(.5 * normal(random)));
    law.low[v] = -100;
    law.high[v] = 100;
    for (std::size_t w = 0; w <= v; ++w) {
      double sum = v == w ? static_cast<double>(noise) : 0;
      for (std::size_t r = 0; r < rank; ++r) sum += factors[v * rank + r] * factors[w * rank + r];
      law.covariance[v * n + w] = law.covariance[w * n + v] = static_cast<float>(sum);
    }
    for (std::size_t k = 0; k < N; ++k) {
      double sum = 0;
      for (std::size_t r = 0; r < rank; ++r) sum += factors[v * rank + r] * targets[k * rank + r];
      law.target_covariance[v * N + k] = static_cast<float>(sum);
    }
  }
  for (float& mean : law.means) mean = static_cast<float>(std::clamp(.5 + .2 * normal(random), 0., 1.));
  return law;
}

/// Solves a x = b by elimination with pivoting; a [n][n].
std::vector<double> solved(std::vector<double> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t c = 0; c < n; ++c) {
    std::size_t best = c;
    for (std::size_t r = c; r < n; ++r)
      if (std::fabs(a[r * n + c]) > std::fabs(a[best * n + c])) best = r;
    std::swap(b[c], b[best]);
    for (std::size_t j = 0; j < n; ++j) std::swap(a[c * n + j], a[best * n + j]);
    for (std::size_t r = c + 1; r < n; ++r) {
      const double factor = a[r * n + c] / a[c * n + c];
      for (std::size_t j = c; j < n; ++j) a[r * n + j] -= factor * a[c * n + j];
      b[r] -= factor * b[c];
    }
  }
  for (std::size_t c = n; c-- > 0;) {
    for (std::size_t j = c + 1; j < n; ++j) b[c] -= a[c * n + j] * b[j];
    b[c] /= a[c * n + c];
  }
  return b;
}

double standardised(float seen, bool first, float logit, float mean, float scale) {
  double value = seen;
  if (first) value = std::clamp(value, 0., 1.);
  if (logit == 1.f) {
    value = std::clamp(value, 1e-4, 1 - 1e-4);
    value = std::log(value / (1 - value));
  }
  return (value - static_cast<double>(mean)) / static_cast<double>(scale);
}

/// The conditional mean of target k by one solve over all known inputs.
template <std::size_t N, std::size_t Inputs>
double by_solving(const GaussianParameters<N, Inputs>& law, const std::vector<std::size_t>& known,
                  const std::vector<double>& values, std::size_t k) {
  const std::size_t n = known.size();
  std::vector<double> a(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) a[i * n + j] = law.covariance[known[i] * N * Inputs + known[j]];
  const auto weights = solved(a, values);
  double mean = law.means[k];
  for (std::size_t i = 0; i < n; ++i)
    mean += weights[i] * static_cast<double>(law.target_covariance[known[i] * N + k]);
  return std::clamp(mean, 0., 1.);
}

/// Runs random exits, with some further inputs unknown: after every observation, all entries from the exit
/// seen on must agree with the direct solve. Returns the worst error.
template <std::size_t N, std::size_t Inputs>
double worst_error(std::size_t rank, float noise, std::size_t rounds, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> share(0.f, 1.f);
  auto law = random_law<N, Inputs>(rank, noise, random);
  for (float& logit : law.logit) logit = random() % 2 == 0 ? 1.f : 0.f;
  GaussianPredictor<N, Inputs> predictor(law);
  double worst = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    predictor.reset();
    CHECK(predictor.confidences() == law.means);
    const float run = share(random);
    std::vector<std::size_t> known;
    std::vector<double> values;
    for (std::size_t k = 0; k < N; ++k) {
      if (share(random) > run) continue;
      std::array<float, Inputs> seen;
      for (std::size_t i = 0; i < Inputs; ++i) {
        seen[i] = share(random) < .05f ? 0.f : share(random) < .05f ? 1.f : share(random);
        if (i > 0 && share(random) < .2f) seen[i] = unknown;
        if (std::isnan(seen[i])) continue;
        const std::size_t v = k * Inputs + i;
        known.push_back(v);
        values.push_back(standardised(seen[i], i == 0, law.logit[i], law.mean[v], law.scale[v]));
      }
      predictor.observe(k, seen);
      for (std::size_t j = k; j < N; ++j)
        worst = std::fmax(worst, std::fabs(static_cast<double>(predictor.confidences()[j]) -
                                           by_solving(law, known, values, j)));
    }
  }
  return worst;
}

TEST_CASE("conditioning equals a direct solve in double, for any exits run and skipped",
          "[predict][gaussian]") {
  const std::size_t rounds = einet::test::cases(40);
  CHECK(worst_error<14, 1>(14, .1f, rounds, 1) < 2e-5);
  CHECK(worst_error<14, 3>(20, .1f, rounds, 2) < 2e-5);
  CHECK(worst_error<3, 2>(3, .3f, rounds, 3) < 1e-5);
  CHECK(worst_error<1, 1>(1, .3f, rounds, 4) < 1e-5);
  CHECK(worst_error<8, 1>(4, .3f, rounds, 5) < 2e-5);
  CHECK(worst_error<21, 1>(30, .03f, rounds, 6) < 5e-5);
  CHECK(worst_error<40, 1>(40, .03f, rounds, 7) < 5e-5);
}

TEST_CASE("conditioning stays accurate if all exits tell nearly the same", "[predict][gaussian]") {
  const std::size_t rounds = einet::test::cases(20);
  CHECK(worst_error<14, 1>(1, .001f, rounds, 11) < 2e-3);
  CHECK(worst_error<40, 1>(2, .001f, rounds, 12) < 2e-3);
  CHECK(worst_error<14, 3>(2, .01f, rounds, 13) < 5e-4);
}

TEST_CASE(
    "exits observed in any order of rising numbers leave probabilities, even without any noise to speak of",
    "[predict][gaussian]") {
  std::mt19937 random(21);
  std::uniform_real_distribution<float> share(0.f, 1.f);
  // A covariance of rank 1 with noise below the precision of float: variances left are rounding errors.
  auto law = random_law<30, 2>(1, 1e-6f, random);
  for (std::size_t v = 0; v < 60; ++v) law.covariance[v * 60 + v] = 1.0001f;
  GaussianPredictor<30, 2> predictor(law);
  for (std::size_t round = einet::test::cases(200); round > 0; --round) {
    predictor.reset();
    const float run = share(random);
    for (std::size_t k = 0; k < 30; ++k) {
      if (share(random) > run) continue;
      const float seen[2] = {share(random), share(random)};
      predictor.observe(k, seen);
      for (const float confidence : predictor.confidences())
        REQUIRE((confidence >= 0.f && confidence <= 1.f));
    }
  }
}

TEST_CASE("whatever is observed, the Gaussian predictor yields probabilities", "[predict][gaussian]") {
  std::mt19937 random(22);
  const auto law = random_law<6, 2>(4, .1f, random);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float first : {0.f, 1.f, -1.f, 2.f, infinity, -infinity, unknown})
    for (const float second : {0.f, 1e30f, infinity, -infinity, unknown}) {
      GaussianPredictor<6, 2> predictor(law);
      const float seen[2] = {first, second};
      predictor.observe(1, seen);
      predictor.observe(4, seen);
      for (const float confidence : predictor.confidences()) CHECK((confidence >= 0.f && confidence <= 1.f));
    }
}

TEST_CASE("a confidence beyond those of the fitting set counts as the nearest of them, NaN as 0",
          "[predict][gaussian]") {
  std::mt19937 random(23);
  auto law = random_law<4, 1>(3, .1f, random);
  for (float& low : law.low) low = .25f;
  for (float& high : law.high) high = .75f;
  GaussianPredictor<4> predictor(law);
  const auto after = [&](float confidence) {
    predictor.reset();
    const float seen[1] = {confidence};
    predictor.observe(0, seen);
    return predictor.confidences();
  };
  CHECK(after(0.f) == after(.25f));
  CHECK(after(1.f) == after(.75f));
  CHECK(after(unknown) == after(0.f));
  CHECK(after(.25f) != after(.75f));
}

TEST_CASE("if confidences are predicted, the answer in hand is worth its own", "[predict][gaussian]") {
  std::mt19937 random(24);
  auto law = random_law<4, 1>(3, .1f, random);
  law.target[0] = 0;
  GaussianPredictor<4> predictor(law);
  const float seen[1] = {.875f};
  predictor.observe(2, seen);
  CHECK(predictor.confidences()[2] == .875f);
}

TEST_CASE("a copy of a Gaussian predictor is independent", "[predict][gaussian]") {
  std::mt19937 random(25);
  GaussianPredictor<9> first(random_law<9, 1>(5, .1f, random));
  const float low[1] = {.125f}, high[1] = {.875f};
  first.observe(0, low);
  GaussianPredictor<9> second = first;
  CHECK(second.weights() == first.weights());
  second.observe(3, high);
  first.observe(3, low);
  CHECK(second.confidences() != first.confidences());
  second = first;
  second.observe(5, high);
  first.observe(5, high);
  CHECK(second.confidences() == first.confidences());
}

TEST_CASE("the Gaussian predictor does not allocate once it is made, not even when copied",
          "[predict][gaussian]") {
  std::mt19937 random(26);
  const GaussianPredictor<14> made(random_law<14, 1>(5, .1f, random));
  const float seen[1] = {.5f};
  const std::size_t before = einet::test::allocations();
  GaussianPredictor<14> copy = made;
  for (std::size_t k = 0; k < 14; ++k) copy.observe(k, seen);
  copy.reset();
  const std::size_t after = einet::test::allocations();
  CHECK(after == before);
}

}  // namespace
