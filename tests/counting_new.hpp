#pragma once
// Counts allocations and their bytes, so that a test can promise there were none, or how many.
// counting_new.cpp, linked once into every test executable, replaces the global operator new.

#include <cstddef>

namespace einet::test {

/// How often this thread has called operator new, in any form.
[[nodiscard]] std::size_t allocations() noexcept;

/// The most bytes that this thread had from operator new at once while f() ran, less those before.
template <class F>
[[nodiscard]] std::size_t most_bytes_of(const F& f);

namespace counting {
void start_counting_bytes() noexcept;
[[nodiscard]] std::size_t most_bytes() noexcept;
}  // namespace counting

template <class F>
std::size_t most_bytes_of(const F& f) {
  counting::start_counting_bytes();
  f();
  return counting::most_bytes();
}

}  // namespace einet::test
