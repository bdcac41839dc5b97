#pragma once
// Stops at every poll.

#include "catch.hpp"

#include <cstddef>

namespace einet::test {

/// Asks to stop from poll number `at` on, and counts its polls.
struct StopAtPoll {
  std::size_t* polls;
  std::size_t at;
  bool stop_requested() const noexcept { return (*polls)++ >= at; }
};

/// run(stop), whether it came to its end, is stopped at each of its polls, or at about `most` of them, and
/// must return at once. Returns the number of polls of a run that is not stopped.
template <class Run>
std::size_t check_every_stop(const Run& run, std::size_t most = ~std::size_t{0}) {
  std::size_t all = 0;
  REQUIRE(run(StopAtPoll{&all, ~std::size_t{0}}));
  for (std::size_t at = 0; at < all; at += all / most + 1) {
    CAPTURE(at, all);
    std::size_t polls = 0;
    CHECK_FALSE(run(StopAtPoll{&polls, at}));
    CHECK(polls == at + 1);
  }
  std::size_t polls = 0;
  CHECK(run(StopAtPoll{&polls, all}));
  return all;
}

}  // namespace einet::test
