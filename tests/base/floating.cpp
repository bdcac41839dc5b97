#include <einet/base/floating.hpp>

#include <cmath>
#include <limits>

#include <catch.hpp>

namespace {

template <class T>
constexpr T inf = std::numeric_limits<T>::infinity();
template <class T>
constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

static_assert(einet::is_finite(0.f) && einet::is_finite(-1e308) && !einet::is_finite(inf<double>));
static_assert(einet::is_nan(not_a_number<float>) && !einet::is_nan(inf<float>) && !einet::is_nan(1.0));
static_assert(einet::is_probability(0.f) && einet::is_probability(-0.) && einet::is_probability(1.f));
static_assert(!einet::is_probability(-1e-9) && !einet::is_probability(1 + 1e-9));
static_assert(!einet::is_probability(inf<float>) && !einet::is_probability(not_a_number<double>));
static_assert(einet::as_probability(not_a_number<float>) == 0 && einet::as_probability(0.25f) == 0.25f);

}  // namespace

TEMPLATE_TEST_CASE("a number's kind agrees with the standard library's", "[base][floating]", float, double) {
  using Limits = std::numeric_limits<TestType>;
  for (const TestType value :
       {TestType{0}, TestType{1}, (Limits::min)(), Limits::denorm_min(), (Limits::max)(), inf<TestType>,
        not_a_number<TestType>, Limits::signaling_NaN()})
    for (const TestType sign : {TestType{1}, TestType{-1}}) {
      const TestType signed_value = std::copysign(value, sign);
      CHECK(einet::is_finite(signed_value) == static_cast<bool>(std::isfinite(signed_value)));
      CHECK(einet::is_nan(signed_value) == static_cast<bool>(std::isnan(signed_value)));
    }
}

TEST_CASE("a confidence outside [0, 1] counts as the nearer end and NaN as 0", "[base][floating]") {
  const float one_up = std::nextafter(1.f, 2.f), one_down = std::nextafter(1.f, 0.f);
  CHECK(einet::as_probability(one_up) == 1.f);
  CHECK(einet::as_probability(one_down) == one_down);
  CHECK(einet::as_probability(1.f) == 1.f);
  CHECK(einet::as_probability(inf<float>) == 1.f);
  CHECK(einet::as_probability(3e38f) == 1.f);
  for (const float low :
       {-0.f, -1e-45f, -0.5f, -3e38f, -inf<float>, not_a_number<float>, -not_a_number<float>}) {
    CHECK(einet::as_probability(low) == 0.f);
    CHECK_FALSE(std::signbit(einet::as_probability(low)));
  }
  CHECK(einet::as_probability(1e-45f) == 1e-45f);
}

TEST_CASE("a rounding beyond [0, 1] passes for a probability, more does not", "[base][probability]") {
  using Limits = std::numeric_limits<float>;
  for (const float value : {0.f, -0.f, 1.f, .5f, Limits::denorm_min(), -Limits::denorm_min(),
                            std::nextafter(1.f, 2.f), 1.000001f, -1e-6f}) {
    CAPTURE(value);
    CHECK(einet::nearly_probability(value));
  }
  for (const float value : {1.001f, -.001f, 2.f, -1.f, (Limits::max)(), Limits::infinity(),
                            -Limits::infinity(), Limits::quiet_NaN(), Limits::signaling_NaN()}) {
    CAPTURE(value);
    CHECK_FALSE(einet::nearly_probability(value));
  }
}
