#include "../../catch.hpp"
#include "../steps_of.hpp"

#include <einet/nn/inference/fusion.hpp>
#include <einet/nn/inference/operation.hpp>

#include <utility>

using namespace einet;
using test::conv_steps;
using test::scores_of;
using test::Steps;
using test::steps_of;

TEST_CASE("batch norm, activation and residual sum are computed within the convolution", "[nn][fusion]") {
  const auto cn = [](const nn::Map& x, std::size_t channels = 4) { return test::small_conv(x, channels); };
  CHECK(conv_steps([&](auto x) { return relu(cn(x)); }) == "c");
  CHECK(conv_steps([&](auto x) { return silu(cn(x)); }) == "c");
  CHECK(conv_steps([&](auto x) { return relu(norm(conv(x, {.channels = 4, .groups = 4}))); }) == "c");
  // A bottleneck, whose shortcut is its input or a convolution.
  const auto inner = [&](auto x, std::size_t channels) {
    return test::small_conv(relu(cn(relu(test::small_conv(x, 2, 1)), 2)), channels, 1);
  };
  CHECK(conv_steps([&](auto x) { return relu(inner(x, 4) + x); }) == "ccc");
  CHECK(conv_steps([&](auto x) { return relu(x + inner(x, 4)); }) == "ccc");
  CHECK(conv_steps([&](auto x) { return relu(inner(x, 6) + test::small_conv(x, 6, 1)); }) == "cccc");
  CHECK(conv_steps([&](auto x) { return nn::sum({cn(x), cn(x), cn(x)}); }) == "ccc");
  CHECK(conv_steps([&](auto x) { return relu(linear(dropout(x), {.outputs = 9})); }) == "c");
}

TEST_CASE("what cannot be fused is a step of its own", "[nn][fusion]") {
  const auto c = [](const nn::Map& x) { return conv(x, {.channels = 4}); };
  CHECK(conv_steps([](auto x) { return norm(x); }) == "s");
  CHECK(conv_steps([](auto x) { return relu(norm(x)); }) == "s");
  CHECK(conv_steps([](auto x) { return relu(x); }) == "a");
  CHECK(conv_steps([&](auto x) { return norm(norm(c(x))); }) == "cs");
  CHECK(conv_steps([&](auto x) { return norm(relu(c(x))); }) == "cs");
  CHECK(conv_steps([&](auto x) { return relu(silu(c(x))); }) == "ca");
  CHECK(conv_steps([&](auto x) { return norm(c(x) + x); }) == "cs");
  CHECK(conv_steps([&](auto x) { return relu(c(x)) + x; }) == "c+");
  CHECK(conv_steps([&](auto x) { return x + x; }) == "+");
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = c(x);
          return relu(y + y);
        }) == "c+");
  CHECK(conv_steps([&](auto x) { return relu(max_pool(x)); }) == "oa");
}

TEST_CASE("a map that somebody else reads is not fused away", "[nn][fusion]") {
  const auto c = [](const nn::Map& x) { return conv(x, {.channels = 4}); };
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = c(x);
          return concat(y, norm(y));
        }) == "cs");
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = norm(c(x));
          return concat(y, relu(y));
        }) == "ca");
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = c(x);
          return concat(y, y + x);
        }) == "c+");
}

TEST_CASE("a sum is computed within a convolution only if its other side is there before", "[nn][fusion]") {
  const auto c = [](const nn::Map& x) { return conv(x, {.channels = 4}); };
  const auto pool = [](const nn::Map& x) { return max_pool(x, {.kernel = 3, .stride = 1, .padding = 1}); };
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = c(x), z = pool(x);
          return y + z;
        }) == "co+");
  CHECK(conv_steps([&](auto x) {
          const nn::Map z = pool(x), y = c(x);
          return y + z;
        }) == "oc");
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = c(x), z = concat(pool(x)), w = c(z);  // the other side is in a concatenation
          return concat(y + w, z);
        }) == "coc");
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = conv(x, {.channels = 8}), z = concat(x, pool(x));
          return y + z;
        }) == "co+");
}

TEST_CASE("parts of a block are not fused with one another", "[nn][fusion]") {
  nn::Graph before({6, 5, 4});  // as in B-AlexNet: branch and backbone rectify the same map
  nn::Map x = conv(before.input(), {.channels = 4});
  before.exit(scores_of(relu(x)));
  before.exit(scores_of(max_pool(relu(x))));
  CHECK(steps_of(before) == Steps{"c|ac", "|aoc"});

  nn::Graph after({6, 5, 4});
  x = relu(conv(after.input(), {.channels = 4}));
  after.exit(scores_of(x));
  after.exit(scores_of(max_pool(x)));
  CHECK(steps_of(after) == Steps{"c|c", "|oc"});

  nn::Graph own({6, 5, 4});  // the branch alone reads the conv part's map
  x = conv(own.input(), {.channels = 4});
  own.exit(scores_of(relu(x)), x);
  CHECK(steps_of(own) == Steps{"c|ac"});
}

TEST_CASE("scores are kept as they are, whoever reads them", "[nn][fusion]") {
  nn::Graph graph({6, 5, 4});
  const nn::Map scores = scores_of(graph.input());
  graph.exit(scores);
  graph.exit(relu(scores));  // an activation of scores
  graph.exit(scores + scores_of(graph.input()));
  graph.exit(scores);                   // once more
  graph.exit(relu(scores_of(scores)));  // an activation that is fused
  CHECK(steps_of(graph) == Steps{"c|", "|a", "|c", "|", "|c"});
}

TEST_CASE("scores are kept even if the exit comes after one that reads them", "[nn][fusion]") {
  nn::Graph graph({6, 5, 4});
  const nn::Map scores = scores_of(graph.input()), rectified = relu(scores);
  graph.exit(rectified);
  graph.exit(rectified);
  graph.exit(scores);
  CHECK(steps_of(graph) == Steps{"ca|", "|", "|"});
}
