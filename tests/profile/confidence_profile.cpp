#include "catch.hpp"

#include <einet/profile/confidence_profile.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <vector>

using einet::ConfidenceProfile;
using einet::test::ContainsSubstring;

TEST_CASE("a confidence profile with gaps or invalid probabilities is refused",
          "[profile][confidence_profile]") {
  const ConfidenceProfile<2> sound{{{0.f, 1.f}, {0.5f, 0.25f}}, {{1, 2}, {1, 1}}, {1, 2}};
  CHECK_NOTHROW(validate(sound));
  auto bad = sound;
  bad.confidence[1][0] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("confidence[1][0]"));
  bad = sound;
  bad.confidence[0][1] = 1.5f;
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("confidence[0][1]"));
  bad = sound;
  bad.predicted.pop_back();
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("predicted"));
}

TEST_CASE("a confidence profile may hold values that rounding put outside [0, 1]",
          "[profile][confidence_profile]") {
  const float above = std::nextafter(1.f, 2.f);
  const ConfidenceProfile<2> rounded{{{above, -1e-7f}}, {{1, 2}}, {1}};
  CHECK_NOTHROW(validate(rounded));
}

TEST_CASE("taking parts of a confidence profile ends, whatever the stride", "[profile][confidence_profile]") {
  const ConfidenceProfile<1> profile{
      {{0.f}, {.25f}, {.5f}, {.75f}, {1.f}}, {{1}, {2}, {3}, {4}, {5}}, {1, 2, 3, 4, 5}};
  CHECK_THROWS_WITH(profile.every(0, 0),
                    ContainsSubstring("ConfidenceProfile::every: stride is 0, expected at least 1"));
  constexpr auto largest = static_cast<std::size_t>(-1);
  for (std::size_t first = 0; first < 7; ++first)
    for (const std::size_t stride : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5},
                                     largest - 4, largest - 1, largest}) {
      CAPTURE(first, stride);
      std::vector<std::int32_t> wanted;
      for (std::size_t s = 0; s < 5; ++s)
        if (s >= first && (s - first) % stride == 0) wanted.push_back(static_cast<std::int32_t>(s + 1));
      CHECK(profile.every(stride, first).label == wanted);
    }
  CHECK(profile.every(1, largest).samples() == 0);
}
