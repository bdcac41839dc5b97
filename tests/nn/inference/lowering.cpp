#include "../../catch.hpp"

#include <einet/nn/inference/lowering.hpp>

using namespace einet;

TEST_CASE("activation none and one map alone lower to nothing", "[nn][lowering]") {
  nn::Lowering lowering({2, 2, 3});
  CHECK(lowering.activation(lowering.image(), nn::Activation::none).id == lowering.image().id);
  CHECK(lowering.operations().empty());
  nn::ConvShape shape{{2, 2, 3}, 4};
  shape.stride = 0;
  const nn::Weights weights({4, 3, 3, 3});
  CHECK_THROWS_WITH(lowering.conv(lowering.image(), shape, weights, nullptr),
                    test::ContainsSubstring("stride"));
}
