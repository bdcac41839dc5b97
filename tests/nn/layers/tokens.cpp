#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/tokens.hpp>

using namespace einet;
using test::ContainsSubstring;

TEST_CASE("class token, positions and single tokens equal PyTorch's", "[nn][tokens][pytorch]") {
  const test::FixtureFile fixture("nn", "tokens");
  nn::ClassToken before(19);
  test::check_fixture(before, fixture, "case0.");
  nn::PositionEmbedding positions({2, 3, 19});
  test::check_fixture(positions, fixture, "case1.");
  nn::Token one(4);
  test::check_fixture(one, fixture, "case2.");
}

TEST_CASE("gradients of tokens agree with finite differences", "[nn][tokens]") {
  const std::vector<test::Maps> x{test::random_maps(3, {2, 2, 5}, 1)};
  nn::ClassToken before(5);
  test::check_gradients(before, x, 1);
  nn::PositionEmbedding positions({2, 2, 5});
  test::check_gradients(positions, x, 1);
  nn::Token one(3);
  test::check_gradients(one, x, 1);
}

TEST_CASE("tokens are the same in inference", "[nn][tokens]") {
  for (const std::size_t channels : {1U, 5U, 37U}) {
    test::check_both_ways({3, 2, 2}, channels, [](const nn::Map& x) { return class_token(x); });
    test::check_both_ways({3, 2, 2}, channels, [](const nn::Map& x) { return position_embedding(x); });
    test::check_both_ways({3, 2, 2}, channels,
                          [](const nn::Map& x) { return relu(token(class_token(x), 4)); });
  }
}

TEST_CASE("NaN stays in its token", "[nn][tokens]") {
  const std::vector<test::Maps> x{test::random_maps(2, {1, 3, 4}, 1)};
  nn::ClassToken before(4);
  test::check_nan(before, x, true, [](std::size_t, std::size_t at, std::size_t to) { return at + 4 == to; });
  nn::PositionEmbedding positions({1, 3, 4});
  test::check_nan(positions, x, true, [](std::size_t, std::size_t at, std::size_t to) { return at == to; });
  nn::Token one(1);
  test::check_nan(one, x, true, [](std::size_t, std::size_t at, std::size_t to) { return at == to + 4; });
}

TEST_CASE("tokens refuse maps that do not fit", "[nn][tokens]") {
  CHECK_THROWS_WITH(nn::ClassToken(0), ContainsSubstring("class_token: channels is 0"));
  CHECK_THROWS_WITH(nn::ClassToken(3).output(std::vector<nn::Shape>{{1, 1, 4}}),
                    ContainsSubstring("expected 3 channels"));
  CHECK_THROWS_WITH(nn::PositionEmbedding({0, 1, 2}), ContainsSubstring("position_embedding: height is 0"));
  CHECK_THROWS_WITH(nn::PositionEmbedding({1, 1, 2}).output(std::vector<nn::Shape>{{1, 2, 2}}),
                    ContainsSubstring("expected 1x1x2"));
  CHECK_THROWS_WITH(nn::Token(6).output(std::vector<nn::Shape>{{2, 3, 2}}),
                    ContainsSubstring("token: index is 6"));
}
