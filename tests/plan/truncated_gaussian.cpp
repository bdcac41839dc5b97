#include "catch.hpp"
#include "support.hpp"

#include <einet/plan/law.hpp>
#include <einet/plan/truncated_gaussian.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

using namespace einet;
using namespace einet::test;
using namespace std::chrono_literals;

TEST_CASE("the truncated Gaussian has the frequencies of a normal that is redrawn while outside",
          "[plan][truncated_gaussian]") {
  std::mt19937_64 random(62);
  for (const auto& [mean, deviation] : {std::pair{0.5, 0.25}, std::pair{0.5, 0.5}, std::pair{1.3, 0.2}}) {
    const auto law = TruncatedGaussian::of_horizon(mean, deviation).over(3.0);
    std::normal_distribution<double> normal(3 * mean, 3 * deviation);
    const std::size_t draws = cases(100000);
    std::array<std::size_t, 5> below{};
    for (std::size_t k = 0; k < draws;) {
      const double t = normal(random);
      if (t < 0 || t >= 3) continue;
      ++k;
      for (std::size_t q = 0; q < 5; ++q) below[q] += t < 0.5 * static_cast<double>(q + 1) ? 1U : 0U;
    }
    for (std::size_t q = 0; q < 5; ++q)
      CHECK_THAT(
          static_cast<double>(below[q]) / static_cast<double>(draws),
          WithinAbs(law.cdf(0.5 * static_cast<double>(q + 1)), 2 / std::sqrt(static_cast<double>(draws))));
  }
}

TEST_CASE("a truncated Gaussian without a horizon takes that of the profile", "[plan][truncated_gaussian]") {
  const auto law = TruncatedGaussian::of_horizon(0.5, 0.25);
  CHECK(law.horizon() == 0);
  CHECK(einet::over(law, 4.0).horizon() == 4);
  CHECK_THAT(einet::over(law, 4.0).cdf(2), WithinAbs(0.5, 1e-12));
}

TEST_CASE("a truncated Gaussian in seconds is the one in shares of its horizon, and keeps that",
          "[plan][truncated_gaussian]") {
  const TruncatedGaussian law{20ms, 5ms, Seconds{.04}};
  CHECK(law.horizon() == .04);
  CHECK(law.over(1).horizon() == .04);
  const auto shares = TruncatedGaussian::of_horizon(.5, .125).over(.04);
  for (const double t : {-1., 0., .01, .015, .02, .03, .0399, .04, 9.})
    CHECK_THAT(law.cdf(t), WithinAbs(shares.cdf(t), 1e-12));
  CHECK(TruncatedGaussian{Seconds{1}, 500ms, Seconds{2}}.cdf(1.5) ==
        TruncatedGaussian{1000ms, Seconds{.5}, 2s}.cdf(1.5));
}

TEST_CASE("a Gaussian that is not a law is refused by argument", "[plan][truncated_gaussian]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto of_horizon = TruncatedGaussian::of_horizon;
  CHECK_THROWS_WITH(of_horizon(nan, 1), ContainsSubstring("mean is nan, expected a finite share"));
  CHECK_THROWS_WITH(of_horizon(0.5, 0), ContainsSubstring("deviation"));
  CHECK_THROWS_WITH(of_horizon(0.5, 1e-310), ContainsSubstring("deviation is 1e-310, expected"));
  CHECK_THROWS_WITH(of_horizon(0.5, 1).over(0),
                    ContainsSubstring("TruncatedGaussian: horizon is 0, expected finite seconds > 0"));
  CHECK_THROWS_WITH(of_horizon(50, 1), ContainsSubstring("mass"));

  CHECK_THROWS_WITH((TruncatedGaussian{Seconds{nan}, 1s, 1s}),
                    ContainsSubstring("TruncatedGaussian: mean is nan, expected finite seconds"));
  CHECK_THROWS_WITH((TruncatedGaussian{1s, Seconds{nan}, 1s}),
                    ContainsSubstring("TruncatedGaussian: deviation is nan, expected finite seconds"));
  for (const double bad : {-1., 0., nan, std::numeric_limits<double>::infinity()})
    CHECK_THROWS_WITH((TruncatedGaussian{1s, 1s, Seconds{bad}}),
                      ContainsSubstring("TruncatedGaussian: horizon is"));
  CHECK_THROWS_WITH((TruncatedGaussian{1s, 0s, 1s}), ContainsSubstring("deviation"));
  CHECK_THROWS_WITH((TruncatedGaussian{100s, 1s, 2s}), ContainsSubstring("mass"));
}
