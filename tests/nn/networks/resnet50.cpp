#include "finite_differences.hpp"
#include "reference.hpp"

#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/training/initialise.hpp>

using namespace einet;

TEST_CASE("ResNet-50 has five inserted exits and its classifier", "[nn][resnet50]") {
  const nn::Graph graph = nn::resnet50();
  const std::vector<nn::Shape> shapes = test::shapes_at_exits(graph);
  // The paper's branch averages maps of more than 8 × 8 pixels.
  CHECK(shapes == std::vector<nn::Shape>{
                      {32, 32, 64}, {32, 32, 256}, {16, 16, 512}, {8, 8, 1024}, {4, 4, 2048}, {4, 4, 2048}});
  CHECK(graph.blocks()[5].conv.empty());
  CHECK(
      test::shapes_at_exits(nn::resnet50({.stem = nn::ResNetStem::imagenet})) ==
      std::vector<nn::Shape>{{8, 8, 64}, {8, 8, 256}, {4, 4, 512}, {2, 2, 1024}, {1, 1, 2048}, {1, 1, 2048}});
  const std::vector<nn::Shape> units = test::shapes_at_exits(nn::resnet50({.exit_at_every_unit = true}));
  REQUIRE(units.size() == 17);
  CHECK(units[2] == nn::Shape{32, 32, 256});
  CHECK(units[3] == nn::Shape{16, 16, 512});
  CHECK(units[16] == nn::Shape{4, 4, 2048});
}

TEST_CASE("ResNet-50 has as many parameters and multiply-adds as PyTorch counts", "[nn][resnet50]") {
  // fixtures/count_parameters.py; 1,298 M and 83 M in conv parts.
  CHECK(test::counts(nn::resnet50()) == test::Counts{6, 26334332, 53760, 1320216832, 1297809408});
  CHECK(test::counts(nn::resnet50({.stem = nn::ResNetStem::imagenet})) ==
        test::Counts{6, 26096252, 53760, 89647360, 83410944});
  CHECK(test::counts(nn::resnet50({.exit_at_every_unit = true})) ==
        test::Counts{17, 34047722, 55168, 1396383744, 1297809408});
}

TEST_CASE("ResNet-50's layers are named as in torchvision", "[nn][resnet50]") {
  const auto all = test::arrays(nn::resnet50({.classes = 1000, .stem = nn::ResNetStem::imagenet}));
  using Sizes = std::vector<std::size_t>;
  CHECK(all.at("conv1.weight") == Sizes{64, 3, 7, 7});
  CHECK(all.at("bn1.running_var") == Sizes{64});
  CHECK(all.at("layer1.0.conv1.weight") == Sizes{64, 64, 1, 1});
  CHECK(all.at("layer1.0.downsample.0.weight") == Sizes{256, 64, 1, 1});
  CHECK(all.at("layer1.0.downsample.1.bias") == Sizes{256});
  CHECK(all.at("layer3.5.conv2.weight") == Sizes{256, 256, 3, 3});
  CHECK(all.at("layer4.2.bn3.weight") == Sizes{2048});
  CHECK(all.at("fc.weight") == Sizes{1000, 2048});
  CHECK(all.at("fc.bias") == Sizes{1000});
  // 161 trained arrays and 106 statistics, the branches aside.
  std::size_t backbone = 0;
  for (const auto& [name, sizes] : all) backbone += name.starts_with("branches.") ? 0 : 1;
  CHECK(backbone == 267);
}

TEST_CASE("a narrow ResNet-50 gives the scores and gradients that PyTorch gives", "[nn][resnet50]") {
  nn::ResNet50Options options{.width = 1. / 16, .branch = {.pool = 4, .channels = 4, .hidden = 8}};
  test::check_scores("resnet50", nn::resnet50(options));
  test::check_gradients("resnet50", nn::resnet50(options));
  options.exit_at_every_unit = true;
  test::check_scores("resnet50.units", nn::resnet50(options));
  options.exit_at_every_unit = false;
  options.stem = nn::ResNetStem::imagenet;
  test::check_scores("resnet50.imagenet", nn::resnet50(options));
}

TEST_CASE("the gradients of two residual units are those of finite differences", "[nn][resnet50]") {
  nn::Graph graph({6, 6, 8});
  nn::Map x = graph.input();
  {
    const nn::Scope scope(graph, "unit1");
    x = nn::bottleneck(x, 2);  // with the shortcut itself
  }
  {
    const nn::Scope scope(graph, "unit2");
    x = nn::bottleneck(x, 3, 2);  // with a projection
  }
  graph.exit(nn::linear(x, {.outputs = 3}));
  test::check_finite_differences(std::move(graph));
}

TEST_CASE("ResNet-50 takes the smallest images and refuses options for which it cannot be built",
          "[nn][resnet50]") {
  CHECK(nn::resnet50({.image = {1, 1, 1}, .width = .1}).exits() == 6);
  CHECK(nn::resnet50({.image = {1, 3, 1}, .width = .001, .stem = nn::ResNetStem::imagenet}).exits() == 6);
  CHECK_THROWS_WITH(nn::resnet50({.image = {0, 32, 3}}),
                    Catch::Matchers::Equals("resnet50: image.height is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::resnet50({.width = -1.}),
                    Catch::Matchers::Equals("resnet50: width is -1, expected a number in (0, 64]"));
  CHECK_THROWS_WITH(nn::resnet50({.classes = 0}),
                    Catch::Matchers::Equals("resnet50: classes is 0, expected at least 1"));
}
