#include "../../catch.hpp"

#include <einet/nn/inference/paced_stop.hpp>

#include <cstddef>

using namespace einet;
using nn::PacedStop;
using nn::poll_interval;

namespace {

/// Counts its polls, and asks to stop from a given one on.
struct CountedPolls {
  std::size_t* polls;
  std::size_t from;
  [[nodiscard]] bool stop_requested() const noexcept { return ++*polls >= from; }
};

}  // namespace

TEST_CASE("a stop is polled whenever an interval's work is done, and not before", "[nn][paced_stop]") {
  std::size_t polls = 0;
  const CountedPolls asked{&polls, 4};
  PacedStop stop(asked);
  CHECK(stop.possible());
  CHECK_FALSE(stop.after(poll_interval - 1));
  CHECK(polls == 0);
  CHECK_FALSE(stop.after(1));
  CHECK(polls == 1);
  CHECK_FALSE(stop.after(3 * poll_interval));  // one long piece of work is followed by one poll
  CHECK(polls == 2);
  CHECK_FALSE(stop.after(poll_interval - 1));
  CHECK_FALSE(stop.now());
  CHECK(polls == 3);
  CHECK_FALSE(stop.after(poll_interval - 1));  // it counts from the last poll on
  CHECK(polls == 3);
  CHECK(stop.after(1));
}

TEST_CASE("a stop that never comes is never polled", "[nn][paced_stop]") {
  for (PacedStop stop : {PacedStop(), PacedStop(never_stop{})}) {
    CHECK_FALSE(stop.possible());
    CHECK_FALSE(stop.after(~std::size_t{0}));
    CHECK_FALSE(stop.now());
    CHECK_FALSE(stop.after(100 * poll_interval));
  }
}
