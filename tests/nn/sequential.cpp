#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"

#include <einet/nn/flatten.hpp>
#include <einet/nn/linear.hpp>
#include <einet/nn/relu.hpp>
#include <einet/nn/sequential.hpp>

#include <string>
#include <vector>

using namespace einet;

namespace {

/// x ↦ relu(W x), then a sum of both: (a, b) ↦ relu(a + 2b) + relu(3a − b).
nn::Sequential sum_of_two() {
  nn::Sequential layers{nn::Linear{2, 2, false}, nn::Relu{}, nn::Linear{2, 1, false}};
  const auto set = [&](std::size_t layer, const std::vector<float>& values) {
    std::copy(values.begin(), values.end(), test::parameter(layers[layer], "weight").values.begin());
  };
  set(0, {1, 2, 3, -1});
  set(2, {1, 1});
  return layers;
}

nn::Tensor two_values(float a, float b) {
  nn::Tensor x;
  nn::resize(x, 1, {1, 1, 2});
  x(0, 0, 0, 0) = a;
  x(0, 0, 0, 1) = b;
  return x;
}

}  // namespace

TEST_CASE("layers run one after another, and their gradients back, as computed by hand", "[nn][sequential]") {
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true};
  nn::Sequential layers = sum_of_two();
  CHECK(layers.size() == 3);
  CHECK(layers.output({1, 1, 2}) == nn::Shape{1, 1, 1});
  const nn::Tensor x = two_values(1, 2);
  CHECK(layers.forward(x, pass).data()[0] == 5 + 1);
  CHECK(layers.result().data()[0] == 6);
  nn::Tensor dy, dx;
  nn::resize(dy, 1, {1, 1, 1});
  dy.data()[0] = 10;
  layers.backward(x, dy, &dx, pass);
  CHECK(dx.data()[0] == 10 * (1 + 3));
  CHECK(dx.data()[1] == 10 * (2 - 1));
  const auto slope = test::parameter(layers[0], "weight").gradient;
  CHECK(std::vector<float>(slope.begin(), slope.end()) == std::vector<float>{10, 20, 10, 20});

  const nn::Tensor other = two_values(1, 5);  // the second unit is inactive
  CHECK(layers.forward(other, pass).data()[0] == 11);
  layers.backward(other, dy, &dx, pass);
  CHECK(dx.data()[0] == 10);
  CHECK(dx.data()[1] == 20);
}

TEST_CASE("a chain without layers is the identity, and a copy is independent", "[nn][sequential]") {
  nn::Workspace workspace;
  nn::Sequential none;
  const nn::Tensor x = two_values(1, 2);
  CHECK(none.empty());
  CHECK(none.output({4, 5, 6}) == nn::Shape{4, 5, 6});
  CHECK(&none.forward(x, {&workspace}) == &x);

  nn::Sequential layers = sum_of_two();
  nn::Sequential copy = layers;
  test::parameter(layers[0], "weight").values[0] = 100;
  CHECK(copy.forward(x, {&workspace}).data()[0] == 6);
  CHECK(layers.forward(x, {&workspace}).data()[0] == 105);
  none = std::move(copy);
  CHECK(none.forward(x, {&workspace}).data()[0] == 6);
}

TEST_CASE("parameters and refusals are named by the layer's place", "[nn][sequential]") {
  const nn::Sequential layers{nn::Flatten{}, nn::Linear{4, 3}, nn::Relu{}, nn::Linear{3, 2, false}};
  std::vector<std::string> names;
  layers.for_each_parameter("head.", [&](const nn::Parameter& each) { names.push_back(each.name); });
  CHECK(names == std::vector<std::string>{"head.1.weight", "head.1.bias", "head.3.weight"});
  CHECK(layers.output({2, 2, 1}) == nn::Shape{1, 1, 2});
  CHECK_THROWS_WITH(layers.output({2, 2, 2}), test::ContainsSubstring("layer 1: Linear: input 1x1x8"));
}
