#include "../../catch.hpp"

#include <einet/nn/training/tensor.hpp>

#include <algorithm>

using namespace einet;

TEST_CASE("tensors keep their memory while their size is unchanged", "[nn][tensor]") {
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
