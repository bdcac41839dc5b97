#pragma once
// Counts allocations, so that a test can promise there were none. counting_new.cpp, linked once into every
// test executable, replaces the global operator new.

#include <cstddef>

namespace einet::test {

/// How often this thread has called operator new, in any form.
[[nodiscard]] std::size_t allocations() noexcept;

}  // namespace einet::test
