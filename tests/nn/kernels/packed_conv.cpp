#include "../plain_conv.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/packed_conv.hpp>

using namespace einet;
using einet::test::ContainsSubstring;

TEST_CASE("a packed convolution keeps every weight once", "[nn][conv2d]") {
  std::mt19937 random{7};
  const nn::ConvShape shape{{5, 5, 3}, 21, 3, 1, 1};
  const auto w = test::random_values(shape.weights(), random);
  double sum = 0, packed = 0;
  for (const float value : w) sum += value;
  const nn::PackedConv<> pack{shape, w};
  for (std::size_t i = 0; i < pack.vectors() * xsimd::batch<float>::size * pack.depth(); ++i) {
    packed += pack.weights()[i];
  }
  CHECK_THAT(packed, test::WithinAbs(sum, 1e-4));
}

TEST_CASE("taps that only meet padding are not packed", "[nn][conv2d]") {
  const nn::ConvShape shape{{1, 1, 4}, 8, 3, 1, 1};
  const std::vector<float> w(shape.weights());
  CHECK(nn::PackedConv<>{shape, w}.depth() == 4);
  CHECK(nn::PackedConv<>::for_input_gradient(shape, w).depth() == 8);
}

TEST_CASE("weights or bias of another size are refused with both numbers", "[nn][conv2d]") {
  const nn::ConvShape shape{{4, 4, 2}, 3, 3, 1, 1};
  const std::vector<float> w(54), few(53), bias(2);
  CHECK_THROWS_WITH(nn::PackedConv<>(shape, few), ContainsSubstring("53") && ContainsSubstring("54"));
  CHECK_THROWS_WITH(nn::PackedConv<>(shape, w, bias), ContainsSubstring("bias"));
  CHECK_THROWS_AS(nn::PackedConv<>(nn::ConvShape{{4, 4, 2}, 3, 7, 1, 1}, w), std::invalid_argument);
}
