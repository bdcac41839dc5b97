#include "catch.hpp"
#include "checks.hpp"
#include "support.hpp"

#include <einet/nn/networks/vgg16.hpp>

#include <limits>

using namespace einet;

TEST_CASE("VGG-16 has fourteen exits, the published widths, and pools in the conv part before them",
          "[nn][networks]") {
  nn::Graph graph = nn::vgg16();
  REQUIRE(graph.exits() == 14);
  const std::vector<std::size_t> widths{64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512, 512};
  const std::vector<std::size_t> sides{32, 16, 16, 8, 8, 8, 4, 4, 4, 2, 2, 2, 1, 1};
  const std::vector<nn::Shape> shapes = test::branch_inputs(graph);
  for (std::size_t k = 0; k < 14; ++k) CHECK(shapes[k] == nn::Shape{sides[k], sides[k], widths[k]});
  CHECK(graph.blocks()[13].conv.empty());
  CHECK(test::macs_of(graph).conv / 1000000 == 313);  // 32×32×(3·64 + 64·64)·9 + …
  CHECK(graph.parameter_count() == 18367436);         // fixtures/count_parameters.py
}

TEST_CASE("the shipped size of VGG-16 holds about 1.2 million values", "[nn][networks]") {
  nn::Graph graph = nn::vgg16({.image = {32, 32, 1}, .width = .25, .branch = {8, 16, 64}});
  CHECK(graph.parameter_count() > 1150000);
  CHECK(graph.parameter_count() < 1250000);
}

TEST_CASE("a narrow VGG-16 infers and differentiates rightly", "[nn][networks]") {
  nn::Graph graph = nn::vgg16({.image = {33, 40, 1}, .width = .125, .branch = {8, 4, 8}});
  test::check_inference(graph, 1);
  nn::Graph other = nn::vgg16({.width = .125, .branch = {8, 4, 8}});
  test::check_joint_gradient(other, 2);
}

TEST_CASE("VGG-16 refuses widths and images for which it cannot be built", "[nn][networks]") {
  CHECK_THROWS_WITH(nn::vgg16({.width = 0.}), "vgg16: width is 0, expected a number in (0, 64]");
  CHECK_THROWS_WITH(nn::vgg16({.width = std::numeric_limits<double>::quiet_NaN()}),
                    test::ContainsSubstring("vgg16: width is nan"));
  CHECK_THROWS_WITH(nn::vgg16({.image = {28, 28, 1}}),
                    test::ContainsSubstring("pooling: kernel.height is 2"));
  CHECK_THROWS_AS(nn::vgg16({.classes = 0}), std::invalid_argument);
}
