#include "../both_ways.hpp"
#include "../gradients.hpp"
#include "../stop_at_poll.hpp"
#include "catch.hpp"

#include <einet/nn/layers/activation.hpp>
#include <einet/nn/layers/attention.hpp>
#include <einet/nn/layers/conv.hpp>
#include <einet/nn/layers/layer_norm.hpp>
#include <einet/nn/layers/wiring.hpp>

#include <algorithm>
#include <string>

using namespace einet;
using test::ContainsSubstring;

namespace {

/// A pre-norm transformer block.
nn::Map transformer_block(nn::Map x, std::size_t heads, std::size_t hidden) {
  const std::size_t width = x.shape().channels;
  const auto each = [](const nn::Map& tokens, std::size_t channels, const char* name) {
    return conv(tokens, {.channels = channels, .kernel = 1}, name);
  };
  x = x + each(attention(each(layer_norm(x, 1e-5f, "norm1"), 3 * width, "in_proj"), {.heads = heads}), width,
               "out_proj");
  return x + each(gelu(each(layer_norm(x, 1e-5f, "norm2"), hidden, "linear1")), width, "linear2");
}

}  // namespace

TEST_CASE("attention equals its definition in PyTorch", "[nn][attention][pytorch]") {
  const test::FixtureFile fixture("nn", "attention");
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string name = "case" + std::to_string(i) + ".";
    nn::Attention layer({fixture.sizes(name + "sizes")[0]});
    test::check_fixture(layer, fixture, name, 2e-5);
  }
}

TEST_CASE("a transformer block equals PyTorch's TransformerEncoderLayer, gradients too",
          "[nn][attention][pytorch]") {
  const test::FixtureFile fixture("nn", "transformer");
  const test::Maps x = test::maps_of(fixture["case0.x0"]), y = test::maps_of(fixture["case0.y"]);
  // A token's place decides its weight in the scores, so that every output is one.
  nn::Graph graph{x.shape};
  const nn::Map block = transformer_block(graph.input(), 3, 20);
  const std::size_t size = x.shape.size();
  graph.exit(linear(block, {.outputs = 84, .bias = false}, "identity"));
  REQUIRE(size == 84);
  const auto theirs = [](const std::string& name) {
    const std::string layer = name.substr(0, name.find('.')), kind = name.substr(name.find('.') + 1);
    if (layer == "in_proj") return "self_attn.in_proj_" + kind;
    if (layer == "out_proj") return "self_attn.out_proj." + kind;
    return name;
  };
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    const std::span<float> to = parameter.weights->values();
    if (parameter.name == "identity.weight") {
      // Output t · channels + c is channel c of token t, which flattening numbers c · tokens + t.
      for (std::size_t t = 0; t < 7; ++t)
        for (std::size_t c = 0; c < 12; ++c) to[(t * 12 + c) * size + c * 7 + t] = 1.f;
      return;
    }
    const std::vector<float>& from = fixture["case0.p." + theirs(parameter.name)].values;
    REQUIRE(from.size() == to.size());
    std::copy(from.begin(), from.end(), to.begin());
  });
  nn::BatchNetwork network(graph);
  nn::Tensor images;
  nn::resize(images, x.batch, x.shape);
  std::copy(x.values.begin(), x.values.end(), images.data());
  network.forward(images, {true, 1});
  CHECK(test::difference(network.scores(0), y.values) < 2e-5);
  const std::vector<float>& dy = fixture["case0.dy"].values;
  const std::vector<AlignedVector<float>> gradient{AlignedVector<float>(dy.begin(), dy.end())};
  network.backward(images, gradient);
  std::size_t compared = 0;
  network.for_each_trained([&](const nn::Parameter& parameter, std::span<const float> found, bool) {
    if (parameter.name == "identity.weight") return;
    INFO(parameter.name);
    CHECK(test::difference(found, fixture["case0.d." + theirs(parameter.name)].values) < 1e-4);
    ++compared;
  });
  CHECK(compared == 12);
  CHECK(test::difference_both_ways<84>(graph, x) < 1e-5);
}

TEST_CASE("attention's gradient agrees with finite differences", "[nn][attention]") {
  for (const std::size_t heads : {1U, 2U}) {
    nn::Attention layer({heads});
    test::check_gradients(layer, {test::random_maps(2, {2, 3, 3 * 4 * heads}, 1)}, 2);
  }
}

TEST_CASE("attention is the same in inference, on slices too", "[nn][attention]") {
  for (const std::size_t width : {1U, 6U, 34U})
    test::check_both_ways({3, 4, 2}, 3 * width, [](const nn::Map& x) {
      const nn::Map y = attention(x, {.heads = x.shape().channels % 2 == 0 ? 2U : 1U});
      return concat(y, attention(concat(relu(y), y, sigmoid(y))));
    });
}

TEST_CASE("NaN in a query reaches its token, in a key or value all tokens of the head", "[nn][attention]") {
  nn::Attention layer({2});
  test::check_nan(layer, {test::random_maps(2, {1, 3, 24}, 1)}, true,
                  [](std::size_t, std::size_t at, std::size_t to) {
                    const std::size_t part = at % 24 / 8, channel = at % 8;
                    if (part == 2) return channel == to % 8;
                    if (channel / 4 != to % 8 / 4) return false;
                    return part == 1 || at / 24 == to / 8;
                  });
}

TEST_CASE("attention counts its work, and stops at any poll", "[nn][attention]") {
  const nn::Attention layer({4});
  CHECK(layer.macs(std::vector<nn::Shape>{{1, 65, 192}}) == 2U * 65 * 65 * 64);

  nn::Graph graph{nn::Shape{14, 14, 192}};
  graph.exit(linear(attention(graph.input(), {.heads = 4}), {.outputs = 2}));
  const nn::InferenceNetwork<2> network(graph);
  nn::Features features = network.make_features();
  CHECK(test::check_every_stop([&](const test::StopAtPoll& stop) {
          return network[0].classify(features, stop).has_value();
        }) > 10);
}

TEST_CASE("attention refuses channels that are no q, k and v of its heads", "[nn][attention]") {
  CHECK_THROWS_WITH(nn::Attention({0}), ContainsSubstring("attention: heads is 0"));
  CHECK_THROWS_WITH(nn::Attention({2}).output(std::vector<nn::Shape>{{1, 2, 9}}),
                    ContainsSubstring("attention: input 1x2x9"));
  CHECK_THROWS_WITH(nn::Attention({1}).output(std::vector<nn::Shape>{{1, 2, 8}}),
                    ContainsSubstring("q, k and v of 1 heads"));
}
