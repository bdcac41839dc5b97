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
  CHECK_FALSE(profile.has_shapes());
  CHECK(profile.every(2, 1).label == std::vector<std::int32_t>{99, 99});
}

TEST_CASE("outputs that tell their shape give the profile margins and entropies",
          "[profile][gather_confidences]") {
  struct Shaped {
    float margin;
    void advance(std::size_t&) const {}
    ShapedAnswer classify(const std::size_t& sample) const {
      return {1, .5f, {margin, static_cast<float>(sample)}};
    }
  };
  const std::vector<Shaped> blocks{{1.f}, {2.f}};
  std::size_t features = 0;
  const auto profile = gather_confidences<2>(
      blocks, features, 3, [](std::size_t& f, std::size_t sample) { f = sample; },
      [](std::size_t) { return 1; }, [](std::size_t) {});
  REQUIRE(profile.has_shapes());
  CHECK(profile.shape[2] == std::array<OutputShape, 2>{{{1.f, 2.f}, {2.f, 2.f}}});
}
