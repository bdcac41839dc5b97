#include "../../catch.hpp"

#include <einet/nn/inference/step.hpp>

#include <array>
#include <vector>

using namespace einet;

TEST_CASE("a step sees its maps where they lie, pixel by pixel", "[nn][step]") {
  std::vector<float> arena(40), scratch(3);
  const std::array<nn::Place, 2> inputs{{{4, {2, 2, 3}, 5}, {30, {1, 1, 2}, 2}}};
  const nn::Place output{1, {2, 2, 2}, 5};
  const nn::StepMaps maps(arena.data(), inputs, output, scratch.data());
  CHECK(maps.inputs() == 2);
  CHECK(maps.in().data == arena.data() + 4);
  CHECK(maps.in().shape == nn::Shape{2, 2, 3});
  CHECK(maps.in().pixel(3) == arena.data() + 4 + 15);
  CHECK(maps.in(1).data == arena.data() + 30);
  CHECK(maps.out().pixel(2) == arena.data() + 11);
  CHECK(maps.scratch() == scratch.data());
}
