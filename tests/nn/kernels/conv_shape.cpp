#include "catch.hpp"

#include <einet/nn/conv_shape.hpp>
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

TEST_CASE("shapes that make no sense are refused by field", "[nn][conv2d]") {
  CHECK_NOTHROW(validate(ConvShape{{32, 32, 3}, 64, 3, 1, 1}));
  CHECK_THROWS_WITH(validate(ConvShape{{0, 32, 3}, 64, 3, 1, 1}), ContainsSubstring("in.height"));
  CHECK_THROWS_WITH(validate(ConvShape{{32, 0, 3}, 64, 3, 1, 1}), ContainsSubstring("in.width"));
  CHECK_THROWS_WITH(validate(ConvShape{{32, 32, 0}, 64, 3, 1, 1}), ContainsSubstring("in.channels"));
  CHECK_THROWS_WITH(validate(ConvShape{{32, 32, 3}, 0, 3, 1, 1}), ContainsSubstring("out_channels"));
  CHECK_THROWS_WITH(validate(ConvShape{{32, 32, 3}, 64, 0, 1, 1}), ContainsSubstring("kernel"));
  CHECK_THROWS_WITH(validate(ConvShape{{32, 32, 3}, 64, 3, 0, 1}), ContainsSubstring("stride"));
  CHECK_THROWS_WITH(validate(ConvShape{{2, 32, 3}, 64, 5, 1, 1}), ContainsSubstring("in.height"));
  constexpr std::size_t huge = (std::numeric_limits<std::size_t>::max)();
  CHECK_THROWS_AS(validate(ConvShape{{huge, 32, 3}, 64, 3, 1, 1}), std::invalid_argument);
  CHECK_THROWS_AS(validate(ConvShape{{32, 32, huge / 8}, 64, 3, 1, 1}), std::invalid_argument);
  CHECK_THROWS_WITH(validate(ConvShape{{32, 32, 3}, 64, 3, 1, huge / 2}), ContainsSubstring("padding is "));
  CHECK_THROWS_WITH(validate(ConvShape{{32, 32, 3}, 64, 3, 1, huge / 2 + 1}),
                    ContainsSubstring("padding is "));
  CHECK_THROWS_WITH(validate(ConvShape{{32, 32, 3}, 64, huge, 1, 0}), ContainsSubstring("kernel is "));
  CHECK_THROWS_WITH(validate(ConvShape{{32, 32, 3}, 64, 3, huge, 0}), ContainsSubstring("stride is "));
  CHECK_THROWS_WITH(validate(ConvShape{{2, 32, 3}, 64, 5, 1, 1}),
                    ContainsSubstring("convolution shape: kernel is 5, expected at most the 4 of in.height"));
}
