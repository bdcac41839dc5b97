#include "catch.hpp"

#include <einet/nn/tensor.hpp>
#include <einet/nn/workspace.hpp>

#include <algorithm>
#include <cstdint>
#include <set>

using namespace einet;

TEST_CASE("tensors keep their memory while their size is unchanged", "[nn][workspace]") {
  nn::Tensor tensor;
  nn::resize(tensor, 2, {3, 4, 5});
  CHECK(tensor.shape(0) == 2);
  CHECK(nn::image_shape(tensor) == nn::Shape{3, 4, 5});
  CHECK(&tensor(1, 2, 3, 4) == tensor.data() + ((1 * 3 + 2) * 4 + 3) * 5 + 4);  // channels are innermost
  std::fill(tensor.data(), tensor.data() + tensor.size(), 7.f);
  const float* const before = tensor.data();
  nn::resize(tensor, 2, {3, 4, 5});
  CHECK(tensor.data() == before);
  CHECK(tensor(1, 2, 3, 4) == 7.f);
  nn::resize(tensor, 2, {4, 3, 5});
  CHECK(nn::image_shape(tensor) == nn::Shape{4, 3, 5});
}

TEST_CASE("scratch is the same for the same use, and separate for another", "[nn][workspace]") {
  nn::Workspace workspace;
  float* const first = workspace.floats(100);
  CHECK(workspace.floats(10) == first);
  CHECK(workspace.floats(100) == first);
  nn::Tensor& gradient = workspace.gradient(2, {3, 4, 5}, 0);
  CHECK(&workspace.gradient(2, {3, 4, 5}, 0) == &gradient);
  CHECK(&workspace.gradient(2, {3, 4, 5}, 1) != &gradient);
  CHECK(&workspace.gradient(2, {4, 3, 5}, 0) != &gradient);
  CHECK(&workspace.gradient(3, {3, 4, 5}, 0) == &gradient);  // the last batch of an epoch
  CHECK(gradient.shape(0) == 3);
  CHECK(workspace.score_gradients(3).size() == 3);
}

TEST_CASE("the parts of a pass draw their own numbers", "[nn][workspace]") {
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true, 9};
  std::set<std::uint64_t> seeds{pass.seed};
  for (std::uint64_t part = 0; part < 10; ++part) {
    const nn::Pass own = pass.part(part);
    CHECK(own.workspace == &workspace);
    CHECK(own.training);
    seeds.insert(own.seed);
    for (std::uint64_t within = 0; within < 10; ++within) seeds.insert(own.part(within).seed);
  }
  CHECK(seeds.size() == 111);
}
