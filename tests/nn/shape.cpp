#include "catch.hpp"

#include <einet/nn/shape.hpp>

using namespace einet::nn;

static_assert(Shape{} == Shape{1, 1, 1});
static_assert(Shape{2, 3, 5}.size() == 30 && Shape{2, 3, 5}.pixels() == 6);
static_assert(Extent{3} == Extent{3, 3} && !(Extent{3, 2} == Extent{2, 3}));
static_assert(Padding{2} == Padding{2, 2, 2, 2});

TEST_CASE("two numbers of a padding are for rows and for columns, four for each side", "[nn][shape]") {
  const Padding two{1, 2}, four{1, 2, 3, 4};
  CHECK(two == Padding{1, 1, 2, 2});
  CHECK(four.top == 1);
  CHECK(four.bottom == 2);
  CHECK(four.left == 3);
  CHECK(four.right == 4);
  CHECK(einet::nn::detail::text({4, 5, 6}) == "4x5x6");
}

TEST_CASE("a size that is too small is refused by its name", "[nn][shape]") {
  CHECK_NOTHROW(einet::nn::detail::at_least("pool", "width", 1));
  CHECK_NOTHROW(einet::nn::detail::at_least("pool", "width", 5, 5));
  CHECK_THROWS_WITH(einet::nn::detail::at_least("pool", "width", 0), "pool: width is 0, expected at least 1");
  CHECK_THROWS_WITH(einet::nn::detail::at_least("pool", {"width", 3}, 4, 5),
                    "pool: width[3] is 4, expected at least 5");
}
