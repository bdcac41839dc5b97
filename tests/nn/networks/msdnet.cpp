#include "finite_differences.hpp"
#include "reference.hpp"

#include <einet/nn/networks/msdnet.hpp>

#include <string>

using namespace einet;

namespace {

/// Channels that the heads read, which all read maps of 8 × 8.
std::vector<std::size_t> channels_at_exits(const nn::Graph& graph) {
  std::vector<std::size_t> channels;
  for (const nn::Shape& shape : test::shapes_at_exits(graph)) {
    CHECK(shape == nn::Shape{8, 8, shape.channels});
    channels.push_back(shape.channels);
  }
  return channels;
}

/// Names of transitions, and their channels at the finest scale that is left.
std::vector<std::string> transitions(nn::Graph graph) {
  std::vector<std::string> found;
  for (const auto& [name, shape] : test::arrays(std::move(graph)))
    if (name.ends_with("transition.0.conv1.weight"))
      found.push_back(name.substr(0, name.find('.', 7)) + ": " + std::to_string(shape[1]) + " to " +
                      std::to_string(shape[0]));
  return found;
}

}  // namespace

TEST_CASE("MSDNets have the published channels at their exits and transitions", "[nn][msdnet]") {
  const auto check = [](const nn::MsdNetOptions& options, std::size_t first, std::size_t second,
                        const std::vector<std::size_t>& edges) {
    const std::vector<std::size_t> channels = channels_at_exits(nn::msdnet(options));
    REQUIRE(channels.size() == options.blocks);
    // Each third ends before a block with a transition.
    CHECK(std::vector<std::size_t>{channels.front(), channels[first - 1], channels[first],
                                   channels[second - 1], channels[second], channels.back()} == edges);
  };
  using Names = std::vector<std::string>;
  // Widths of a finest scale are 2 (second) and 4 (third) times those of the scale that was the finest
  // before.
  check(nn::msdnet21(), 6, 14, {160, 400, 224, 560, 316, 604});
  CHECK(transitions(nn::msdnet(nn::msdnet21())) == Names{"layers.16: 224 to 112", "layers.31: 584 to 292"});
  check(nn::msdnet40(), 12, 27, {160, 424, 224, 560, 292, 580});
  CHECK(transitions(nn::msdnet(nn::msdnet40())) == Names{"layers.16: 224 to 112", "layers.31: 584 to 292"});
  check(nn::narrow_msdnet40(), 13, 27, {80, 368, 196, 508, 264, 552});
  CHECK(transitions(nn::msdnet(nn::narrow_msdnet40())) ==
        Names{"layers.15: 196 to 98", "layers.29: 532 to 264"});
}

TEST_CASE("MSDNets have as many parameters and multiply-adds as PyTorch counts", "[nn][msdnet]") {
  // fixtures/count_parameters.py; in conv parts and heads 206 + 161, 201 + 301, 172 + 266 M.
  CHECK(test::counts(nn::msdnet(nn::msdnet21())) == test::Counts{21, 14521042, 23632, 366639360, 206106624});
  CHECK(test::counts(nn::msdnet(nn::msdnet40())) == test::Counts{40, 25362720, 33120, 502298624, 201216000});
  CHECK(test::counts(nn::msdnet(nn::narrow_msdnet40())) ==
        test::Counts{40, 22901748, 32280, 437421056, 171506688});
  CHECK(test::counts(nn::msdnet({.branch = nn::BranchOptions{}})) ==
        test::Counts{21, 9542866, 15568, 282945792, 206106624});
}

TEST_CASE("every layer of an MSDNet serves an exit", "[nn][msdnet]") {
  for (const nn::MsdNetOptions& options : {nn::msdnet21(), nn::msdnet40(), nn::narrow_msdnet40()}) {
    const nn::Graph graph = nn::msdnet(options);
    std::size_t layers = 1;  // the image
    for (const nn::BlockLayers& block : graph.blocks()) {
      CHECK_FALSE(block.conv.empty());
      layers += block.conv.size() + block.branch.size();
    }
    CHECK(layers == graph.layers());
  }
}

