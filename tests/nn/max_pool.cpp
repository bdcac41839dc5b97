#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"

#include <einet/nn/max_pool.hpp>

#include <limits>

using namespace einet;
using test::difference;

TEST_CASE("max pooling equals PyTorch's, ties included, forward and backward", "[nn][max_pool][pytorch]") {
  const test::Fixture fixture("max_pool");
  std::size_t cases = 0;
  for (; fixture.contains("case" + std::to_string(cases) + ".sizes"); ++cases) {
    const std::string name = "case" + std::to_string(cases) + ".";
    INFO(name);
    const auto sizes = fixture.sizes(name + "sizes");
    nn::MaxPool pool(sizes[0], sizes[1], sizes[2]);
    nn::Workspace workspace;
    const nn::Pass pass{&workspace, true};
    const nn::Tensor x = fixture.tensor(name + "x");
    nn::Tensor y;
    nn::Tensor dx;
    pool.forward(x, y, pass);
    CHECK(difference(y, fixture.tensor(name + "y")) == 0.);
    pool.backward(x, y, fixture.tensor(name + "dy"), &dx, pass);
    CHECK(difference(dx, fixture.tensor(name + "dx")) < 1e-6);
  }
  CHECK(cases == 4);
}

TEST_CASE("max pooling's gradient agrees with finite differences", "[nn][max_pool]") {
  nn::MaxPool pool(2, 2);
  // Values are far apart, so that no step changes which one is largest.
  nn::Tensor x = test::random_tensor(2, {4, 6, 9}, 1);
  const auto order = nn::random_order(x.size(), 2);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = .1f * static_cast<float>(order[i]);
  test::check_gradients(pool, x, 3);
}

TEST_CASE("max pooling refuses what it cannot pool", "[nn][max_pool]") {
  CHECK_THROWS_AS(nn::MaxPool(0, 1), std::invalid_argument);
  CHECK_THROWS_AS(nn::MaxPool(2, 0), std::invalid_argument);
  CHECK_THROWS_AS(nn::MaxPool(2, 2, 2), std::invalid_argument);
  CHECK_THROWS_WITH((nn::MaxPool{}.output({1, 4, 3})), test::ContainsSubstring("at least 2"));
  CHECK(nn::MaxPool{}.output({7, 5, 3}) == nn::Shape{3, 2, 3});
}

TEST_CASE("max pooling refuses sizes that wrap around when they are added", "[nn][max_pool]") {
  constexpr std::size_t most = (std::numeric_limits<std::size_t>::max)();
  constexpr std::size_t half = most / 2 + 1;  // twice that is 0
  CHECK_THROWS_WITH(nn::MaxPool(2, 2, half), test::ContainsSubstring("MaxPool: padding is ") &&
                                                 test::ContainsSubstring("expected at most half the kernel"));
  CHECK_THROWS_WITH(nn::MaxPool(2, 2, half + 1), test::ContainsSubstring("MaxPool: padding is "));
  CHECK_THROWS_WITH(nn::MaxPool(most, 2, half - 1), test::ContainsSubstring("MaxPool: kernel is "));
  CHECK_THROWS_WITH(nn::MaxPool(2, most), test::ContainsSubstring("MaxPool: stride is "));
  CHECK_THROWS_WITH((nn::MaxPool(3, 2, 1).output({most, 4, 1})), test::ContainsSubstring("at most"));
  CHECK_THROWS_WITH((nn::MaxPool(3, 2, 1).output({4, most - 1, 1})), test::ContainsSubstring("at most"));
  CHECK(nn::MaxPool(8, 1, 4).output({4, 4, 1}) == nn::Shape{5, 5, 1});
}
