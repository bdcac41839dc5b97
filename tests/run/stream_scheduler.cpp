#include "catch.hpp"
#include "counting_new.hpp"

#include <einet/run/stream_scheduler.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

/// Runs take 4 seconds if time is free, and 1 at a price of 3.
const PriceCurve four_to_one{std::array<PriceCurve::Point, 2>{{{0, 4}, {3, 1}}}};

}  // namespace

TEST_CASE("the sample that is due first is run first", "[run][stream_scheduler]") {
  StreamScheduler<4> scheduler{four_to_one};
  for (const auto& [id, due] : {std::pair{1U, 30.}, {2U, 10.}, {3U, 20.}, {4U, 10.}})
    CHECK_FALSE(scheduler.arrive({id, 0, due}));
  CHECK(scheduler.arrive({5, 0, 15})->id == 2);
  for (const std::uint64_t id : {4U, 5U, 3U, 1U}) CHECK(scheduler.take(1)->sample.id == id);
}

TEST_CASE("samples that are due at once are run in the order of their arrival", "[run][stream_scheduler]") {
  StreamScheduler<4> scheduler{four_to_one};
  CHECK_FALSE(scheduler.take(0));
  for (std::uint64_t id = 7; id < 10; ++id) CHECK_FALSE(scheduler.arrive({id, static_cast<double>(id), 100}));
  CHECK(scheduler.waiting() == 3);
  for (std::uint64_t id = 7; id < 10; ++id) {
    const auto turn = scheduler.take(20);
    REQUIRE(turn);
    CHECK(turn->sample.id == id);
    CHECK(turn->left == 80);
  }
  CHECK_FALSE(scheduler.take(20));
}

TEST_CASE("a sample that has no time left for a first answer is dropped", "[run][stream_scheduler]") {
  StreamScheduler<4> scheduler{four_to_one, {.first_answer = .5}};
  scheduler.arrive({1, 0, 10});
  scheduler.arrive({2, 0, 10.5});
  scheduler.arrive({3, 0, 10.75});
  std::vector<std::uint64_t> dropped;
  const auto turn = scheduler.take(10, [&](const StreamSample& sample) { dropped.push_back(sample.id); });
  REQUIRE(turn);
  CHECK(turn->sample.id == 3);
  CHECK(turn->left == .75);
  CHECK(dropped == std::vector<std::uint64_t>{1, 2});
  CHECK(scheduler.waiting() == 0);
}

TEST_CASE("a sample leaves those that wait the time for a first answer", "[run][stream_scheduler]") {
  StreamScheduler<4> scheduler{four_to_one, {.first_answer = 1}};
  scheduler.arrive({1, 0, 5});
  scheduler.arrive({2, 0, 5.5});
  scheduler.arrive({3, 0, 6});
  CHECK(scheduler.take(0)->left == 4);  // then 2 and 3 have a second each
  CHECK(scheduler.take(4)->left == 1);
  CHECK(scheduler.take(4.75)->left == 1.25);
  scheduler.arrive({4, 8, 10});
  scheduler.arrive({5, 8, 10.5});  // it comes too late whatever 4 does, which has little time itself
  CHECK(scheduler.take(8.75)->left == 1.25);
}

TEST_CASE("where too many wait, the one that is due first is dropped", "[run][stream_scheduler]") {
  StreamScheduler<2> scheduler{four_to_one};
  scheduler.arrive({1, 0, 10});
  scheduler.arrive({2, 1, 11});
  const auto dropped = scheduler.arrive({3, 2, 12});
  REQUIRE(dropped);
  CHECK(dropped->id == 1);
  CHECK(scheduler.take(2)->sample.id == 2);
  CHECK(scheduler.take(2)->sample.id == 3);
}

TEST_CASE("a sample may take its share of the time until those that wait are due",
          "[run][stream_scheduler]") {
  // One by one: 8 seconds are there for one, 4 for each of two, 2 for each of four; at twice that time, free.
  for (const auto& [waiting, price] : {std::pair{1U, 0.}, {2U, 0.}, {4U, 2.}, {8U, 3.}}) {
    StreamScheduler<8> scheduler{four_to_one};
    for (std::uint64_t id = 0; id < waiting; ++id) scheduler.arrive({id, 1000, 1008});
    CAPTURE(waiting);
    // The period is unknown or, at one moment, 0; so that it does not count, the arrivals lie far back.
    CHECK(scheduler.take(1000 + 0.)->price == (waiting == 1 ? 0 : 3));
  }
  StreamScheduler<8> scheduler{four_to_one};
  scheduler.arrive({0, -1e6, 1e9});
  CHECK(scheduler.take(0)->price == 0);
  for (std::uint64_t id = 1; id <= 4; ++id) scheduler.arrive({id, 1000, 1008});
  CHECK(scheduler.take(1000)->price == 2);
  CHECK(scheduler.take(1002)->price == 2);
  CHECK(scheduler.take(1002)->price == 1);  // those before took no time: 6 seconds are there for two
  CHECK(scheduler.take(1002)->price == 0);
}

