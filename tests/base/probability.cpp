#include <einet/base/probability.hpp>

#include <cmath>
#include <limits>

#include <catch.hpp>

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
