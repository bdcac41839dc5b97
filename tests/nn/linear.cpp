#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"

#include <einet/nn/linear.hpp>

using namespace einet;
using test::difference;

TEST_CASE("the linear layer equals PyTorch's, forward and backward", "[nn][linear][pytorch]") {
  const test::Fixture fixture("linear");
  nn::Linear linear(19, 11);
  test::set(linear, "weight", fixture["weight"]);
  test::set(linear, "bias", fixture["bias"]);
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true};
  const nn::Tensor x = fixture.tensor("x");
  nn::Tensor y;
  nn::Tensor dx;
  linear.forward(x, y, pass);
  CHECK(difference(y, fixture.tensor("y")) < 1e-5);
  linear.backward(x, y, fixture.tensor("dy"), &dx, pass);
  CHECK(difference(dx, fixture.tensor("dx")) < 1e-5);
  CHECK(difference(test::parameter(linear, "weight").gradient, fixture["dweight"].values) < 1e-5);
  CHECK(difference(test::parameter(linear, "bias").gradient, fixture["dbias"].values) < 1e-5);
}

TEST_CASE("the linear layer's gradients agree with finite differences", "[nn][linear]") {
  for (const std::size_t batch : std::vector<std::size_t>{1, 3, 20}) {
    nn::Linear linear(batch + 6, 2 * batch + 1);
    test::randomise(linear, batch);
    test::check_gradients(linear, test::random_tensor(batch, {1, 1, batch + 6}, batch), batch);
  }
}

TEST_CASE("a linear layer refuses maps and other lengths", "[nn][linear]") {
  const nn::Linear linear(12, 3);
  CHECK(linear.output({1, 1, 12}) == nn::Shape{1, 1, 3});
  CHECK_THROWS_WITH((linear.output({2, 2, 3})), test::ContainsSubstring("Flatten"));
  CHECK_THROWS_AS(linear.output({1, 1, 11}), std::invalid_argument);
  CHECK_THROWS_AS(nn::Linear(0, 3), std::invalid_argument);
}
