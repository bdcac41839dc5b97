#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/local_response_norm.hpp>

#include <cmath>

using namespace einet;
using test::ContainsSubstring;

TEST_CASE("local response norm equals PyTorch's", "[nn][local_response_norm][pytorch]") {
  const test::FixtureFile fixture("nn", "local_response_norm");
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string name = "case" + std::to_string(i) + ".";
    const std::vector<float>& n = fixture[name + "sizes"].values;
    nn::LocalResponseNorm layer({static_cast<std::size_t>(n[0]), n[1], n[2], n[3]});
    test::check_fixture(layer, fixture, name);
  }
}

TEST_CASE("local response norm's gradient agrees with finite differences", "[nn][local_response_norm]") {
  for (const float beta : {.75f, .4f}) {
    nn::LocalResponseNorm layer({4, .5f, beta, 1.f});
    test::check_gradients(layer, {test::random_maps(2, {2, 2, 19}, 1)}, 2);
  }
}

TEST_CASE("local response norm is the same in inference", "[nn][local_response_norm]") {
  for (const std::size_t channels : {1U, 5U, 37U})
    test::check_both_ways({3, 4, 2}, channels,
                          [](const nn::Map& x) { return local_response_norm(x, {.size = 3, .alpha = .5f}); });
}

TEST_CASE("NaN reaches all channels that have it in their window", "[nn][local_response_norm]") {
  nn::LocalResponseNorm layer({4, .5f, .75f, 1.f});
  test::check_nan(layer, {test::random_maps(2, {1, 2, 19}, 1)}, true,
                  [](std::size_t, std::size_t at, std::size_t to) {
                    return at / 19 == to / 19 && at + 2 >= to && at <= to + 1;
                  });
}

TEST_CASE("local response norm refuses options by name", "[nn][local_response_norm]") {
  CHECK_THROWS_WITH(nn::LocalResponseNorm({.size = 0}), ContainsSubstring("local_response_norm: size is 0"));
  CHECK_THROWS_WITH(nn::LocalResponseNorm({.alpha = -1.f}), ContainsSubstring("alpha is -1"));
  CHECK_THROWS_WITH(nn::LocalResponseNorm({.beta = std::nanf("")}), ContainsSubstring("beta is"));
  CHECK_THROWS_WITH(nn::LocalResponseNorm({.k = 0.f}), ContainsSubstring("k is 0"));
}
