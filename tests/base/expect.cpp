#include <einet/base/expect.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

#include <catch.hpp>

using einet::detail::expect;
using einet::detail::number;

namespace {

template <class T>
std::string refusal(einet::detail::Field field, T value) {
  try {
    expect(false, "Planner", field, value, "a probability");
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was thrown";
}

constexpr bool accepted_at_compile_time() {
  expect(true, "Uniform", "horizon", 1.0, "seconds > 0");
  return true;
}
static_assert(accepted_at_compile_time());

}  // namespace

TEST_CASE("a refusal names type, field, value and what was expected", "[base][expect]") {
  CHECK(refusal("initial", -1e-9) == "Planner: initial is -1e-09, expected a probability");
  CHECK(refusal({"conv", 3}, 7) == "Planner: conv[3] is 7, expected a probability");
  CHECK(refusal({"matrix", 3, 0}, std::size_t{7}) == "Planner: matrix[3][0] is 7, expected a probability");
}

TEST_CASE("a number in a message is told from its neighbours", "[base][expect]") {
  CHECK(number(std::nextafter(1.f, 2.f)) == "1.0000001");
  CHECK(number(std::nextafter(1.0, 0.0)) == "0.9999999999999999");
  CHECK(number(-0.0) == "-0");
  CHECK(number(0.1) == "0.1");
  CHECK(number(1e300) == "1e+300");
  CHECK(number(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(number(-std::numeric_limits<float>::infinity()) == "-inf");
  CHECK(number(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(number(true) == "true");
}
