#pragma once
// What runs independent pieces of work: the calling thread, unless the caller passes another executor, such
// as the one on oneTBB in parallel/.

#include <concepts>
#include <cstddef>

namespace einet {

/// `run(count, body)` calls body(0) … body(count − 1), each at least once, in any order and on any thread,
/// and returns when all have returned. The body must not throw, and must tolerate repeated calls.
// clang-format off
template <class E>
concept task_executor = std::copyable<E> && requires(const E& run, std::size_t count, void (*body)(std::size_t)) {
  { run(count, body) } noexcept;
};
// clang-format on

/// Runs the pieces one after another on the calling thread.
struct Serial {
  template <class Body>
  void operator()(std::size_t count, const Body& body) const noexcept {
    for (std::size_t k = 0; k < count; ++k) body(k);
  }
};

}  // namespace einet
