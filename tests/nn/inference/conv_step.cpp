#include "../../catch.hpp"
#include "../step_bench.hpp"

#include <einet/nn/inference/conv_step.hpp>

#include <cstddef>
#include <vector>

using namespace einet;

namespace {

float activated(nn::Activation activation, float x) {
  if (activation == nn::Activation::none) return x;
  return activation == nn::Activation::relu ? test::relu_of(x) : test::silu_of(x);
}

}  // namespace

TEST_CASE("a convolution by any kernel adds its second input before the activation", "[nn][conv_step]") {
  constexpr std::size_t channels = 6;
  std::size_t tried = 0;
  for (const nn::ConvShape& shape : {nn::ConvShape{{3, 5, channels}, channels, 1, 1, 0},
                                     nn::ConvShape{{3, 5, channels}, channels, 3, 1, 1},
                                     nn::ConvShape{{3, 5, channels}, channels, 3, 1, 1, 1, channels}})
    for (const nn::ConvKernel kernel : nn::conv_kernels)
      for (const nn::Activation activation :
           {nn::Activation::none, nn::Activation::relu, nn::Activation::silu}) {
        if (!nn::suits(kernel, shape)) continue;
        CAPTURE(nn::name_of(kernel), static_cast<int>(activation));
        // Twice the identity: the middle tap of every channel to itself.
        std::vector<float> weights(shape.weights(), 0.f);
        const std::size_t inputs = channels / shape.groups, taps = shape.taps();
        for (std::size_t c = 0; c < channels; ++c)
          weights[(c * inputs + (inputs == 1 ? 0 : c)) * taps + taps / 2] = 2.f;
        const std::vector<float> bias(channels, .5f);
        const nn::ConvStep step(nn::pack_conv(kernel, shape, weights, bias), {activation});
        CHECK(step.kernel() == kernel);
        test::StepBench one(shape.in, 2, 4), two(shape.in, 3, 5);
        one.check(
            step, [&](auto x, std::size_t) { return activated(activation, 2.f * x[0] + .5f); }, 1e-4);
        two.check(
            step, [&](auto x, std::size_t) { return activated(activation, 2.f * x[0] + .5f + x[1]); }, 1e-4);
        ++tried;
      }
  CHECK(tried == 3 * (2 + 4 + 1));
}
