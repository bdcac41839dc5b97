#include "catch.hpp"
#include "gradients.hpp"
#include "small_network.hpp"

#include <einet/nn/initialise.hpp>
#include <einet/nn/vgg16.hpp>

using namespace einet;

TEST_CASE("VGG-16 has fourteen exits, the published widths, and pools in the conv part before them",
          "[nn][vgg16]") {
  const nn::MultiExitNetwork network = nn::make_vgg16({{32, 32, 3}, 1., 10, {}});
  REQUIRE(network.exits() == 14);
  const std::vector<std::size_t> widths{64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512};
  const std::vector<std::size_t> sides{32, 16, 16, 8, 8, 8, 4, 4, 4, 2, 2, 2, 1};
  nn::Shape shape = network.input;
  std::size_t macs = 0;
  for (std::size_t k = 0; k < 13; ++k) {
    macs += dynamic_cast<const nn::Conv2d&>(network.blocks[k].conv[0]).shape().macs();
    shape = network.blocks[k].conv.output(shape);
    CHECK(shape == nn::Shape{sides[k], sides[k], widths[k]});
  }
  CHECK(network.blocks[13].conv.empty());
  CHECK(macs / 1000000 == 313);  // 32×32×(3·64 + 64·64)·9 + …
}

TEST_CASE("the shipped size of VGG-16 holds about 1.2 million values", "[nn][vgg16]") {
  nn::MultiExitNetwork network = nn::make_vgg16({{32, 32, 1}, .25, 10, {8, 16, 64}});
  const std::size_t values = test::all_values(network).size();
  CHECK(values > 1150000);
  CHECK(values < 1250000);
}

TEST_CASE("the numbers of a VGG-16 are counted without building it", "[nn][vgg16]") {
  for (const nn::Vgg16& wanted :
       {nn::Vgg16{.width = .25}, nn::Vgg16{.width = .01}, nn::Vgg16{.input = {32, 32, 3}, .width = .3},
        nn::Vgg16{.width = .25, .classes = 100, .branch = {3, 7, 600}},
        nn::Vgg16{.width = .1, .branch = {1, 1, 1}}, nn::Vgg16{.width = .1, .branch = {64, 2, 3}}}) {
    CAPTURE(wanted.width, wanted.branch.pool);
    nn::MultiExitNetwork network = nn::make_vgg16(wanted);
    CHECK(nn::parameter_count(wanted) == test::all_values(network).size());
  }
}

TEST_CASE("VGG-16 runs every exit", "[nn][vgg16]") {
  nn::MultiExitNetwork network = nn::make_vgg16({{32, 32, 1}, .125, 10, {8, 4, 8}});
  nn::initialise(network, 1);
  nn::Workspace workspace;
  network.forward(test::random_tensor(2, network.input, 2), {&workspace});
  for (std::size_t k = 0; k < 14; ++k) {
    CHECK(nn::image_shape(network.scores(k)) == nn::Shape{1, 1, 10});
    for (std::size_t i = 0; i < 20; ++i) CHECK(std::isfinite(network.scores(k).data()[i]));
  }
}

TEST_CASE("VGG-16 refuses widths and images for which it cannot be built", "[nn][vgg16]") {
  CHECK_THROWS_WITH(nn::make_vgg16({{32, 32, 1}, 0., 10, {}}), test::ContainsSubstring("width"));
  CHECK_THROWS_WITH(nn::make_vgg16({{32, 32, 1}, std::numeric_limits<double>::quiet_NaN(), 10, {}}),
                    test::ContainsSubstring("width"));
  CHECK_THROWS_WITH(nn::make_vgg16({{28, 28, 1}, .25, 10, {}}), test::ContainsSubstring("MaxPool"));
  CHECK_THROWS_AS(nn::make_vgg16({{32, 32, 1}, .25, 0, {}}), std::invalid_argument);
}
