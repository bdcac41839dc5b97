#include "../../catch.hpp"

#include <einet/nn/inference/features.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

using namespace einet;
using nn::Features;

TEST_CASE("an image is loaded to its place, also into a slice of a wider map", "[nn][features]") {
  const std::vector<float> image{1, 2, 3, 4, 5, 6, 7, 8};
  Features dense({16, {2, 2, 2}, 2}, 32, 5);
  dense.load(image);
  CHECK(std::equal(image.begin(), image.end(), dense.maps() + 16));
  CHECK(std::count(dense.maps(), dense.maps() + 16, 0.f) == 16);

  Features sliced({3, {2, 2, 2}, 5}, 32, 5);
  std::fill(sliced.maps(), sliced.maps() + 32, 9.f);
  sliced.load(image);
  CHECK(std::vector<float>(sliced.maps() + 3, sliced.maps() + 20) ==
        std::vector<float>{1, 2, 9, 9, 9, 3, 4, 9, 9, 9, 5, 6, 9, 9, 9, 7, 8});
}

TEST_CASE("scratch memory lies behind the maps", "[nn][features]") {
  const Features features({0, {1, 1, 2}, 2}, 32, 5);
  CHECK(features.size() == 37);
  CHECK(features.scratch() == features.maps() + 32);
  CHECK(reinterpret_cast<std::uintptr_t>(features.maps()) % buffer_alignment == 0);
}
