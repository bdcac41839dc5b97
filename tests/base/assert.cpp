#include <einet/base/assert.hpp>

#include <stdexcept>

#include <catch.hpp>

TEST_CASE("errors are exceptions where exceptions are enabled", "[base][throw]") {
  CHECK_THROWS_AS(EINET_THROW(std::invalid_argument("a")), std::invalid_argument);
}
