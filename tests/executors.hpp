#pragma once
// An executor that does everything that the concept allows.

#include <einet/paper/executor.hpp>

#include <cstddef>

namespace einet::test {

/// From the last piece of work to the first, each done twice.
struct BackwardsTwice {
  template <class Body>
  void operator()(std::size_t count, const Body& body) const noexcept {
    for (std::size_t k = count; k-- > 0;) {
      body(k);
      body(k);
    }
  }
};
static_assert(task_executor<BackwardsTwice>);

}  // namespace einet::test
