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

TEST_CASE("a confidence profile with shapes keeps them in its parts, and refuses those that are none",
          "[profile][confidence_profile]") {
  const ConfidenceProfile<2> sound{{{0.f, 1.f}, {0.5f, 0.25f}},
                                   {{1, 2}, {1, 1}},
                                   {1, 2},
                                   {{{{30.f, 0.f}, {1.f, 2.f}}}, {{{3.f, 4.f}, {0.f, 0.5f}}}}};
  CHECK_NOTHROW(validate(sound));
  CHECK(sound.has_shapes());
  const auto part = sound.every(2, 1);
  REQUIRE(part.has_shapes());
  CHECK(part.shape[0][0] == einet::OutputShape{3.f, 4.f});
  auto bad = sound;
  bad.shape[1][0].margin = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("margin[1][0] is inf"));
  bad = sound;
  bad.shape[0][1].entropy = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("entropy[0][1]"));
  bad.shape[0][1].entropy = -1.f;
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("entropy[0][1] is -1"));
  bad = sound;
  bad.shape.pop_back();
  CHECK_THROWS_WITH(validate(bad), ContainsSubstring("shape has 1 samples, label has 2"));
  CHECK_FALSE(bad.has_shapes());
}
