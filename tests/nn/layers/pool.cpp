#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/nn/layers/pool.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace einet;
using test::ContainsSubstring;

namespace {

nn::PoolShape pool_shape_of(nn::Shape in, const std::vector<std::size_t>& n) {
  return {in, {n[0], n[1]}, {n[2], n[3]}, {n[4], n[5]}, n[6] != 0};
}

}  // namespace

TEST_CASE("max and average pooling equal PyTorch's, with ties, padding and ceil mode",
          "[nn][pool][pytorch]") {
  const test::FixtureFile most("nn", "max_pool"), mean("nn", "average_pool");
  for (std::size_t i = 0; i < 9; ++i) {
    const std::string name = "case" + std::to_string(i) + ".";
    const auto sizes = most.sizes(name + "sizes");
    const nn::PoolShape shape = pool_shape_of(test::maps_of(most[name + "x0"]).shape, sizes);
    nn::MaxPool max_pool(shape);
    test::check_fixture(max_pool, most, name);
    nn::AveragePool average_pool(shape, sizes[7] != 0);
    test::check_fixture(average_pool, mean, name);
  }
}

TEST_CASE("adaptive average pooling equals PyTorch's", "[nn][pool][pytorch]") {
  const test::FixtureFile fixture("nn", "adaptive_average_pool");
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string name = "case" + std::to_string(i) + ".";
    const auto sizes = fixture.sizes(name + "sizes");
    nn::AdaptiveAveragePool pool({sizes[0], sizes[1]});
    test::check_fixture(pool, fixture, name);
  }
}

TEST_CASE("pools' gradients agree with finite differences", "[nn][pool]") {
  const nn::PoolShape shape{{5, 6, 3}, {3, 2}, 2, {1, 0, 1, 1}, true};
  test::Maps x = test::random_maps(2, shape.in, 1);
  // Values are far apart, so that no step changes which one is largest.
  const auto order = random_order(x.values.size(), 2);
  for (std::size_t i = 0; i < x.values.size(); ++i) x.values[i] = .1f * static_cast<float>(order[i]);
  nn::MaxPool max_pool(shape);
  test::check_gradients(max_pool, {x}, 3);
  for (const bool padding : {false, true}) {
    nn::AveragePool pool(shape, padding);
    test::check_gradients(pool, {test::random_maps(2, shape.in, 1)}, 3);
  }
  nn::AdaptiveAveragePool adaptive({2, 4});
  test::check_gradients(adaptive, {test::random_maps(2, shape.in, 1)}, 3);
}

TEST_CASE("pools are the same in inference", "[nn][pool]") {
  for (const nn::Shape image : {nn::Shape{7, 6, 2}, nn::Shape{1, 1, 2}})
    for (const std::size_t channels : {1U, 5U, 37U}) {
      const nn::PoolOptions options{
          .kernel = 3, .stride = 2, .padding = 1, .ceil = true, .count_padding = false};
      test::check_both_ways(image, channels, [&](const nn::Map& x) { return max_pool(x, options); });
      test::check_both_ways(image, channels, [&](const nn::Map& x) { return average_pool(x, options); });
      test::check_both_ways(image, channels, [](const nn::Map& x) { return global_average_pool(x); });
      test::check_both_ways(image, channels, [](const nn::Map& x) {
        return adaptive_average_pool(x, {3, 2});
      });
    }
}

TEST_CASE("NaN wins every window that holds it", "[nn][pool]") {
  const nn::PoolShape shape{{3, 4, 18}, {2, 3}, {1, 2}, {1, 0, 0, 1}};
  const auto windows = [&](std::size_t, std::size_t at, std::size_t to) {
    const std::size_t row = at / 18 / 4, column = at / 18 % 4;
    const std::size_t to_row = to / 18 / shape.out().width, to_column = to / 18 % shape.out().width;
    return at % 18 == to % 18 && row + 1 >= to_row && row + 1 < to_row + 2 && column >= 2 * to_column &&
           column < 2 * to_column + 3;
  };
  nn::MaxPool max_pool(shape);
  nn::AveragePool average_pool(shape);
  nn::AdaptiveAveragePool one(1);
  const std::vector<test::Maps> x{test::random_maps(2, shape.in, 1)};
  test::check_nan(max_pool, x, true, windows);
  test::check_nan(average_pool, x, false, windows);
  test::check_nan(one, x, true, [](std::size_t, std::size_t at, std::size_t to) { return at % 18 == to; });
}

TEST_CASE("pools refuse what they cannot pool by name", "[nn][pool]") {
  const nn::Shape in{4, 4, 1};
  const auto refused = [&](const nn::PoolShape& shape, const char* why) {
    CHECK_THROWS_WITH(nn::MaxPool(shape), ContainsSubstring(why));
    CHECK_THROWS_WITH(nn::AveragePool(shape), ContainsSubstring(why));
  };
  refused({in, {0, 1}, 1}, "kernel.height is 0");
  refused({in, 2, {1, 0}}, "stride.width is 0");
  refused({in, 2, 2, 2}, "padding.height is 2");
  refused({{1, 4, 3}, 2, 2}, "kernel.height is 2");
  refused({{4, 4, 0}, 2, 2}, "in.channels is 0");
  constexpr std::size_t most = (std::numeric_limits<std::size_t>::max)();
  refused({in, 2, 2, most / 2 + 1}, "padding.height is ");
  refused({in, 2, most}, "stride.height is ");
  refused({{most, 4, 1}, 3, 2, 1}, "in.height is ");
  CHECK(nn::MaxPool({in, 8, 1, 4}).output(std::vector<nn::Shape>{in}) == nn::Shape{5, 5, 1});
  CHECK_THROWS_WITH(nn::AdaptiveAveragePool({0, 1}),
                    ContainsSubstring("adaptive_average_pool: size.height is 0"));
}

TEST_CASE("the gradient of a window goes to its first largest value, or to its first NaN", "[nn][pool]") {
  const float nan = std::nanf("");
  const auto spread = [](const std::vector<float>& x) {
    const std::size_t channels = x.size() / 4;
    nn::MaxPool pool({{2, 2, channels}, 2, 2});
    test::LayerRun run(pool, {{1, {2, 2, channels}, x}});
    run.forward();
    run.backward(std::vector<float>(channels, 3.f));
    return run.input_gradients[0];
  };
  for (const std::size_t channels : {1U, 5U, 16U, 37U}) {
    CAPTURE(channels);
    for (const auto& [window, first] :
         std::vector<std::pair<std::array<float, 4>, std::size_t>>{{{1, 2, 2, 2}, 1},
                                                                   {{1, nan, nan, 2}, 1},
                                                                   {{-1, -1, -1, -1}, 0},
                                                                   {{nan, 9, 9, 9}, 0},
                                                                   {{1, 2, 3, nan}, 3}}) {
      std::vector<float> x, expected;
      for (std::size_t i = 0; i < 4; ++i) {
        x.insert(x.end(), channels, window[i]);
        expected.insert(expected.end(), channels, i == first ? 3.f : 0.f);
      }
      CHECK(spread(x) == expected);
    }
  }
}
