#include "catch.hpp"
#include "profile/fixture.hpp"

#include <einet/einet.hpp>
#include <einet/profile/measure_times.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <vector>

using namespace einet;
using einet::test::ContainsSubstring;
using einet::test::Uneven;
using einet::test::WithinAbs;

TEST_CASE("the time profile is the median of the blocks' times after warm-up", "[profile][measure_times]") {
  const std::vector<Uneven> blocks{{1, 0.5}, {2, 0.25}, {0, 0.125}};
  VirtualTime time;
  Uneven::Features features{&time};
  const auto measured = measure_times<3>(
      blocks, features, [](Uneven::Features& f, std::size_t run) { f.run = run; }, {3, 50},
      VirtualClock{time});
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK_THAT(measured.median.conv[k], WithinAbs(blocks[k].conv, 1e-9));
    CHECK_THAT(measured.median.branch[k], WithinAbs(blocks[k].branch, 1e-9));
    CHECK_THAT(measured.high.conv[k], WithinAbs(50 * blocks[k].conv, 1e-9));
    CHECK_THAT(measured.low.conv[k], WithinAbs(blocks[k].conv, 1e-9));
  }
}

TEST_CASE("the margin is the one that the given share of the runs kept", "[profile][measure_times]") {
  const std::vector<Uneven> blocks{{1, 0.5}, {2, 0.25}, {0, 0.125}};
  VirtualTime time;
  Uneven::Features features{&time};
  const auto measured = measure_times<3>(
      blocks, features, [](Uneven::Features& f, std::size_t run) { f.run = run; }, {3, 50},
      VirtualClock{time});
  // Seven runs of 50 took 50 times as long.
  REQUIRE(measured.slowness.size() == 50);
  CHECK_THAT(measured.margin(0.5), WithinAbs(1, 1e-9));
  CHECK_THAT(measured.margin(0.86), WithinAbs(1, 1e-9));
  CHECK_THAT(measured.margin(0.87), WithinAbs(50, 1e-6));
  CHECK_THAT(measured.margin(0.9999), WithinAbs(50, 1e-6));
  CHECK_THROWS_WITH(measured.margin(1), ContainsSubstring("reliability"));
  CHECK_THROWS_WITH(measured.margin(0), ContainsSubstring("reliability"));
  CHECK_THROWS_WITH(MeasuredTimes<3>{}.margin(0.9), ContainsSubstring("slowness"));
  auto quick = measured;
  quick.slowness = {0.5, 0.6, 0.7};
  CHECK(quick.margin(0.9) == 1);
}

TEST_CASE("measuring a network of another length is refused with both numbers", "[profile][measure_times]") {
  const std::vector<Uneven> blocks{{1, 1}};
  VirtualTime time;
  Uneven::Features features{&time};
  const auto load = [](Uneven::Features&, std::size_t) {};
  CHECK_THROWS_WITH(measure_times<3>(blocks, features, load),
                    ContainsSubstring("1") && ContainsSubstring("3"));
  CHECK_THROWS_AS((measure_times<1>(blocks, features, load, {0, 0})), std::invalid_argument);
}

TEST_CASE("settings that would measure nothing, or for ever, are refused by name",
          "[profile][measure_times]") {
  const std::vector<Uneven> blocks{{1, 1}};
  VirtualTime time;
  Uneven::Features features{&time};
  const auto load = [](Uneven::Features&, std::size_t) {};
  constexpr auto largest = static_cast<std::size_t>(-1);
  CHECK_THROWS_WITH((measure_times<1>(blocks, features, load, {0, 0})),
                    ContainsSubstring("MeasureOptions: repeats is 0, expected 1 to 1000000000"));
  // Their sum overflows to 0.
  CHECK_THROWS_WITH((measure_times<1>(blocks, features, load, {largest, 1})),
                    ContainsSubstring("warm_up is"));
  CHECK_THROWS_WITH((measure_times<1>(blocks, features, load, {1, largest})),
                    ContainsSubstring("repeats is"));
}

TEST_CASE("a reliability that is not a probability is refused", "[profile][measure_times]") {
  MeasuredTimes<1> measured;
  measured.slowness = {1};
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL, -1e-9, 0., 1.})
    CHECK_THROWS_WITH(measured.margin(bad), ContainsSubstring("MeasuredTimes::margin: reliability is "));
  CHECK_THROWS_WITH(measured.margin(-1e-9), ContainsSubstring("is -1e-09"));
}

namespace {

/// Needs scratch memory of its own, which changes as it runs.
struct Scratch {
  int parts = 0;
  void advance(einet::VirtualTime& time) { time.advance(++parts > 0 ? 1 : 0); }
  einet::Answer classify(const einet::VirtualTime&) { return {++parts, 0.5f}; }
};

}  // namespace

TEST_CASE("blocks that change are measured and profiled, too", "[profile][measure_times]") {
  std::vector<std::unique_ptr<Scratch>> network;
  for (int k = 0; k < 2; ++k) network.push_back(std::make_unique<Scratch>());
  einet::VirtualTime time;
  const auto measured = einet::measure_times<2>(
      network, time, [](einet::VirtualTime& on, std::size_t) { on.reset(); }, {.warm_up = 1, .repeats = 3},
      einet::VirtualClock{time});
  CHECK(measured.median.conv == std::array{1., 1.});
  CHECK(network[0]->parts == 8);
  const auto profile = einet::gather_confidences<2>(
      network, time, 4, [](einet::VirtualTime&, std::size_t) {}, [](std::size_t) { return 0; });
  CHECK(profile.samples() == 4);
  CHECK(network[1]->parts == 16);
}
