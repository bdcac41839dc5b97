#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"

#include <einet/nn/adaptive_average_pool.hpp>

using namespace einet;
using test::difference;

TEST_CASE("adaptive average pooling equals PyTorch's, forward and backward",
          "[nn][adaptive_average_pool][pytorch]") {
  const test::Fixture fixture("adaptive_average_pool");
  std::size_t cases = 0;
  for (; fixture.contains("case" + std::to_string(cases) + ".sizes"); ++cases) {
    const std::string name = "case" + std::to_string(cases) + ".";
    INFO(name);
    nn::AdaptiveAveragePool pool(fixture.sizes(name + "sizes")[0]);
    nn::Workspace workspace;
    const nn::Pass pass{&workspace, true};
    const nn::Tensor x = fixture.tensor(name + "x");
    nn::Tensor y;
    nn::Tensor dx;
    pool.forward(x, y, pass);
    CHECK(difference(y, fixture.tensor(name + "y")) < 1e-6);
    pool.backward(x, y, fixture.tensor(name + "dy"), &dx, pass);
    CHECK(difference(dx, fixture.tensor(name + "dx")) < 1e-6);
  }
  CHECK(cases == 5);
}

TEST_CASE("adaptive average pooling's gradient agrees with finite differences",
          "[nn][adaptive_average_pool]") {
  nn::AdaptiveAveragePool pool(3);
  test::check_gradients(pool, test::random_tensor(2, {7, 5, 9}, 1), 2);
}

TEST_CASE("adaptive average pooling never enlarges", "[nn][adaptive_average_pool]") {
  const nn::AdaptiveAveragePool pool(8);
  CHECK(pool.output({32, 32, 4}) == nn::Shape{8, 8, 4});
  CHECK(pool.output({2, 20, 4}) == nn::Shape{2, 8, 4});
  CHECK(pool.output({1, 1, 4}) == nn::Shape{1, 1, 4});
  CHECK_THROWS_AS(nn::AdaptiveAveragePool(0), std::invalid_argument);
  CHECK_THROWS_AS(pool.output({0, 4, 4}), std::invalid_argument);
}
