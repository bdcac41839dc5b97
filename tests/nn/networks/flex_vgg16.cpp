#include "catch.hpp"
#include "checks.hpp"
#include "support.hpp"

#include <einet/nn/networks/flex_vgg16.hpp>

using namespace einet;

TEST_CASE("FlexVGG-16 has an exit after each of four pools, and the classifier", "[nn][networks]") {
  nn::Graph graph = nn::flex_vgg16();
  CHECK(test::branch_inputs(graph) ==
        std::vector<nn::Shape>{{16, 16, 64}, {8, 8, 128}, {4, 4, 256}, {2, 2, 512}, {1, 1, 512}});
  CHECK(test::macs_of(graph).conv / 1000000 == 313);
  CHECK(graph.parameter_count() == 15857906);  // fixtures/count_parameters.py
}

TEST_CASE("FlexVGG-16 refuses widths and images for which it cannot be built", "[nn][networks]") {
  CHECK_THROWS_WITH(nn::flex_vgg16({.width = 65.}), "flex_vgg16: width is 65, expected a number in (0, 64]");
  CHECK_THROWS_WITH(nn::flex_vgg16({.image = {28, 28, 1}}),
                    test::ContainsSubstring("pooling: kernel.height is 2"));
}

TEST_CASE("a narrow FlexVGG-16 infers and differentiates rightly", "[nn][networks]") {
  nn::Graph graph = nn::flex_vgg16({.width = .0625, .branch = {4, 5, 9}});
  test::check_inference(graph, 1);
  nn::Graph other = nn::flex_vgg16({.width = .125, .branch = {4, 5, 9}});
  test::check_joint_gradient(other, 2);
}
