#include "catch.hpp"
#include "checks.hpp"
#include "support.hpp"

#include <einet/nn/networks/resnet50.hpp>

#include <set>

using namespace einet;

namespace {
constexpr auto imagenet_stem = nn::Resnet50Options::Stem::imagenet;
}

TEST_CASE("ResNet-50 has six exits, or seventeen with a branch at every unit", "[nn][networks]") {
  CHECK(test::branch_inputs(nn::resnet50()) ==
        std::vector<nn::Shape>{
            {32, 32, 64}, {32, 32, 256}, {16, 16, 512}, {8, 8, 1024}, {4, 4, 2048}, {4, 4, 2048}});
  CHECK(
      test::branch_inputs(nn::resnet50({.stem = imagenet_stem})) ==
      std::vector<nn::Shape>{{8, 8, 64}, {8, 8, 256}, {4, 4, 512}, {2, 2, 1024}, {1, 1, 2048}, {1, 1, 2048}});
  const nn::Graph every = nn::resnet50({.branch_every_unit = true});
  CHECK(every.exits() == 17);
  CHECK(every.blocks().back().conv.empty());
  CHECK(test::branch_inputs(every)[3] == nn::Shape{16, 16, 512});
}

TEST_CASE("ResNet-50 has the published multiply-adds", "[nn][networks]") {
  CHECK(test::macs_of(nn::resnet50()).conv / 1000000 == 1297);  // 1,297.8 M
  CHECK(test::macs_of(nn::resnet50({.branch_every_unit = true})).conv == test::macs_of(nn::resnet50()).conv);
  CHECK(test::macs_of(nn::resnet50({.stem = imagenet_stem})).conv / 1000000 == 83);
}

TEST_CASE("ResNet-50 holds as many numbers as PyTorch's", "[nn][networks]") {
  // fixtures/count_parameters.py
  CHECK(nn::resnet50().parameter_count() == 26388092);
  CHECK(nn::resnet50({.stem = imagenet_stem}).parameter_count() == 26150012);
  CHECK(nn::resnet50({.branch_every_unit = true}).parameter_count() == 34102890);
}

TEST_CASE("counting a network takes no memory for its weights", "[nn][networks]") {
  nn::Graph graph = nn::resnet50({.width = 64.});  // 100 billion numbers
  CHECK(graph.parameter_count() > 90000000000);
}

TEST_CASE("the layers of ResNet-50 have torchvision's names", "[nn][networks]") {
  std::set<std::string> names;
  nn::Graph graph = nn::resnet50();
  std::size_t own = 0;
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    names.insert(parameter.name);
    if (!parameter.name.starts_with("branches.")) own += parameter.weights->size();
  });
  for (const char* name :
       {"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer1.0.bn3.bias",
        "layer1.0.downsample.0.weight", "layer1.0.downsample.1.running_mean", "layer2.0.downsample.0.weight",
        "layer3.5.conv3.weight", "layer4.2.bn2.weight", "fc.weight", "fc.bias"}) {
    CAPTURE(name);
    CHECK(names.count(name) == 1);
  }
  for (const char* name : {"conv1.bias", "layer1.1.downsample.0.weight", "layer4.3.conv1.weight"})
    CHECK(names.count(name) == 0);
  CHECK(own == 23573962);
}

TEST_CASE("ResNet-50 refuses widths and images for which it cannot be built", "[nn][networks]") {
  CHECK_THROWS_WITH(nn::resnet50({.width = 0.}), "resnet50: width is 0, expected a number in (0, 64]");
  CHECK_THROWS_AS(nn::resnet50({.classes = 0}), std::invalid_argument);
  CHECK_THROWS_AS(nn::resnet50({.image = {0, 32, 3}}), std::invalid_argument);
}

TEST_CASE("a narrow ResNet-50 infers what it computes in batches", "[nn][networks]") {
  nn::Graph graph = nn::resnet50({.image = {19, 16, 3}, .width = .0625, .branch = {4, 5, 9}});
  test::check_inference(graph, 1);
  nn::Graph every =
      nn::resnet50({.width = .0625, .stem = imagenet_stem, .branch_every_unit = true, .branch = {4, 5, 9}});
  test::check_inference(every, 2);
}

TEST_CASE("the joint loss of a narrow ResNet-50 has the gradient of finite differences", "[nn][networks]") {
  nn::Graph graph = nn::resnet50({.image = {16, 16, 3}, .width = .0625, .branch = {4, 5, 9}});
  test::check_joint_gradient(graph, 3);
}
