#include "../../catch.hpp"

#include <einet/nn/kernels/weight_memory.hpp>
#include <einet/posix/huge_pages.hpp>

#include <cstddef>
#include <cstdint>

using namespace einet;

TEST_CASE("weights as large as a huge page begin one", "[nn][weight_memory]") {
  const auto begins = [](const nn::WeightVector& weights, std::size_t bytes) {
    return reinterpret_cast<std::uintptr_t>(weights.data()) % bytes == 0;
  };
  CHECK(begins(nn::WeightVector(100), buffer_alignment));
  const nn::WeightVector large(huge_page / sizeof(float) + 5, 1.f);
  CHECK(begins(large, huge_page));
  CHECK(large.back() == 1.f);
}
