#include "catch.hpp"

#include <einet/nn/weights.hpp>

#include <utility>

using namespace einet;

TEST_CASE("weights are counted before they take memory, and begin as said", "[nn][weights]") {
  nn::Weights weights({2, 3, 4}, 1.5f);
  CHECK(weights.size() == 24);
  CHECK_FALSE(weights.empty());
  for (const float value : std::as_const(weights).values()) CHECK(value == 1.5f);
  weights.values()[7] = 9.f;
  CHECK(std::as_const(weights).values()[7] == 9.f);
  nn::Weights copy = weights;
  copy.values()[7] = 3.f;
  CHECK(weights.values()[7] == 9.f);
  weights.release();
  CHECK(weights.size() == 24);
  CHECK(weights.values()[7] == 1.5f);
  // A huge array may be described, if nobody asks for its values.
  CHECK(nn::Weights({1U << 30, 1U << 20}).size() == std::size_t{1} << 50);
  CHECK(nn::Weights().empty());
  CHECK(nn::Weights({3, 0}).empty());
  CHECK(nn::Weights().values().empty());
}
