#include "catch.hpp"
#include "profile/fixture.hpp"

#include <einet/profile/gather_confidences.hpp>

#include <array>
#include <cstdint>
#include <vector>

using namespace einet;
using einet::test::Uneven;

TEST_CASE("the confidence profile holds what every exit said of every sample",
          "[profile][gather_confidences]") {
  const std::vector<Uneven> blocks{{1, 1}, {1, 1}};
  VirtualTime time;
  Uneven::Features features{&time};
  std::size_t calls = 0;
  const auto profile = gather_confidences<2>(
      blocks, features, 5, [](Uneven::Features& f, std::size_t sample) { f.run = sample; },
      [](std::size_t sample) { return sample % 2 == 0 ? sample : 99; }, [&](std::size_t) { ++calls; });
  CHECK(calls == 5);
  REQUIRE(profile.size() == 5);
  CHECK(profile.predicted[3] == std::array<std::int32_t, 2>{3, 3});
  CHECK(profile.correct(2, 1));
  CHECK_FALSE(profile.correct(3, 1));
  CHECK(profile.accuracy() == std::array<float, 2>{0.6f, 0.6f});
  CHECK(profile.every(2, 1).label == std::vector<std::int32_t>{99, 99});
}
