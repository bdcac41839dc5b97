#include "catch.hpp"

#include <einet/nn/inference/features.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace einet;

TEST_CASE("an image is loaded to its place, pixel by pixel, and nothing else is touched", "[nn][features]") {
  // 2×1 pixels of 3 channels, 5 floats apart.
  nn::Features features(nn::Place{4, {2, 1, 3}, 5}, 16, 7);
  CHECK(features.size() == 23);
  CHECK(features.scratch() == features.maps() + 16);
  CHECK(reinterpret_cast<std::uintptr_t>(features.maps()) % buffer_alignment == 0);
  std::fill_n(features.maps(), 16, 9.f);
  features.load(std::vector<float>{1, 2, 3, 4, 5, 6});
  CHECK(std::vector<float>(features.maps(), features.maps() + 16) ==
        std::vector<float>{9, 9, 9, 9, 1, 2, 3, 9, 9, 4, 5, 6, 9, 9, 9, 9});
}
