#include "catch.hpp"
#include "gradients.hpp"

#include <einet/nn/relu.hpp>

using namespace einet;

TEST_CASE("ReLU passes positive values and their gradients only", "[nn][relu]") {
  nn::Relu relu;
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true};
  const nn::Tensor x = test::random_tensor(3, {3, 5, 7}, 1);
  const nn::Tensor dy = test::random_tensor(3, {3, 5, 7}, 2);
  nn::Tensor y;
  nn::Tensor dx;
  relu.forward(x, y, pass);
  relu.backward(x, y, dy, &dx, pass);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const bool positive = x.data()[i] > 0.f;
    REQUIRE(y.data()[i] == (positive ? x.data()[i] : 0.f));
    REQUIRE(dx.data()[i] == (positive ? dy.data()[i] : 0.f));
  }
}
