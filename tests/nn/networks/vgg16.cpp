#include "reference.hpp"

#include <einet/nn/networks/vgg16.hpp>

#include <limits>
#include <stdexcept>

using namespace einet;

TEST_CASE("VGG-16 has fourteen exits, the published widths, and pools in the conv part before them",
          "[nn][vgg16]") {
  const nn::Graph graph = nn::vgg16();
  const std::vector<std::size_t> widths{64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512};
  const std::vector<std::size_t> sides{32, 16, 16, 8, 8, 8, 4, 4, 4, 2, 2, 2, 1};
  const std::vector<nn::Shape> shapes = test::shapes_at_exits(graph);
  REQUIRE(shapes.size() == 14);
  for (std::size_t k = 0; k < 13; ++k) CHECK(shapes[k] == nn::Shape{sides[k], sides[k], widths[k]});
  CHECK(shapes[13] == shapes[12]);
  CHECK(graph.blocks()[13].conv.empty());
}

TEST_CASE("VGG-16 has as many parameters and multiply-adds as PyTorch counts", "[nn][vgg16]") {
  // fixtures/count_parameters.py; 32×32×(3·64 + 64·64)·9 + … = 313 M in conv parts.
  CHECK(test::counts(nn::vgg16()) == test::Counts{14, 18357324, 10112, 326784256, 313196544});
}

TEST_CASE("VGG-16's layers are named as in torchvision's vgg16_bn", "[nn][vgg16]") {
  const auto all = test::arrays(nn::vgg16());
  using Sizes = std::vector<std::size_t>;
  CHECK(all.at("features.0.weight") == Sizes{64, 3, 3, 3});
  CHECK(all.at("features.1.running_mean") == Sizes{64});
  CHECK(all.at("features.7.weight") == Sizes{128, 64, 3, 3});
  CHECK(all.at("features.40.weight") == Sizes{512, 512, 3, 3});
  CHECK(all.at("features.41.bias") == Sizes{512});
  CHECK(all.at("classifier.0.weight") == Sizes{512, 512});
  CHECK(all.at("classifier.3.weight") == Sizes{10, 512});
}

TEST_CASE("a narrow VGG-16 gives the scores that PyTorch gives, with every structure of branches",
          "[nn][vgg16]") {
  nn::Vgg16Options options{.width = 1. / 16, .branch = {.pool = 4, .channels = 4, .hidden = 8}};
  test::check_scores("vgg16", nn::vgg16(options));
  options.branch.convolutions = 2;
  options.branch.fully_connected = 1;
  test::check_scores("vgg16.2+1", nn::vgg16(options));
  options.branch.convolutions = 0;
  options.branch.fully_connected = 3;
  test::check_scores("vgg16.0+3", nn::vgg16(options));
}

TEST_CASE("VGG-16 refuses options for which it cannot be built", "[nn][vgg16]") {
  const auto message = [](const std::string& text) { return Catch::Matchers::Equals(text); };
  CHECK_THROWS_WITH(nn::vgg16({.width = 0.}), message("vgg16: width is 0, expected a number in (0, 64]"));
  CHECK_THROWS_WITH(nn::vgg16({.width = std::numeric_limits<double>::quiet_NaN()}),
                    message("vgg16: width is nan, expected a number in (0, 64]"));
  CHECK_THROWS_WITH(nn::vgg16({.image = {32, 28, 1}}),
                    message("vgg16: image.width is 28, expected at least 32"));
  CHECK_THROWS_WITH(nn::vgg16({.image = {32, 32, 0}}),
                    message("vgg16: image.channels is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::vgg16({.classes = 0}), message("vgg16: classes is 0, expected at least 1"));
  CHECK_THROWS_WITH(nn::vgg16({.branch = {.pool = 0}}), message("branch: pool is 0, expected at least 1"));
}
