#include "catch.hpp"
#include "gradients.hpp"
#include "small_network.hpp"

#include <einet/nn/branch.hpp>
#include <einet/nn/initialise.hpp>

using namespace einet;

TEST_CASE("branches can be inserted into a backbone other than VGG, whatever its strides and kernels",
          "[nn][branch]") {
  std::vector<nn::Sequential> parts;
  parts.emplace_back(nn::Conv2d({{30, 22, 3}, 6, 5, 2, 2}), nn::Relu{});
  parts.emplace_back(nn::MaxPool(3, 2, 1), nn::Conv2d({{8, 6, 6}, 9, 1, 1, 0}), nn::BatchNorm(9));
  parts.emplace_back(nn::Conv2d({{8, 6, 9}, 4, 3, 1, 0}));
  nn::MultiExitNetwork network = nn::insert_branches(std::move(parts), {30, 22, 3}, 7, {8, 5, 6});
  REQUIRE(network.exits() == 3);
  nn::initialise(network, 1);
  nn::Workspace workspace;
  network.forward(test::random_tensor(4, network.input, 2), {&workspace});
  for (std::size_t k = 0; k < 3; ++k) CHECK(nn::image_shape(network.scores(k)) == nn::Shape{1, 1, 7});

  std::vector<std::string> names;
  network.for_each_parameter([&](const std::string& name, std::span<const std::size_t>, std::span<float>) {
    names.push_back(name);
  });
  CHECK(names.front() == "blocks.0.conv.0.weight");
  CHECK(std::count(names.begin(), names.end(), "blocks.1.branch.2.running_mean") == 1);
  CHECK(std::count(names.begin(), names.end(), "blocks.2.branch.7.bias") == 1);
}

TEST_CASE("a branch is pool, conv, batch norm, two fully connected layers", "[nn][branch]") {
  const nn::Sequential branch = nn::make_branch({32, 32, 16}, 10, {8, 16, 64});
  const std::vector<std::string> kinds{
      "AdaptiveAveragePool", "Conv2d", "BatchNorm", "Relu", "Flatten", "Linear", "Relu", "Linear"};
  REQUIRE(branch.size() == kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) CHECK(branch[i].kind() == kinds[i]);
  CHECK(branch.output({32, 32, 16}) == nn::Shape{1, 1, 10});
}

TEST_CASE("conv parts and heads that do not fit are refused with their place", "[nn][branch]") {
  const auto insert = [](nn::Sequential second, nn::Sequential head) {
    std::vector<nn::Sequential> parts;
    parts.emplace_back(nn::Conv2d({{4, 4, 1}, 2, 3, 1, 1}));
    parts.push_back(std::move(second));
    return nn::insert_branches(std::move(parts), {4, 4, 1}, 3, {4, 2, 2}, std::move(head));
  };
  CHECK_NOTHROW(insert({}, {}));
  CHECK_THROWS_WITH(insert(nn::Sequential(nn::MaxPool(5, 1)), {}),
                    test::ContainsSubstring("conv part 1, layer 0: MaxPool"));
  CHECK_THROWS_WITH(insert({}, nn::Sequential(nn::Linear(32, 3))),
                    test::ContainsSubstring("block 2, branch"));
  CHECK_THROWS_WITH(insert({}, nn::Sequential(nn::Flatten{}, nn::Linear(32, 4))),
                    test::ContainsSubstring("yields 1x1x4, expected 1x1x3"));
}
