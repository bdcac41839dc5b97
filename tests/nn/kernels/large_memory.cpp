#include "../../catch.hpp"

#include <einet/nn/kernels/large_memory.hpp>
#include <einet/posix/huge_pages.hpp>

#include <cstddef>
#include <cstdint>

using namespace einet;

TEST_CASE("what is as large as a huge page begins one", "[nn][large_memory]") {
  const auto begins = [](const nn::LargeVector& memory, std::size_t bytes) {
    return reinterpret_cast<std::uintptr_t>(memory.data()) % bytes == 0;
  };
  CHECK(begins(nn::LargeVector(100), buffer_alignment));
  const nn::LargeVector large(huge_page / sizeof(float) + 5, 1.f);
  CHECK(begins(large, huge_page));
  CHECK(large.back() == 1.f);
}
