#include "catch.hpp"
#include "checks.hpp"
#include "support.hpp"

#include <einet/nn/networks/msdnet.hpp>

#include <cmath>

using namespace einet;

namespace {

/// A published MSDNet: where its exits' channels begin and end between drops of a scale, and its work.
struct Published {
  const char* name;
  nn::MsdnetOptions options;
  std::vector<std::size_t> last;  // block at whose end a run of channels ends
  std::vector<std::pair<std::size_t, std::size_t>> channels;
  std::size_t conv, heads;  // millions of multiply-adds, rounded
  std::size_t numbers;      // fixtures/count_parameters.py
};

std::vector<Published> published() {
  return {
      {"21", nn::msdnet21(), {5, 13, 20}, {{160, 400}, {224, 560}, {316, 604}}, 206, 161, 14544674},
      {"40", nn::msdnet40(), {11, 26, 39}, {{160, 424}, {224, 560}, {292, 580}}, 201, 301, 25395840},
      {"small", nn::msdnet40_small(), {12, 26, 39}, {{80, 368}, {196, 508}, {264, 552}}, 172, 266, 22934028}};
}

nn::MsdnetOptions tiny() {
  return {.image = {16, 12, 3},
          .blocks = 4,
          .base = 2,
          .step = 1,
          .channels = 3,
          .growth = 2,
          .head_channels = 5};
}

std::size_t millions(std::size_t macs) {
  return static_cast<std::size_t>(std::lround(static_cast<double>(macs) / 1e6));
}

}  // namespace

TEST_CASE("the published MSDNets have their channels, multiply-adds and PyTorch's numbers",
          "[nn][networks]") {
  for (const Published& net : published()) {
    CAPTURE(net.name);
    nn::Graph graph = nn::msdnet(net.options);
    CHECK(graph.exits() == net.options.blocks);
    const std::vector<nn::Shape> shapes = test::branch_inputs(graph);
    std::size_t first = 0;
    for (std::size_t run = 0; run < 3; ++run) {
      CAPTURE(run);
      const auto [from, to] = net.channels[run];
      CHECK(shapes[first] == nn::Shape{8, 8, from});
      CHECK(shapes[net.last[run]] == nn::Shape{8, 8, to});
      first = net.last[run] + 1;
    }
    const test::NetworkMacs macs = test::macs_of(graph);
    CHECK(millions(macs.conv) == net.conv);
    CHECK(millions(macs.branches) == net.heads);
    CHECK(graph.parameter_count() == net.numbers);
  }
}

TEST_CASE("MSDNet refuses options that do not fit, each by its name", "[nn][networks]") {
  const auto refused = [](auto change, const char* message) {
    nn::MsdnetOptions options = nn::msdnet21();
    change(options);
    CHECK_THROWS_WITH(nn::msdnet(options), message);
  };
  using Options = nn::MsdnetOptions;
  refused([](Options& o) { o.blocks = 0; }, "msdnet: blocks is 0, expected at least 1");
  refused([](Options& o) { o.step = 0; }, "msdnet: step is 0, expected at least 1");
  refused([](Options& o) { o.growth_factors = {}; },
          "msdnet: growth_factors.size() is 0, expected at least 1");
  refused(
      [](Options& o) {
        o.growth_factors = {1, 2};
      },
      "msdnet: bottleneck_factors.size() is 3, expected 2 as growth_factors");
  refused([](Options& o) { o.bottleneck_factors[1] = 0; },
          "msdnet: bottleneck_factors[1] is 0, expected at least 1");
  refused([](Options& o) { o.reduction = 0.; }, "msdnet: reduction is 0, expected a number in (0, 1]");
  refused([](Options& o) { o.width = -1.; }, "msdnet: width is -1, expected a number in (0, 64]");
  refused([](Options& o) { o.width = .01; },
          "msdnet: width is 0.01, expected enough for two new channels in every scale but the finest");
}

TEST_CASE("a narrow MSDNet infers what it computes in batches", "[nn][networks]") {
  nn::Graph graph = nn::msdnet(tiny());
  test::check_inference(graph, 1);
  nn::MsdnetOptions narrow = nn::msdnet21();
  narrow.width = .2;
  nn::Graph deep = nn::msdnet(narrow);
  test::check_inference(deep, 2);
  nn::MsdnetOptions two = tiny();
  two.growth_factors = {1, 3};
  two.bottleneck_factors = {2, 1};
  two.step = 2;
  nn::Graph other = nn::msdnet(two);
  test::check_inference(other, 3);
}

TEST_CASE("the joint loss of a narrow MSDNet has the gradient of finite differences", "[nn][networks]") {
  nn::Graph graph = nn::msdnet(tiny());
  test::check_joint_gradient(graph, 4);
}
