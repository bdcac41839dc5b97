#include "catch.hpp"
#include "counting_new.hpp"
#include "support.hpp"

#include <einet/predict/predictor.hpp>
#include <einet/predict/table_predictor.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <stdexcept>

namespace {

using einet::TableParameters;
using einet::TablePredictor;
using einet::test::WithinAbs;

static_assert(einet::exit_predictor<TablePredictor<14>>);
static_assert(einet::exit_predictor<TablePredictor<1, 2>>);

template <std::size_t N, std::size_t Knots>
TableParameters<N, Knots> random_table(std::mt19937& random) {
  std::uniform_real_distribution<float> share(-.25f, 1.25f);
  TableParameters<N, Knots> table;
  for (float& value : table.values) value = share(random);
  for (float& mean : table.means) mean = .5f + .25f * share(random);
  return table;
}

template <std::size_t N, std::size_t Knots>
void interpolates(unsigned seed) {
  CAPTURE(N, Knots, seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> share(0.f, 1.f);
  const auto table = random_table<N, Knots>(random);
  TablePredictor<N, Knots> predictor(table);
  CHECK(predictor.confidences() == table.means);
  double worst = 0;
  for (std::size_t round = einet::test::cases(200); round > 0; --round) {
    const std::size_t seen = random() % N;
    const float knot = static_cast<float>(random() % Knots) / static_cast<float>(Knots - 1);
    const float confidence[1] = {round % 3 == 0 ? knot : share(random)};
    predictor.observe(seen, confidence);
    for (std::size_t k = seen; k < N; ++k) {
      const double at = static_cast<double>(confidence[0]) * (Knots - 1);
      const auto low = std::min(static_cast<std::size_t>(at), Knots - 2);
      const double from = table.at(seen, low, k), to = table.at(seen, low + 1, k);
      const double expected = std::clamp(from + (at - static_cast<double>(low)) * (to - from), 0., 1.);
      worst = std::fmax(worst, std::fabs(static_cast<double>(predictor.confidences()[k]) - expected));
    }
  }
  CHECK(worst < 2e-5);
  predictor.reset();
  CHECK(predictor.confidences() == table.means);
}

TEST_CASE("the table predictor interpolates the row of the exit seen, for any number of exits",
          "[predict][table]") {
  interpolates<1, 2>(1);
  interpolates<3, 9>(2);
  interpolates<8, 33>(3);
  interpolates<14, 33>(4);
  interpolates<16, 17>(5);
  interpolates<21, 33>(6);
  interpolates<40, 33>(7);
}

TEST_CASE("the table predictor takes any float, and exactly 0 and 1", "[predict][table]") {
  std::mt19937 random(8);
  const auto table = random_table<5, 3>(random);
  TablePredictor<5, 3> predictor(table);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const auto& [observed, knot] : {std::pair{0.f, 0},
                                       {1.f, 2},
                                       {-1.f, 0},
                                       {2.f, 2},
                                       {infinity, 2},
                                       {-infinity, 0},
                                       {std::numeric_limits<float>::quiet_NaN(), 0}}) {
    const float input[1] = {observed};
    predictor.observe(1, input);
    for (std::size_t k = 1; k < 5; ++k)
      CHECK_THAT(predictor.confidences()[k],
                 WithinAbs(std::clamp(table.at(1, static_cast<std::size_t>(knot), k), 0.f, 1.f), 1e-6));
  }
}

TEST_CASE("a table that cannot be read is refused", "[predict][table]") {
  TableParameters<3, 4> table;
  CHECK_NOTHROW((TablePredictor<3, 4>{table}));
  table.means[1] = 1.5f;
  CHECK_THROWS_WITH((TablePredictor<3, 4>{table}), einet::test::ContainsSubstring("means[1]"));
  table.values[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH((TablePredictor<3, 4>{table}), einet::test::ContainsSubstring("values[7]"));
  table.values.pop_back();
  CHECK_THROWS_WITH((TablePredictor<3, 4>{table}),
                    einet::test::ContainsSubstring("values is 35 values long, expected 36"));
}

TEST_CASE("the table predictor does not allocate once it is made, not even when copied", "[predict][table]") {
  const TablePredictor<14> made{TableParameters<14>{}};
  const std::size_t before = einet::test::allocations();
  TablePredictor<14> copy = made;
  const float input[1] = {.5f};
  copy.observe(3, input);
  copy.reset();
  const std::size_t after = einet::test::allocations();
  CHECK(after == before);
}

}  // namespace
