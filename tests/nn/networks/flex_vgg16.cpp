#include "reference.hpp"

#include <einet/nn/networks/flex_vgg16.hpp>

using namespace einet;

TEST_CASE("FlexVGG-16 has exits after the first four pools and at its end", "[nn][flex_vgg16]") {
  const nn::Graph graph = nn::flex_vgg16();
  CHECK(test::shapes_at_exits(graph) ==
        std::vector<nn::Shape>{{16, 16, 64}, {8, 8, 128}, {4, 4, 256}, {2, 2, 512}, {1, 1, 512}});
  CHECK_FALSE(graph.blocks()[4].conv.empty());
}

TEST_CASE("FlexVGG-16 has as many parameters and multiply-adds as PyTorch counts", "[nn][flex_vgg16]") {
  // fixtures/count_parameters.py; the backbone is VGG-16's.
  CHECK(test::counts(nn::flex_vgg16()) == test::Counts{5, 15848946, 8960, 316426240, 313196544});
  CHECK(test::counts(nn::flex_vgg16({.head = nn::FlexHead::separable})) ==
        test::Counts{5, 15082930, 10880, 313823872, 313196544});
}

TEST_CASE("a narrow FlexVGG-16 gives the scores that PyTorch gives, with either head", "[nn][flex_vgg16]") {
  test::check_scores("flex_vgg16",
                     nn::flex_vgg16({.width = 1. / 16, .branch = {.pool = 4, .channels = 4, .hidden = 8}}));
  test::check_scores("flex_vgg16.separable",
                     nn::flex_vgg16({.width = 1. / 16,
                                     .branch = {.pool = 4, .channels = 4, .convolutions = 2},
                                     .head = nn::FlexHead::separable}));
}

TEST_CASE("FlexVGG-16 refuses options for which it cannot be built", "[nn][flex_vgg16]") {
  CHECK_THROWS_WITH(nn::flex_vgg16({.image = {31, 32, 3}}),
                    Catch::Matchers::Equals("flex_vgg16: image.height is 31, expected at least 32"));
  CHECK_THROWS_WITH(nn::flex_vgg16({.branch = {.channels = 0}, .head = nn::FlexHead::separable}),
                    Catch::Matchers::Equals("branch: channels is 0, expected at least 1"));
}
