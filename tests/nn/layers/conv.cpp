#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/conv.hpp>
#include <einet/nn/layers/norm.hpp>
#include <einet/nn/layers/wiring.hpp>

using namespace einet;
using test::ContainsSubstring;

namespace {

nn::ConvShape conv_shape_of(const std::vector<std::size_t>& n) {
  return {{n[0], n[1], n[2]},         n[3],           {n[4], n[5]}, {n[6], n[7]},
          {n[8], n[9], n[10], n[11]}, {n[12], n[13]}, n[14]};
}

}  // namespace

TEST_CASE("convolution equals PyTorch's, with any kernel, stride, padding, dilation and groups",
          "[nn][conv][pytorch]") {
  const test::FixtureFile fixture("nn", "conv");
  std::size_t cases = 0;
  for (; fixture.contains("case" + std::to_string(cases) + ".sizes"); ++cases) {
    const std::string name = "case" + std::to_string(cases) + ".";
    const auto sizes = fixture.sizes(name + "sizes");
    nn::Conv layer(conv_shape_of(sizes), sizes[15] != 0);
    test::check_fixture(layer, fixture, name, 2e-5);
  }
  CHECK(cases == 16);
}

TEST_CASE("convolution's gradients agree with finite differences", "[nn][conv]") {
  for (const nn::ConvShape& shape : {nn::ConvShape{{4, 5, 3}, 4, {1, 3}, {2, 1}, {0, 0, 1, 1}},
                                     nn::ConvShape{{5, 5, 4}, 6, 3, 1, {1, 2, 0, 1}, {1, 2}, 2},
                                     nn::ConvShape{{4, 4, 5}, 5, 3, {1, 2}, 1, 1, 5}}) {
    nn::Conv layer(shape);
    test::randomise(layer, 2);
    test::check_gradients(layer, {test::random_maps(3, shape.in, 3)}, 4);
  }
}

TEST_CASE("a convolution layer notices a change of batch and of weights", "[nn][conv]") {
  nn::Conv layer(nn::ConvShape{{5, 4, 3}, 4, 3, 1, 1}, false);
  test::LayerRun large(layer, {test::random_maps(40, {5, 4, 3}, 3)});
  large.forward();
  CHECK(test::difference(large.y.values, std::vector<float>(large.y.values.size(), 0.f)) == 0.);
  test::randomise(layer, 4);
  large.forward();
  test::LayerRun one(layer,
                     {{1, {5, 4, 3}, {large.inputs[0].image(0).begin(), large.inputs[0].image(0).end()}}});
  one.forward();
  CHECK(test::difference(one.y.values, large.y.image(0)) < 1e-5);
}

TEST_CASE("convolutions, and what is fused into them, are the same in inference", "[nn][conv]") {
  const auto same = [](nn::Shape image, const std::function<nn::Map(const nn::Map&)>& layer) {
    for (const std::size_t channels : {1U, 6U, 34U}) {
      CAPTURE(channels);
      test::check_both_ways(image, channels, layer);
    }
  };
  for (const nn::Shape image : {nn::Shape{6, 5, 3}, nn::Shape{1, 1, 2}}) {
    same(image, [](const nn::Map& x) {
      return conv(x, {.channels = 5, .kernel = {1, 7}, .stride = {2, 1}});
    });
    same(image, [](const nn::Map& x) {
      return conv(x, {.channels = 7, .kernel = 3, .padding = nn::Padding{1, 2, 3, 2}, .dilation = {1, 2}});
    });
    same(image, [](const nn::Map& x) {
      const std::size_t width = x.shape().channels;
      return relu6(norm(conv(x, {.channels = width, .groups = width})));
    });
    same(image, [](const nn::Map& x) {
      const std::size_t width = x.shape().channels;
      return silu(x + norm(conv(x, {.channels = width, .groups = width % 2 == 0 ? 2U : 1U})));
    });
    same(image, [](const nn::Map& x) {
      const std::size_t width = x.shape().channels;
      return relu(norm(conv(x, {.channels = width, .groups = width})) + x);
    });
    same(image, [](const nn::Map& x) {
      const nn::Map both = concat(x, conv(x, {.channels = 19}));
      return relu(both + norm(conv(both, {.channels = both.shape().channels})));
    });
  }
}

TEST_CASE("NaN reaches all outputs of a convolution whose window holds it", "[nn][conv]") {
  const nn::ConvShape shape{{3, 4, 2}, 4, {3, 2}, {1, 2}, {1, 1, 0, 1}, 1, 2};
  nn::Conv layer(shape);
  test::randomise(layer, 2);
  test::check_nan(
      layer, {test::random_maps(2, shape.in, 3)}, true, [&](std::size_t, std::size_t at, std::size_t to) {
        const std::size_t row = at / 8, column = at / 2 % 4, c = at % 2;
        const std::size_t to_row = to / 4 / shape.out().width, to_column = to / 4 % shape.out().width;
        return row + 1 >= to_row && row + 1 < to_row + 3 && column >= 2 * to_column &&
               column < 2 * to_column + 2 && to % 4 / 2 == c;
      });
}

TEST_CASE("a convolution refuses options that do not fit by name", "[nn][conv]") {
  nn::Graph graph{nn::Shape{8, 6, 4}};
  const nn::Map x = graph.input();
  CHECK_THROWS_WITH(conv(x, {.channels = 0}), ContainsSubstring("convolution: channels is 0"));
  CHECK_THROWS_WITH(conv(x, {.channels = 4, .kernel = 0}), ContainsSubstring("kernel.height is 0"));
  CHECK_THROWS_WITH(conv(x, {.channels = 4, .stride = {1, 0}}), ContainsSubstring("stride.width is 0"));
  CHECK_THROWS_WITH(conv(x, {.channels = 4, .dilation = {0, 1}}), ContainsSubstring("dilation.height is 0"));
  CHECK_THROWS_WITH(conv(x, {.channels = 4, .groups = 0}), ContainsSubstring("groups is 0"));
  CHECK_THROWS_WITH(conv(x, {.channels = 4, .groups = 3}), ContainsSubstring("in.channels is 4"));
  CHECK_THROWS_WITH(conv(x, {.channels = 5, .groups = 2}), ContainsSubstring("channels is 5"));
  CHECK_THROWS_WITH(conv(x, {.channels = 4, .kernel = {9, 1}, .padding = 0}),
                    ContainsSubstring("kernel.height is 9"));
  const nn::Conv layer(nn::ConvShape{{8, 8, 3}, 4, 3, 1, 1});
  CHECK_THROWS_WITH(layer.output(std::vector<nn::Shape>{{7, 8, 3}}),
                    "conv: input 7x8x3 (height x width x channels) does not fit, expected 8x8x3");
}
