#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/pool.hpp>
#include <einet/nn/layers/wiring.hpp>

using namespace einet;
using test::ContainsSubstring;

TEST_CASE("sums, concatenations and products equal PyTorch's", "[nn][wiring][pytorch]") {
  const test::FixtureFile fixture("nn", "wiring");
  nn::Sum sum;
  nn::Concat concat;
  nn::Product product;
  test::check_fixture(sum, fixture, "case0.");
  test::check_fixture(concat, fixture, "case1.");
  test::check_fixture(product, fixture, "case2.");
  test::check_fixture(product, fixture, "case3.");
}

TEST_CASE("gradients of sums, concatenations and products agree with finite differences", "[nn][wiring]") {
  const nn::Shape shape{2, 3, 5};
  const auto maps = [](nn::Shape of, std::uint64_t seed) { return test::random_maps(2, of, seed); };
  nn::Sum sum;
  test::check_gradients(sum, {maps(shape, 1), maps(shape, 2), maps(shape, 3)}, 4);
  nn::Concat concat;
  test::check_gradients(concat, {maps(shape, 1), maps({2, 3, 1}, 2)}, 4);
  nn::Product product;
  test::check_gradients(product, {maps(shape, 1), maps(shape, 2)}, 4);
  test::check_gradients(product, {maps(shape, 1), maps({1, 1, 5}, 2)}, 4);
}

TEST_CASE("a sum that absorbed a ReLU equals the two layers", "[nn][wiring]") {
  const auto maps = [](std::uint64_t seed) { return test::random_maps(5, {4, 3, 13}, seed); };
  nn::Sum sum;
  test::check_absorbed_relu(sum, {maps(1), maps(2)});
  test::check_absorbed_relu(sum, {maps(1), maps(2), maps(3)});
}

TEST_CASE("sums, concatenations and products are the same in inference", "[nn][wiring]") {
  for (const nn::Shape image : {nn::Shape{4, 5, 2}, nn::Shape{1, 1, 2}})
    for (const std::size_t channels : {1U, 5U, 37U}) {
      test::check_both_ways(image, channels, [](const nn::Map& x) {
        return relu(nn::sum({x, relu(x), sigmoid(x)}));
      });
      test::check_both_ways(image, channels, [](const nn::Map& x) { return x + x; });
      test::check_both_ways(image, channels, [](const nn::Map& x) { return concat(x, silu(x), x); });
      test::check_both_ways(image, channels, [](const nn::Map& x) { return x * relu(x); });
      test::check_both_ways(image, channels,
                            [](const nn::Map& x) { return x * hard_sigmoid(global_average_pool(x)); });
    }
}

TEST_CASE("NaN passes through sums, concatenations and products", "[nn][wiring]") {
  const nn::Shape shape{1, 2, 5};
  const test::Maps x = test::random_maps(2, shape, 1);
  nn::Sum sum;
  test::check_nan(sum, {x, x}, true, [](std::size_t, std::size_t at, std::size_t to) { return at == to; });
  nn::Concat concat;
  test::check_nan(concat, {x, x}, true, [](std::size_t input, std::size_t at, std::size_t to) {
    return at / 5 == to / 10 && at % 5 + 5 * input == to % 10;
  });
  nn::Product product;
  test::check_nan(
      product, {x, test::random_maps(2, {1, 1, 5}, 1)}, true,
      [](std::size_t input, std::size_t at, std::size_t to) { return input == 0 ? at == to : at == to % 5; });
}

TEST_CASE("maps that do not fit together are refused", "[nn][wiring]") {
  nn::Graph graph{nn::Shape{4, 4, 3}};
  const nn::Map x = graph.input(), half = max_pool(x);
  CHECK_THROWS_WITH(x + half, ContainsSubstring("sum: input 2x2x3"));
  CHECK_THROWS_WITH(nn::sum({x}), ContainsSubstring("sum: inputs is 1"));
  CHECK_THROWS_WITH(concat(x, half), ContainsSubstring("concat: input 2x2x3"));
  CHECK_THROWS_WITH(x * half, ContainsSubstring("product: input 2x2x3"));
}
