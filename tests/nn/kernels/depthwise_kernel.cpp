#include "../../support.hpp"
#include "../plain_conv.hpp"
#include "../stop_at_poll.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/depthwise_kernel.hpp>

using namespace einet;
using namespace einet::test;

TEST_CASE("depthwise convolution equals the plain loops, with pitches, residual, factors and bounds",
          "[nn][depthwise]") {
  const unsigned seed = 99;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(300); ++i) {
    const nn::ConvShape shape = random_depthwise_shape(random);
    CAPTURE(text(shape));
    const std::size_t channels = shape.out_channels;
    const Values x = random_values(shape.in.size(), random), w = random_values(shape.weights(), random);
    const Values bias = random() % 2 != 0 ? random_values(channels, random) : Values{};
    const Values factor = random_values(channels, random), shift = random_values(channels, random);
    const Values residual = random_values(shape.out().size(), random);
    const bool with_residual = random() % 2 != 0, six = random() % 2 != 0;
    const nn::PackedDepthwise pack(shape, w, bias, {factor, shift});
    Guarded source(x, channels, channels + random() % 3), added(residual, channels, channels + random() % 4),
        result(shape.out().pixels(), channels, channels + random() % 5);
    nn::ConvMaps maps{source.data(), source.pitch, result.data(), result.pitch};
    if (with_residual) {
      maps.residual = added.data();
      maps.residual_pitch = added.pitch;
    }
    Truth truth = plain_forward(shape, 1, x, w, bias);
    for (std::size_t k = 0; k < truth.size(); ++k) {
      truth[k] = truth[k] * double{factor[k % channels]} + double{shift[k % channels]};
      if (with_residual) truth[k] += double{residual[k]};
      if (six) truth[k] = std::clamp(truth[k], 0., 6.);
    }
    nn::PacedStop never;
    CHECK(nn::depthwise_forward(pack, maps, six ? nn::Bounds{0.f, 6.f} : nn::Bounds{}, never));
    CHECK(largest_error(result.values(), truth) < 2e-5);
    CHECK(result.intact());
  }
}

TEST_CASE("depthwise convolution stops at every poll", "[nn][depthwise]") {
  const nn::ConvShape shape{{64, 64, 64}, 64, 3, 1, 1, 1, 64};
  const Values x(shape.in.size(), 1.f), w(shape.weights(), 1.f);
  const nn::PackedDepthwise pack(shape, w);
  Values y(shape.out().size());
  const auto run = [&](const StopAtPoll& stop) {
    nn::PacedStop paced(stop);
    return nn::depthwise_forward(pack, {x.data(), 64, y.data(), 64}, {}, paced);
  };
  CHECK(check_every_stop(run) > 3);
}
