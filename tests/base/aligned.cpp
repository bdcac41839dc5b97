#include "catch.hpp"

#include <einet/base/aligned.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

using einet::AlignedVector;

TEST_CASE("an aligned vector starts at its alignment, whatever its length", "[base][aligned]") {
  std::vector<AlignedVector<float>> all;
  for (std::size_t length = 1; length < 40; ++length) {
    all.emplace_back(length, 1.f);
    if (reinterpret_cast<std::uintptr_t>(all.back().data()) % 64 != 0) FAIL(length);
    AlignedVector<char, 4096> page(length);
    page.resize(10 * length);
    if (reinterpret_cast<std::uintptr_t>(page.data()) % 4096 != 0) FAIL(length);
  }
}

TEST_CASE("a size that memory cannot count is refused, not rounded down", "[base][aligned]") {
  einet::detail::AlignedAllocator<double, 64> allocator;
  CHECK_THROWS_AS(allocator.allocate(static_cast<std::size_t>(-1) / sizeof(double) + 1),
                  std::bad_array_new_length);
}

TEST_CASE("rows are padded to whole cache lines", "[base][aligned]") {
  for (std::size_t length = 0; length < 50; ++length) {
    const std::size_t padded = einet::detail::padded(length);
    CHECK(padded >= length);
    CHECK(padded < length + 16);
    CHECK(padded * sizeof(float) % 64 == 0);
  }
}
