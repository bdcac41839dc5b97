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

TEST_CASE("the truncated Gaussian has the frequencies of a normal that is redrawn while outside",
          "[plan][truncated_gaussian]") {
  std::mt19937_64 random(62);
  for (const auto& [mean, deviation] : {std::pair{0.5, 0.25}, std::pair{0.5, 0.5}, std::pair{1.3, 0.2}}) {
    const TruncatedGaussian law{mean, deviation, 3.0};
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
  CHECK(einet::over(TruncatedGaussian{0.5, 0.5}, 4.0).cdf(2) == TruncatedGaussian{0.5, 0.5, 4.0}.cdf(2));
  CHECK(TruncatedGaussian{0.5, 0.5, std::chrono::seconds(4)}.horizon() == 4);
}

TEST_CASE("a Gaussian that is not a law is refused by argument", "[plan][truncated_gaussian]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH((TruncatedGaussian{nan, 1}), ContainsSubstring("mean"));
  CHECK_THROWS_WITH((TruncatedGaussian{0.5, 0}), ContainsSubstring("deviation"));
  CHECK_THROWS_WITH((TruncatedGaussian{0.5, 1e-310}), ContainsSubstring("deviation is 1e-310, expected"));
  CHECK_THROWS_WITH((TruncatedGaussian{0.5, 1}.over(0)),
                    ContainsSubstring("TruncatedGaussian: horizon is 0"));
  CHECK_THROWS_WITH((TruncatedGaussian{0.5, 1, -1}), ContainsSubstring("horizon"));
  CHECK_THROWS_WITH((TruncatedGaussian{50, 1}), ContainsSubstring("mass"));
}
