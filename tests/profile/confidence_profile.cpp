#include "catch.hpp"

#include <einet/profile/confidence_profile.hpp>

#include <limits>
#include <stdexcept>

using einet::ConfidenceProfile;
using einet::test::ContainsSubstring;

TEST_CASE("a confidence profile with holes or no probabilities is refused", "[profile][confidence_profile]") {
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
