#include "../../catch.hpp"
#include "../equal_outputs.hpp"
#include "../random_graph.hpp"

#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/inference/network.hpp>

#include <string>
#include <vector>

using namespace einet;

namespace {

/// A letter per step: c convolution, s scale, a activation or copy, + sum, o a layer's own; conv part, "|",
/// branch.
std::string letters(std::span<const nn::PlacedStep> steps) {
  std::string all;
  for (const nn::PlacedStep& placed : steps) {
    const nn::Step* const step = placed.step.get();
    all += dynamic_cast<const nn::ConvStep*>(step)         ? 'c'
           : dynamic_cast<const nn::ScaleStep*>(step)      ? 's'
           : dynamic_cast<const nn::ActivationStep*>(step) ? 'a'
           : dynamic_cast<const nn::SumStep*>(step)        ? '+'
                                                           : 'o';
  }
  return all;
}

/// The steps of all blocks, once it is checked that they compute what the layers do.
std::vector<std::string> steps_of(nn::Graph& graph) {
  test::randomise(graph, 7);
  test::check_equal_outputs<3>(graph, 7);
  const nn::InferenceNetwork<3> network(std::as_const(graph));
  std::vector<std::string> all;
  for (const auto& block : network.blocks())
    all.push_back(letters(block.conv()) + "|" + letters(block.branch()));
  return all;
}

using Steps = std::vector<std::string>;

nn::Map scores_of(const nn::Map& x) {
  return linear(x, {.outputs = 3});
}

/// The steps of a network of one exit, made by `body`, whose features are its result.
template <class Body>
std::string conv_steps(const Body& body) {
  nn::Graph graph({6, 5, 4});
  const nn::Map x = body(graph.input());
  graph.exit(scores_of(x), x);
  const std::string all = steps_of(graph).front();
  CHECK(all.ends_with("|c"));
  return all.substr(0, all.find('|'));
}

}  // namespace

TEST_CASE("batch norm, activation and residual sum are computed within the convolution", "[nn][lowering]") {
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

TEST_CASE("what cannot be fused is a step of its own", "[nn][lowering]") {
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

TEST_CASE("a map that somebody else reads is not fused away", "[nn][lowering]") {
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

TEST_CASE("a sum is computed within a convolution only if its other side is there before", "[nn][lowering]") {
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

TEST_CASE("parts of a block are not fused with one another", "[nn][lowering]") {
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

TEST_CASE("scores are kept as they are, whoever reads them", "[nn][lowering]") {
  nn::Graph graph({6, 5, 4});
  const nn::Map scores = scores_of(graph.input());
  graph.exit(scores);
  graph.exit(relu(scores));  // an activation of scores
  graph.exit(scores + scores_of(graph.input()));
  graph.exit(scores);                   // once more
  graph.exit(relu(scores_of(scores)));  // an activation that is fused
  CHECK(steps_of(graph) == Steps{"c|", "|a", "|c", "|", "|c"});
}

TEST_CASE("scores are kept even if the exit comes after one that reads them", "[nn][lowering]") {
  nn::Graph graph({6, 5, 4});
  const nn::Map scores = scores_of(graph.input()), rectified = relu(scores);
  graph.exit(rectified);
  graph.exit(rectified);
  graph.exit(scores);
  CHECK(steps_of(graph) == Steps{"ca|", "|", "|"});
}

TEST_CASE("a concatenation is no step, and copies only what must lie in two places", "[nn][lowering]") {
  const auto c = [](const nn::Map& x, std::size_t channels) {
    return conv(x, {.channels = channels, .kernel = 1});
  };
  CHECK(conv_steps([&](auto x) { return concat(c(x, 3), c(x, 5)); }) == "cc");
  CHECK(conv_steps([&](auto x) { return concat(x, c(x, 5)); }) == "c");  // the image lies within
  CHECK(conv_steps([&](auto x) {                                         // dense layers
          nn::Map all = c(x, 3);
          for (int i = 0; i < 4; ++i) all = concat(all, c(all, 2));
          return all;
        }) == "ccccc");
  CHECK(conv_steps([&](auto x) { return concat(x, x); }) == "a");
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = c(x, 3);
          return concat(concat(y, c(x, 2)), concat(c(x, 4), y));
        }) == "ccca");
  CHECK(conv_steps([&](auto x) { return concat(std::vector<nn::Map>{c(x, 3)}); }) == "c");
  CHECK(conv_steps([&](auto x) {  // a pixel of a concatenated map, and a concatenation of pixels
          const nn::Map y = c(x, 3), all = concat(y, x);
          const nn::Map pixel = add(test::PixelLayer(7), y);
          return concat(pixel, add(test::PixelLayer(4), all), c(pixel, 2));
        }) == "ccaa");
}

TEST_CASE("a branch copies what conv parts concatenate, not the other way round", "[nn][lowering]") {
  nn::Graph graph({6, 5, 4});
  const nn::Map x = conv(graph.input(), {.channels = 3}), y = conv(x, {.channels = 2});
  graph.exit(scores_of(concat(x, y)), y);
  graph.exit(scores_of(relu(concat(y, x))));
  CHECK(steps_of(graph) == Steps{"cc|c", "|aaac"});
  nn::Graph later({6, 5, 4});
  const nn::Map z = conv(later.input(), {.channels = 3});
  later.exit(scores_of(concat(z, later.input())));
  const nn::Map w = concat(later.input(), z);
  later.exit(scores_of(w), w);
  CHECK(steps_of(later) == Steps{"c|aac", "|c"});
}

TEST_CASE("activation none and one map alone lower to nothing", "[nn][lowering]") {
  nn::Lowering lowering({2, 2, 3});
  CHECK(lowering.activation(lowering.image(), nn::Activation::none).id == lowering.image().id);
  CHECK(lowering.operations().empty());
  nn::ConvShape shape{{2, 2, 3}, 4};
  shape.stride = 0;
  const nn::Weights weights({4, 3, 3, 3});
  CHECK_THROWS_WITH(lowering.conv(lowering.image(), shape, weights, nullptr),
                    test::ContainsSubstring("stride"));
}
