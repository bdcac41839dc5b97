#include "catch.hpp"

#include <einet/nn/shape.hpp>

using namespace einet;

TEST_CASE("one number stands for all sides", "[nn][shape]") {
  static_assert(nn::Extent(3) == nn::Extent(3, 3));
  static_assert(nn::Padding(2) == nn::Padding(2, 2, 2, 2));
  static_assert(nn::Padding(1, 2) == nn::Padding(1, 1, 2, 2));
  static_assert(nn::Shape{2, 3, 4}.size() == 24 && nn::Shape{2, 3, 4}.pixels() == 6);
  CHECK(nn::detail::text({2, 3, 4}) == "2x3x4");
}
