#include "catch.hpp"

#include <einet/nn/kernels/conv_shape.hpp>
#include <einet/nn/shape.hpp>

#include <limits>

using einet::nn::ConvShape;
using einet::test::ContainsSubstring;

TEST_CASE("a convolution's output shape and work follow from its sizes", "[nn][conv2d]") {
  const ConvShape same{{32, 16, 3}, 64, 3, 1, 1};
  CHECK(same.out() == einet::nn::Shape{32, 16, 64});
  CHECK(same.macs() == 32u * 16 * 64 * 27);
  const ConvShape strided{{7, 8, 1}, 2, 3, 2, 0};
  CHECK(strided.out() == einet::nn::Shape{3, 3, 2});
}

TEST_CASE("dilation, rectangular kernels and padding by side count in the output's shape, groups in the work",
          "[nn][conv2d]") {
  const ConvShape shape{{9, 10, 6}, 4, {3, 2}, {2, 1}, {1, 2, 0, 3}, {2, 3}, 2};
  CHECK(shape.out() == einet::nn::Shape{4, 10, 4});
  CHECK(shape.weights() == 4u * 3 * 6);
  CHECK(shape.macs() == 40u * 4 * 3 * 6);
}

TEST_CASE("shapes that make no sense are refused by field", "[nn][conv2d]") {
  CHECK_NOTHROW(validate(ConvShape{{32, 32, 3}, 64, 3, 1, 1}));
  const auto refused = [](const ConvShape& shape, const char* why) {
    CHECK_THROWS_WITH(validate(shape), ContainsSubstring("convolution: ") && ContainsSubstring(why));
  };
  constexpr std::size_t huge = (std::numeric_limits<std::size_t>::max)();
  refused({{0, 32, 3}, 64, 3, 1, 1}, "in.height is 0");
  refused({{32, 0, 3}, 64, 3, 1, 1}, "in.width is 0");
  refused({{32, 32, 0}, 64, 3, 1, 1}, "in.channels is 0");
  refused({{32, 32, 3}, 0, 3, 1, 1}, "channels is 0");
  refused({{32, 32, 3}, 64, {0, 3}, 1, 1}, "kernel.height is 0");
  refused({{32, 32, 3}, 64, 3, {1, 0}, 1}, "stride.width is 0");
  refused({{32, 32, 3}, 64, 3, 1, 1, {0, 1}}, "dilation.height is 0");
  refused({{32, 32, 3}, 64, 3, 1, 1, 1, 0}, "groups is 0");
  refused({{32, 32, 3}, 64, 3, 1, 1, 1, 2}, "in.channels is 3");
  refused({{32, 32, 4}, 63, 3, 1, 1, 1, 2}, "channels is 63");
  refused({{2, 32, 3}, 64, 5, 1, 1}, "kernel.height is 5");
  refused({{5, 5, 3}, 64, 3, 1, 0, {1, 3}}, "kernel.width is 3");
  refused({{32, 32, 3}, 64, 3, 1, huge / 2}, "padding.height is ");
  refused({{32, 32, 3}, 64, huge, 1, 0}, "kernel.height is ");
  refused({{32, 32, 3}, 64, 3, huge, 0}, "stride.height is ");
  CHECK_THROWS_AS(validate(ConvShape{{huge, 32, 3}, 64, 3, 1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(validate(ConvShape{{32, 32, huge / 8}, 64, 3, 1, 1}), std::invalid_argument);
}
