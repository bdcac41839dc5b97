#include "reference.hpp"

#include <einet/nn/networks/b_alexnet.hpp>

using namespace einet;

TEST_CASE("B-AlexNet has BranchyNet's maps, and shares what its branches and its backbone both need",
          "[nn][b_alexnet]") {
  const nn::Graph graph = nn::b_alexnet();
  // Exit 1 reads the map after the second normalisation, which the backbone goes on from; exit 2 what ReLU
  // makes of the third convolution.
  CHECK(test::shapes_at_exits(graph) == std::vector<nn::Shape>{{8, 8, 64}, {8, 8, 96}, {4, 4, 64}});
  const auto all = test::arrays(nn::b_alexnet());
  using Sizes = std::vector<std::size_t>;
  CHECK(all.at("branches.0.linear1.weight") == Sizes{10, 512});
  CHECK(all.at("branches.1.linear1.weight") == Sizes{10, 128});
  CHECK(all.at("fc1.weight") == Sizes{256, 1024});
  CHECK(all.at("fc3.weight") == Sizes{10, 128});
}

TEST_CASE("B-AlexNet has as many parameters and multiply-adds as PyTorch counts", "[nn][b_alexnet]") {
  // fixtures/count_parameters.py; in conv parts 32²·25·3·32 + 16²·25·32·64 + 8²·9·(64·96 + 96·96 + 96·64).
  CHECK(test::counts(nn::b_alexnet()) == test::Counts{3, 605886, 0, 30465536, 27951104});
}

TEST_CASE("a narrow B-AlexNet gives the scores that PyTorch gives", "[nn][b_alexnet]") {
  test::check_scores("b_alexnet", nn::b_alexnet({.width = 1. / 8}));
}

TEST_CASE("B-AlexNet takes images from 24 pixels on and refuses what it cannot be built for",
          "[nn][b_alexnet]") {
  CHECK(nn::b_alexnet({.image = {24, 25, 1}, .width = .01}).exits() == 3);
  CHECK_THROWS_WITH(nn::b_alexnet({.image = {32, 23, 3}}),
                    Catch::Matchers::Equals("b_alexnet: image.width is 23, expected at least 24"));
  CHECK_THROWS_WITH(nn::b_alexnet({.classes = 0}),
                    Catch::Matchers::Equals("b_alexnet: classes is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::b_alexnet({.width = 0.}),
                    Catch::Matchers::Equals("b_alexnet: width is 0, expected a number in (0, 64]"));
}
