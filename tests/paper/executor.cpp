#include "catch.hpp"

#include <einet/paper/executor.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

using einet::Serial;
using einet::task_executor;

namespace {

struct Throwing {  // may throw, because it is not noexcept
  template <class Body>
  void operator()(std::size_t, const Body&) const {}
};
struct CountOnly {
  void operator()(std::size_t) const noexcept {}
};
struct MoveOnly : Serial {
  std::unique_ptr<int> owned;
};

/// An executor as a caller may write it: backwards, and every piece twice.
struct Backwards {
  template <class Body>
  void operator()(std::size_t count, const Body& body) const noexcept {
    for (std::size_t k = 2 * count; k-- > 0;) body(k / 2);
  }
};

}  // namespace

static_assert(task_executor<Serial> && task_executor<Backwards>);
static_assert(!task_executor<Throwing> && !task_executor<CountOnly> && !task_executor<MoveOnly>);
static_assert(!task_executor<int> && !task_executor<std::string>);

TEST_CASE("the serial executor does every piece once, in order", "[paper][executor]") {
  std::vector<std::size_t> done;
  Serial{}(5, [&](std::size_t k) { done.push_back(k); });
  CHECK(done == std::vector<std::size_t>{0, 1, 2, 3, 4});
}

TEST_CASE("the serial executor does nothing if there are no pieces", "[paper][executor]") {
  std::size_t calls = 0;
  Serial{}(0, [&](std::size_t) { ++calls; });
  CHECK(calls == 0);
}
