#include "catch.hpp"
#include "profile/fixture.hpp"

#include <einet/profile/gather_confidences.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace einet;
using einet::test::ContainsSubstring;
using einet::test::Uneven;

TEST_CASE("the confidence profile holds the output of every exit for every sample",
          "[profile][gather_confidences]") {
  const std::vector<Uneven> blocks{{1, 1}, {1, 1}};
  VirtualTime time;
  Uneven::Features features{&time};
  std::size_t calls = 0;
  const auto profile = gather_confidences<2>(
      blocks, features, 5, [](Uneven::Features& f, std::size_t sample) { f.run = sample; },
      [](std::size_t sample) { return sample % 2 == 0 ? sample : 99; }, [&](std::size_t) { ++calls; });
  CHECK(calls == 5);
  REQUIRE(profile.samples() == 5);
  CHECK(profile.predicted[3] == std::array<std::int32_t, 2>{3, 3});
  CHECK(profile.correct(2, 1));
  CHECK_FALSE(profile.correct(3, 1));
  CHECK(profile.accuracy() == std::array<float, 2>{0.6f, 0.6f});
  CHECK(profile.every(2, 1).label == std::vector<std::int32_t>{99, 99});
}

namespace {

/// Answers with the sample's features, at exit 1 only.
struct Says {
  std::size_t exit;
  void advance(float&) const {}
  Answer classify(const float& said) const {
    return {static_cast<std::int32_t>(exit), exit == 1 ? said : .5f};
  }
};
constexpr std::array<Says, 3> saying{{{0}, {1}, {2}}};

}  // namespace

TEST_CASE("gathering needs only samples and labels", "[profile][gather_confidences]") {
  const std::vector<float> samples{.25f, .75f};
  const std::array<std::int64_t, 2> labels{1, 7};
  const auto profile = gather_confidences<3>(saying, samples, labels);
  CHECK(profile.confidence == std::vector<std::array<float, 3>>{{.5f, .25f, .5f}, {.5f, .75f, .5f}});
  CHECK(profile.predicted == std::vector<std::array<std::int32_t, 3>>(2, {0, 1, 2}));
  CHECK(profile.label == std::vector<std::int32_t>{1, 7});
  CHECK(samples == std::vector<float>{.25f, .75f});

  std::vector<std::size_t> seen;
  const auto same =
      gather_confidences<3>(saying, samples, labels, [&](std::size_t done) { seen.push_back(done); });
  CHECK(same.confidence == profile.confidence);
  CHECK(seen == std::vector<std::size_t>{1, 2});
  CHECK(gather_confidences<3>(saying, std::vector<float>{}, std::vector<int>{}).samples() == 0);
  CHECK_THROWS_WITH(gather_confidences<3>(saying, samples, std::vector<int>{1}),
                    ContainsSubstring("labels.size() is 1, expected as many as samples: 2"));
  CHECK_THROWS_WITH(gather_confidences<2>(saying, samples, labels),
                    ContainsSubstring("is 3, expected") && ContainsSubstring(": 2"));
}

TEST_CASE("a confidence that rounding has put outside [0, 1] does not end the pass over the data",
          "[profile][gather_confidences]") {
  const std::vector<float> samples{std::nextafter(1.f, 2.f), -1e-7f, .5f};
  const auto profile = gather_confidences<3>(saying, samples, std::array<int, 3>{});
  CHECK(profile.confidence[0][1] == 1.f);
  CHECK(profile.confidence[1][1] == 0.f);
  CHECK_NOTHROW(validate(profile));
}

TEST_CASE("an output that fits no profile ends the pass at its sample, by name",
          "[profile][gather_confidences]") {
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF, 1.1f, -.1f}) {
    CAPTURE(bad);
    std::vector<float> samples(100, .5f);
    samples[3] = bad;
    std::size_t done = 0;
    CHECK_THROWS_WITH(
        gather_confidences<3>(saying, samples, std::vector<int>(100), [&](std::size_t s) { done = s; }),
        ContainsSubstring("confidence profile: confidence[3][1] is "));
    CHECK(done == 3);
  }
  const std::vector<float> samples(2, .5f);
  CHECK_THROWS_WITH(
      gather_confidences<3>(saying, samples, std::vector<std::int64_t>{0, std::int64_t{1} << 32}),
      ContainsSubstring("confidence profile: label[1] is 4294967296"));
  CHECK_THROWS_WITH(gather_confidences<3>(saying, samples, std::vector<std::uint64_t>{0, ~std::uint64_t{0}}),
                    ContainsSubstring("label[1] is 18446744073709551615"));
}
