#include "../../support.hpp"
#include "../plain_conv.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/input_gradient.hpp>

using namespace einet;
using namespace einet::test;

namespace {

double error(const nn::ConvShape& shape, std::size_t images, std::mt19937& random) {
  const Values w = random_values(shape.weights(), random);
  const Values dy = random_values(images * shape.out().size(), random);
  nn::InputGradient<> gradient(shape, images);
  gradient.repack(random_values(shape.weights(), random));
  gradient.repack(w);
  // The last value of the workspace is a guard.
  Values dx(images * shape.in.size(), 7.f), workspace(gradient.workspace(images) + 1, 9.f);
  gradient(dy.data(), dx.data(), workspace.data(), images);
  CHECK(workspace.back() == 9.f);
  return largest_error(dx, plain_input_gradient(shape, images, dy, w));
}

}  // namespace

TEST_CASE("input gradients equal the plain loops on random shapes", "[nn][conv2d][gradient]") {
  const unsigned seed = 815;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(400); ++i) {
    nn::ConvShape shape = random_shape(random);
    if (i % 2 == 0) shape.dilation = 1;
    const std::size_t images = 1 + random() % 5;
    CAPTURE(text(shape), images);
    CHECK(error(shape, images, random) < 2e-5);
  }
}

TEST_CASE("input gradients of strided convolutions, by every way to compute them", "[nn][conv2d][gradient]") {
  std::mt19937 random{3};
  for (const nn::ConvShape& shape : {
           nn::ConvShape{{8, 8, 5}, 7, 3, 2, 1},        // four convolutions
           nn::ConvShape{{7, 9, 5}, 7, 3, 2, 1},        // of different sizes
           nn::ConvShape{{8, 8, 6}, 4, 3, 2, 1, 1, 2},  // in groups
           nn::ConvShape{{8, 8, 5}, 7, 1, 2, 0},        // one, and zeros
           nn::ConvShape{{9, 8, 5}, 7, {3, 5}, {1, 3}, {1, 2, 2, 1}},
           nn::ConvShape{{2, 1, 3}, 2, {4, 3}, {3, 2}, 1},  // phases that the image does not reach
           nn::ConvShape{{4, 4, 5}, 7, 1, 2, 1},            // padding wider than the kernel
           nn::ConvShape{{9, 9, 3}, 2, 3, 2, 2, 2},         // dilated
       }) {
    CAPTURE(text(shape));
    CHECK(error(shape, 1, random) < 2e-5);
    CHECK(error(shape, 3, random) < 2e-5);
  }
}

TEST_CASE("an input gradient of a wrong shape is refused", "[nn][conv2d][gradient]") {
  CHECK_THROWS_WITH(nn::InputGradient<>(nn::ConvShape{{4, 4, 0}, 2}), ContainsSubstring("in.channels"));
}
