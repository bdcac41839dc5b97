#include "../../support.hpp"
#include "../plain_conv.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/depthwise_gradient.hpp>

using namespace einet;
using namespace einet::test;

TEST_CASE("the gradients of depthwise convolution equal the plain loops", "[nn][depthwise][gradient]") {
  const unsigned seed = 98;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(300); ++i) {
    const nn::ConvShape shape = random_depthwise_shape(random);
    CAPTURE(text(shape));
    const std::size_t channels = shape.out_channels, taps = shape.taps();
    const Values x = random_values(shape.in.size(), random), w = random_values(shape.weights(), random);
    const Values dy = random_values(shape.out().size(), random);
    Values dx(x.size(), 7.f);
    nn::depthwise_backward_input(nn::PackedDepthwise(shape, w), dy.data(), dx.data());
    CHECK(largest_error(dx, plain_input_gradient(shape, 1, dy, w)) < 2e-5);
    Values packed(w.size()), dw(w.size()), db(channels);
    nn::depthwise_backward_weights(shape, x.data(), dy.data(), packed.data(), db.data());
    for (std::size_t k = 0; k < dw.size(); ++k) dw[k] = packed[k % taps * channels + k / taps];
    CHECK(largest_error(dw, plain_weight_gradient(shape, 1, x, dy)) < 2e-5);
    Truth sums(channels);
    for (std::size_t k = 0; k < dy.size(); ++k) sums[k % channels] += double{dy[k]};
    CHECK(largest_error(db, sums) < 2e-5);
  }
}
