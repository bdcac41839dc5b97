#include "catch.hpp"
#include "predict/samples.hpp"
#include "support.hpp"

#include <einet/predict/table_fit.hpp>

#include <algorithm>
#include <random>
#include <stdexcept>

namespace {

using einet::fit_table;
using einet::FittingSamples;
using einet::TableFitOptions;
using einet::Target;
using einet::test::WithinAbs;

TEST_CASE("every column of a fitted table is monotone and a probability", "[predict][table_fit]") {
  std::mt19937 random(81);
  const auto samples = einet::test::random_samples<6>(400, random);
  for (const Target target : {Target::confidence, Target::correctness})
    for (const double prior : {0., 30., 1e9}) {
      const auto table = fit_table<6, 9>(samples.view(), {target, prior});
      CHECK(table.means == target_means(samples.view(), target));
      for (std::size_t seen = 0; seen < 6; ++seen)
        for (std::size_t k = seen; k < 6; ++k)
          for (std::size_t i = 0; i < 9; ++i) {
            const float value = table.at(seen, i, k);
            CHECK((value >= 0.f && value <= 1.f));
            if (i > 0) CHECK(value >= table.at(seen, i - 1, k));
          }
    }
}

TEST_CASE("without a prior, a pair's column is the isotonic fit of its own samples", "[predict][table_fit]") {
  std::mt19937 random(82);
  const auto samples = einet::test::random_samples<4>(500, random);
  const auto table = fit_table<4, 17>(samples.view(), {Target::correctness, 0});
  for (std::size_t seen = 0; seen < 4; ++seen)
    for (std::size_t k = seen; k < 4; ++k) {
      std::vector<float> x, y;
      for (std::size_t s = 0; s < samples.inputs.size(); ++s) {
        x.push_back(samples.inputs[s][seen][0]);
        y.push_back(samples.correct[s][k] ? 1.f : 0.f);
      }
      const auto alone = einet::fit_isotonic<17>(x, y);
      for (std::size_t i = 0; i < 17; ++i) CHECK_THAT(table.at(seen, i, k), WithinAbs(alone.values[i], 1e-6));
    }
}

TEST_CASE("an infinite prior leaves one gain per pair, in proportion to what the answer in hand lacks",
          "[predict][table_fit]") {
  std::mt19937 random(83);
  const auto samples = einet::test::random_samples<5>(300, random);
  const auto table = fit_table<5, 9>(samples.view(), {Target::correctness, 1e12});
  for (std::size_t seen = 0; seen < 5; ++seen)
    for (std::size_t k = seen + 1; k < 5; ++k) {
      const double lack = 1 - static_cast<double>(table.at(seen, 0, seen));
      const double gain =
          (static_cast<double>(table.at(seen, 0, k)) - static_cast<double>(table.at(seen, 0, seen))) / lack;
      for (std::size_t i = 0; i < 9; ++i) {
        const double own = table.at(seen, i, seen);
        CHECK_THAT(static_cast<double>(table.at(seen, i, k)), WithinAbs(own + gain * (1 - own), 1e-5));
      }
    }
}

TEST_CASE("the worth of an answer in hand is its own confidence if confidences are predicted",
          "[predict][table_fit]") {
  std::mt19937 random(84);
  const auto samples = einet::test::random_samples<3>(50, random);
  const auto table = fit_table<3, 5>(samples.view(), {Target::confidence, 10});
  for (std::size_t seen = 0; seen < 3; ++seen)
    for (std::size_t i = 0; i < 5; ++i) CHECK(table.at(seen, i, seen) == static_cast<float>(i) / 4);
}

TEST_CASE("a table is fitted to one sample, and to confidences of exactly 0 and 1", "[predict][table_fit]") {
  const std::vector<FittingSamples<2>::Row> one{{{{0.f}, {1.f}}}};
  const std::vector<std::array<bool, 2>> right{{true, true}};
  const auto table = fit_table<2, 3>(FittingSamples<2>{one, right});
  CHECK(table.at(0, 2, 1) == 1.f);
  CHECK(table.at(1, 0, 1) == 1.f);
}

TEST_CASE("a prior that is not a weight is refused", "[predict][table_fit]") {
  std::mt19937 random(85);
  const auto samples = einet::test::random_samples<2>(5, random);
  CHECK_THROWS_AS((fit_table<2, 3>(samples.view(), {Target::correctness, -1})), std::invalid_argument);
}

}  // namespace