TEST_CASE("narrow MSDNets give the scores and gradients that PyTorch gives", "[nn][msdnet]") {
  nn::MsdNetOptions narrow = nn::msdnet21();
  narrow.width = .26;  // 4 channels, 2 more a layer
  narrow.head_channels = 8;
  test::check_scores("msdnet21", nn::msdnet(narrow));
  test::check_gradients(
      "msdnet",
      nn::msdnet({.blocks = 7, .base = 2, .step = 1, .channels = 4, .growth = 2, .head_channels = 8}));
  nn::MsdNetOptions narrower = nn::narrow_msdnet40();
  narrower.width = .3;  // 2 and 2
  narrower.head_channels = 8;
  test::check_scores("narrow_msdnet40", nn::msdnet(narrower));
  test::check_scores("msdnet.odd",
                     nn::msdnet({.blocks = 5,
                                 .base = 1,
                                 .step = 2,
                                 .channels = 5,
                                 .growth = 3,
                                 .growth_factors = {1, 3},
                                 .bottleneck_factors = {2, 3},
                                 .reduction = .7,
                                 .branch = nn::BranchOptions{.pool = 4, .channels = 4, .hidden = 8}}));
}

TEST_CASE("the gradients of two MSDNet layers, of which one drops a scale, are those of finite differences",
          "[nn][msdnet]") {
  nn::Graph graph({6, 5, 3});
  std::vector<nn::MsdNetScale> x;
  for (std::size_t s = 0; s < 3; ++s)
    x.push_back(
        {nn::conv_norm_relu(s > 0 ? x.back().map : graph.input(), {.channels = 2, .stride = s > 0 ? 2u : 1u}),
         s + 1, s + 1});
  for (const bool drop : {false, true}) {
    const nn::Scope scope(graph, drop ? "second" : "first");
    x = nn::msdnet_layer(x, 2, drop);
    graph.exit(nn::linear(x.back().map, {.outputs = 3}));
  }
  REQUIRE(x.size() == 2);
  CHECK(x[0].map.shape() == nn::Shape{3, 3, 10});
  CHECK(x[1].map.shape() == nn::Shape{2, 2, 14});
  test::check_finite_differences(std::move(graph));
}

TEST_CASE("MSDNet refuses options for which it cannot be built", "[nn][msdnet]") {
  const auto message = [](const std::string& text) { return Catch::Matchers::Equals("msdnet: " + text); };
  CHECK_THROWS_WITH(nn::msdnet({.image = {16, 32, 3}}), message("image.height is 16, expected at least 17"));
  CHECK(nn::msdnet({.image = {17, 17, 3}}).exits() == 21);
  CHECK(nn::msdnet({.image = {1, 1, 3}, .branch = nn::BranchOptions{}}).exits() == 21);
  CHECK_THROWS_WITH(nn::msdnet({.classes = 0}), message("classes is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::msdnet({.width = 65.}), message("width is 65, expected a number in (0, 64]"));
  CHECK_THROWS_WITH(nn::msdnet({.blocks = 0}), message("blocks is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::msdnet({.base = 0}), message("base is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::msdnet({.step = 0}), message("step is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::msdnet({.channels = 0}), message("channels is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::msdnet({.growth = 0}), message("growth is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::msdnet({.head_channels = 0}), message("head_channels is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::msdnet({.growth_factors = {}}),
                    message("growth_factors.size() is 0, expected 1 to 16 scales"));
  CHECK_THROWS_WITH(nn::msdnet({.bottleneck_factors = {1}}),
                    message("bottleneck_factors.size() is 1, expected 3 as there are scales"));
  CHECK_THROWS_WITH(nn::msdnet({.growth = 1, .growth_factors = {1, 1, 2}}),
                    message("growth_factors[1] is 1, expected 2 or more, as a scale grows from two"));
  CHECK_THROWS_WITH(nn::msdnet({.reduction = 0.}), message("reduction is 0, expected a number in (0, 1]"));
}
