#include "../counting_new.hpp"
#include "catch.hpp"

#include <einet/nn/weights.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

using namespace einet;

TEST_CASE("weights take memory when somebody asks for their values, and give it back", "[nn][weights]") {
  const std::vector<std::size_t> shape{2, 3, 4};
  nn::Weights weights(shape, 1.5f);
  const std::size_t before = test::allocations();
  CHECK(weights.size() == 24);
  CHECK_FALSE(weights.empty());
  CHECK(test::allocations() == before);
  CHECK(weights.shape() == shape);
  REQUIRE(std::as_const(weights).values().size() == 24);
  CHECK(test::allocations() == before + 1);
  CHECK(std::ranges::count(weights.values(), 1.5f) == 24);
  CHECK(reinterpret_cast<std::uintptr_t>(weights.values().data()) % buffer_alignment == 0);
  weights.values()[7] = 3.f;
  const nn::Weights copy = weights;
  CHECK(copy.values()[7] == 3.f);
  weights.release();
  CHECK(weights.size() == 24);
  CHECK(weights.values()[7] == 1.5f);
  CHECK(copy.values()[7] == 3.f);
}

TEST_CASE("an array without a shape is empty, and one with a side of 0 too", "[nn][weights]") {
  CHECK(nn::Weights().empty());
  CHECK(nn::Weights().values().empty());
  CHECK(nn::Weights({3, 0}).empty());
}