TEST_CASE("on a slower device a first answer needs more time", "[run][stream_scheduler]") {
  StreamScheduler<4> scheduler{four_to_one, {.first_answer = 1}};
  for (int k = 0; k < 300; ++k) {
    scheduler.arrive({1, static_cast<double>(k), 1e6});
    scheduler.done(1.5 * four_to_one.busy(scheduler.take(k)->price));
  }
  CHECK_THAT(scheduler.pace(), WithinAbs(1.5, 1e-9));
  scheduler.arrive({2, 400, 401.25});
  CHECK_FALSE(scheduler.take(400));
  scheduler.arrive({3, 400, 401.75});
  CHECK(scheduler.take(400)->sample.id == 3);
}

TEST_CASE("in the long run a sample may take the time between two arrivals", "[run][stream_scheduler]") {
  StreamScheduler<8> scheduler{four_to_one, {.use = .8}};
  double price = 0;
  for (std::uint64_t id = 0; id < 200; ++id) {
    const double now = 2.5 * static_cast<double>(id);
    scheduler.arrive({id, now, now + 1000});
    price = scheduler.take(now)->price;
    scheduler.done(four_to_one.busy(price));  // the device keeps the curve's pace
  }
  CHECK_THAT(scheduler.period(200 * 2.5), WithinAbs(2.5, 1e-9));
  CHECK_THAT(scheduler.pace(), WithinAbs(1, 1e-9));
  CHECK_THAT(four_to_one.busy(price), WithinRel(.8 * 2.5, .02));
}

TEST_CASE("a slower device and preemptions raise the price until the stream is served",
          "[run][stream_scheduler]") {
  for (const auto& [slower, away] : {std::pair{1.5, 0.}, {1., .5}, {.5, 0.}}) {
    StreamScheduler<8> scheduler{four_to_one};
    double busy = 0;
    for (std::uint64_t id = 0; id < 500; ++id) {
      const double now = 2.5 * static_cast<double>(id);
      scheduler.arrive({id, now, now + 1000});
      busy = slower * four_to_one.busy(scheduler.take(now)->price);
      scheduler.done(busy);
      scheduler.away(away);
    }
    CAPTURE(slower, away);
    const double most = slower * four_to_one.most();
    CHECK_THAT(busy, WithinRel((std::min)(most, .95 * (2.5 - away)), .03));
    CHECK_THAT(scheduler.pace(), WithinRel(slower, .02));
  }
}

TEST_CASE("a scheduler neither allocates nor is confused by numbers that are none",
          "[run][stream_scheduler]") {
  StreamScheduler<8> scheduler{four_to_one};
  const std::size_t before = allocations();
  for (const double odd : {std::nan(""), HUGE_VAL, -HUGE_VAL, -1.}) {
    scheduler.done(odd);
    scheduler.away(odd);
    scheduler.arrive({0, odd, odd});
    static_cast<void>(scheduler.take(5));
  }
  for (std::uint64_t id = 0; id < 100; ++id) {
    scheduler.arrive({id, 10. + static_cast<double>(id), 1e4});
    const auto turn = scheduler.take(11. + static_cast<double>(id));
    if (turn) scheduler.done(1);
  }
  CHECK(allocations() == before);
  scheduler.arrive({1, 111, 1e4});
  const auto turn = scheduler.take(111);
  REQUIRE(turn);
  CHECK(turn->price >= 0);
  CHECK(turn->price <= 3);
}

TEST_CASE("options of a scheduler that make no sense are refused", "[run][stream_scheduler]") {
  const auto refuse = [](StreamOptions options, const char* field) {
    CHECK_THROWS_WITH(StreamScheduler<4>(four_to_one, options), ContainsSubstring(field));
  };
  refuse({.first_answer = -1}, "first_answer");
  refuse({.first_answer = std::nan("")}, "first_answer");
  refuse({.use = 0}, "use");
  refuse({.use = 1.5}, "use");
}
