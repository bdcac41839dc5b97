#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"
#include "support.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/nn/conv2d.hpp>

using namespace einet;
using test::difference;

TEST_CASE("the convolution layer equals PyTorch's, forward and backward", "[nn][conv2d][pytorch]") {
  const test::Fixture fixture("conv2d");
  std::size_t cases = 0;
  for (; fixture.contains("case" + std::to_string(cases) + ".sizes"); ++cases) {
    const std::string name = "case" + std::to_string(cases) + ".";
    INFO(name);
    const auto sizes = fixture.sizes(name + "sizes");
    nn::Conv2d conv({{sizes[0], sizes[1], sizes[2]}, sizes[3], sizes[4], sizes[5], sizes[6]});
    test::set(conv, "weight", fixture[name + "weight"]);
    test::set(conv, "bias", fixture[name + "bias"]);
    nn::Workspace workspace;
    const nn::Pass pass{&workspace, true};
    const nn::Tensor x = fixture.tensor(name + "x");
    nn::Tensor y;
    nn::Tensor dx;
    conv.forward(x, y, pass);
    CHECK(difference(y, fixture.tensor(name + "y")) < 1e-5);
    conv.backward(x, y, fixture.tensor(name + "dy"), &dx, pass);
    CHECK(difference(dx, fixture.tensor(name + "dx")) < 1e-5);
    CHECK(difference(test::parameter(conv, "weight").gradient, fixture[name + "dweight"].values) < 1e-5);
    CHECK(difference(test::parameter(conv, "bias").gradient, fixture[name + "dbias"].values) < 1e-5);
  }
  CHECK(cases == 9);
}

TEST_CASE("the convolution layer's gradients agree with finite differences", "[nn][conv2d]") {
  const std::size_t count = test::cases(10);
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    const auto draw = [&](std::uint64_t i, std::uint64_t limit) {
      return 1 + nn::random_bits(seed, i) % limit;
    };
    nn::ConvShape shape{{draw(1, 6), draw(2, 6), draw(3, 9)}, draw(4, 9), draw(5, 3), draw(6, 2), 1};
    nn::Conv2d conv(shape, seed % 2 == 0);
    test::randomise(conv, seed);
    test::check_gradients(conv, test::random_tensor(draw(7, 5), shape.in, seed + 100), seed);
  }
}

TEST_CASE("a convolution layer notices a change of batch and of weights", "[nn][conv2d]") {
  const nn::ConvShape shape{{5, 4, 3}, 4, 3, 1, 1};
  nn::Conv2d conv(shape, false);
  nn::Workspace workspace;
  nn::Tensor y;
  const nn::Tensor large = test::random_tensor(40, shape.in, 3);
  conv.forward(large, y, {&workspace});
  CHECK(difference(test::values(y), std::vector<float>(y.size(), 0.f)) == 0.);
  test::randomise(conv, 4);
  conv.forward(large, y, {&workspace});
  nn::Tensor one;
  nn::resize(one, 1, shape.in);
  std::copy(large.data(), large.data() + shape.in.size(), one.data());
  nn::Tensor y_one;
  conv.forward(one, y_one, {&workspace});
  CHECK(y_one.shape(0) == 1);
  CHECK(difference(test::values(y_one), test::values(y).first(y_one.size())) < 1e-5);
}

TEST_CASE("a convolution layer refuses shapes that do not fit", "[nn][conv2d]") {
  CHECK_THROWS_AS(nn::Conv2d({{2, 2, 1}, 1, 5, 1, 0}), std::invalid_argument);
  const nn::Conv2d conv({{8, 8, 3}, 4, 3, 1, 1});
  CHECK_THROWS_WITH((conv.output({8, 8, 4})), test::ContainsSubstring("8x8x4"));
  CHECK_THROWS_WITH((conv.output({7, 8, 3})), test::ContainsSubstring("expected 8x8x3"));
}
