#include "reference.hpp"

#include <einet/nn/networks/vit.hpp>

using namespace einet;

TEST_CASE("a vision transformer has an exit after each of its blocks", "[nn][vit]") {
  const nn::Graph graph = nn::vit();
  CHECK(test::shapes_at_exits(graph) == std::vector<nn::Shape>(8, {1, 65, 64}));
  CHECK(test::shapes_at_exits(nn::vit({.blocks = 3, .head = nn::VitHead::mean})) ==
        std::vector<nn::Shape>(3, {8, 8, 64}));
  for (const nn::BlockLayers& block : graph.blocks()) {
    CHECK_FALSE(block.conv.empty());
    CHECK(block.branch.size() == 3);
  }
}

TEST_CASE("a vision transformer has as many parameters and multiply-adds as PyTorch counts", "[nn][vit]") {
  // fixtures/count_parameters.py; a block of 65 tokens costs 65·(64·192 + 64·64 + 2·64·128) + 2·65²·64.
  CHECK(test::counts(nn::vit()) == test::Counts{8, 281360, 0, 21567488, 21562368});
  CHECK(test::counts(nn::vit({.head = nn::VitHead::mean})) == test::Counts{8, 281232, 0, 21173248, 21168128});
}

TEST_CASE("a narrow vision transformer gives the scores and gradients that PyTorch gives", "[nn][vit]") {
  test::check_scores("vit", nn::vit({.width = 1. / 4}));
  test::check_scores("vit.mean", nn::vit({.width = 1. / 4, .head = nn::VitHead::mean}));
  test::check_gradients("vit", nn::vit({.width = 1. / 4}));
}

TEST_CASE("a vision transformer refuses options for which it cannot be built", "[nn][vit]") {
  const auto message = [](const std::string& text) { return Catch::Matchers::Equals("vit: " + text); };
  CHECK_THROWS_WITH(nn::vit({.image = {32, 30, 3}}),
                    message("image.width is 30, expected a multiple of 4, its patch"));
  CHECK_THROWS_WITH(nn::vit({.image = {3, 32, 3}}), message("image.height is 3, expected at least 4"));
  CHECK_THROWS_WITH(nn::vit({.channels = 62}),
                    message("channels is 62, expected a multiple of 4, its heads"));
  CHECK_THROWS_WITH(nn::vit({.patch = 0}), message("patch is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::vit({.blocks = 0}), message("blocks is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::vit({.heads = 0}), message("heads is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::vit({.classes = 0}), message("classes is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::vit({.width = 0.}), message("width is 0, expected a number in (0, 64]"));
}
