#include "catch.hpp"
#include "checks.hpp"
#include "support.hpp"

#include <einet/nn/networks/b_alexnet.hpp>

using namespace einet;

TEST_CASE("B-AlexNet has three exits and PyTorch's numbers", "[nn][networks]") {
  nn::Graph graph = nn::b_alexnet();
  CHECK(test::branch_inputs(graph) == std::vector<nn::Shape>{{8, 8, 64}, {8, 8, 96}, {4, 4, 64}});
  CHECK(graph.parameter_count() == 605886);  // fixtures/count_parameters.py
  std::vector<std::size_t> inputs;
  for (std::size_t layer = 1; layer < graph.layers(); ++layer) {
    if (graph.layer(layer).kind() == "linear") inputs.push_back(graph.shape(graph.inputs(layer)[0]).size());
  }
  CHECK(inputs == std::vector<std::size_t>{512, 128, 1024, 256, 128});
  const test::NetworkMacs macs = test::macs_of(graph);
  CHECK(macs.conv == 1024 * 25 * 3 * 32 + 256 * 25 * 32 * 64 + 64 * 9 * (64 * 96 + 96 * 96 + 96 * 64));
  CHECK(macs.branches ==
        64 * 9 * (64 * 32 + 32 * 32) + 5120 + 16 * 9 * 96 * 32 + 1280 + 1024 * 256 + 256 * 128 + 1280);
}

TEST_CASE("B-AlexNet refuses widths and classes for which it cannot be built", "[nn][networks]") {
  CHECK_THROWS_WITH(nn::b_alexnet({.width = 0.}), "b_alexnet: width is 0, expected a number in (0, 64]");
  CHECK_THROWS_AS(nn::b_alexnet({.classes = 0}), std::invalid_argument);
}

TEST_CASE("a narrow B-AlexNet infers and differentiates rightly", "[nn][networks]") {
  nn::Graph graph = nn::b_alexnet({.width = .125});
  test::check_inference(graph, 1);
  test::check_joint_gradient(graph, 2);
}
