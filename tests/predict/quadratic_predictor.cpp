#include "catch.hpp"
#include "counting_new.hpp"
#include "predict/samples.hpp"
#include "support.hpp"

#include <einet/predict/predictor.hpp>
#include <einet/predict/quadratic_predictor.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <stdexcept>

namespace {

using einet::QuadraticPredictor;
using einet::Target;

static_assert(einet::exit_predictor<QuadraticPredictor<14>>);

/// The least-squares parabola a + b x + c x², from its three normal equations by Cramer's rule.
struct Parabola {
  double a, b, c;

  template <class Samples>
  Parabola(const Samples& samples, std::size_t seen, std::size_t wanted) {
    double m[5]{}, y[3]{};  // sums of x⁰ … x⁴ and of y, x y, x² y
    for (std::size_t s = 0; s < samples.inputs.size(); ++s) {
      const double x = samples.inputs[s][seen][0];
      const double right = samples.correct[s][wanted] ? 1 : 0;
      double power = 1;
      for (std::size_t p = 0; p < 5; ++p, power *= x) {
        m[p] += power;
        if (p < 3) y[p] += power * right;
      }
    }
    const auto det = [](double p, double q, double r, double s, double t, double u, double v, double w,
                        double z) { return p * (t * z - u * w) - q * (s * z - u * v) + r * (s * w - t * v); };
    const double all = det(m[0], m[1], m[2], m[1], m[2], m[3], m[2], m[3], m[4]);
    a = det(y[0], m[1], m[2], y[1], m[2], m[3], y[2], m[3], m[4]) / all;
    b = det(m[0], y[0], m[2], m[1], y[1], m[3], m[2], y[2], m[4]) / all;
    c = det(m[0], m[1], y[0], m[1], m[2], y[1], m[2], m[3], y[2]) / all;
  }
  [[nodiscard]] double operator()(double x) const { return a + x * (b + x * c); }
};

}  // namespace

TEST_CASE("after one exit the quadratic predictor is the least-squares parabola", "[predict][quadratic]") {
  std::mt19937 random(1);
  const auto samples = einet::test::random_samples<4>(4000, random);
  QuadraticPredictor<4> predictor{fit_quadratic(samples.view(), Target::correctness, 1e-4)};
  for (std::size_t seen = 0; seen < 4; ++seen)
    for (std::size_t k = seen; k < 4; ++k) {
      const Parabola truth(samples, seen, k);
      for (std::size_t s = 0; s < 50; ++s) {
        const float sure = samples.inputs[s][seen][0];
        predictor.reset();
        predictor.observe(seen, std::array{sure});
        CAPTURE(seen, k, s, sure);
        const double expected = truth(sure);
        CHECK_THAT(static_cast<double>(predictor.confidences()[k]),
                   einet::test::WithinAbs(expected < 0   ? 0
                                          : expected > 1 ? 1
                                                         : expected,
                                          3e-3));
      }
    }
}

TEST_CASE("the quadratic predictor begins with the means, bounds what it reads and allocates nothing",
          "[predict][quadratic]") {
  std::mt19937 random(2);
  const auto samples = einet::test::random_samples<5>(500, random);
  QuadraticPredictor<5> predictor{fit_quadratic(samples.view())};
  CHECK(predictor.confidences() == target_means(samples.view(), Target::correctness));

  const auto after = [&](float sure) {
    predictor.reset();
    predictor.observe(1, std::array{sure});
    return predictor.confidences();
  };
  CHECK(after(-3.f) == after(0.f));
  CHECK(after(std::numeric_limits<float>::quiet_NaN()) == after(0.f));
  CHECK(after(std::numeric_limits<float>::infinity()) == after(1.f));
  for (const float sure : {0.f, 1.f})
    for (const float value : after(sure)) CHECK((value >= 0.f && value <= 1.f));

  const auto before = einet::test::allocations();
  predictor.reset();
  for (std::size_t k = 0; k < 5; ++k) predictor.observe(k, std::array{.5f});
  CHECK(einet::test::allocations() == before);
}

TEST_CASE("with confidence as its target the quadratic predictor holds the confidence seen",
          "[predict][quadratic]") {
  std::mt19937 random(3);
  const auto samples = einet::test::random_samples<5>(500, random);
  QuadraticPredictor<5> predictor{fit_quadratic(samples.view(), Target::confidence)};
  predictor.observe(2, std::array{.375f});
  CHECK(predictor.confidences()[2] == .375f);
  CHECK_THROWS_AS(fit_quadratic(samples.view(), Target::confidence, 0), std::invalid_argument);
}
