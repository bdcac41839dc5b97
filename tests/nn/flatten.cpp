#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"

#include <einet/nn/flatten.hpp>

using namespace einet;

TEST_CASE("flatten keeps every value in its place, both ways", "[nn][flatten]") {
  nn::Flatten flatten;
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true};
  const nn::Tensor x = test::random_tensor(3, {2, 5, 4}, 1);
  nn::Tensor y;
  nn::Tensor dx;
  flatten.forward(x, y, pass);
  CHECK(nn::image_shape(y) == nn::Shape{1, 1, 40});
  CHECK(test::difference(test::values(y), test::values(x)) == 0.);
  flatten.backward(x, y, y, &dx, pass);
  CHECK(test::difference(dx, x) == 0.);
}
