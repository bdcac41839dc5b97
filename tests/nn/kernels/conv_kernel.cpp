#include "../../catch.hpp"

#include <einet/nn/kernels/conv_kernel.hpp>

#include <cmath>

using namespace einet;
using nn::ConvKernel;
using nn::ConvShape;

TEST_CASE("every kernel has a name of its own, by which it is found", "[nn][conv_kernel]") {
  for (const ConvKernel kernel : nn::conv_kernels)
    CHECK(nn::conv_kernel_named(nn::name_of(kernel)) == kernel);
  CHECK_FALSE(nn::conv_kernel_named("fft"));
}

TEST_CASE("kernels suit what they compute", "[nn][conv_kernel]") {
  const ConvShape plain{{8, 8, 4}, 4, 3, 1, 1}, strided{{8, 8, 4}, 4, 3, 2, 1},
      deep{{8, 8, 4}, 4, 3, 1, 1, 1, 4}, grouped{{8, 8, 4}, 4, 3, 1, 1, 1, 2},
      pointwise{{8, 8, 4}, 4, 1, 1, 0};
  const auto suitable = [](const ConvShape& shape) {
    std::string all;
    for (const ConvKernel kernel : nn::conv_kernels) all += nn::suits(kernel, shape) ? '1' : '0';
    return all;
  };
  CHECK(suitable(plain) == "11110");
  CHECK(suitable(strided) == "11000");
  CHECK(suitable(grouped) == "11000");
  CHECK(suitable(pointwise) == "11000");
  CHECK(suitable(deep) == "00001");
  for (const ConvShape& shape : {plain, strided, deep, grouped, pointwise})
    for (const ConvKernel kernel : nn::conv_kernels)
      CHECK(std::isfinite(nn::modelled_cycles(kernel, shape)) == nn::suits(kernel, shape));
  CHECK(nn::fastest_kernel(deep) == ConvKernel::depthwise);
}

TEST_CASE("the model chooses what measurements favour by far", "[nn][conv_kernel]") {
  const auto far = [](std::size_t side, std::size_t in, std::size_t out, std::size_t kernel = 3) {
    return nn::fastest_kernel({{side, side, in}, out, kernel, 1, kernel / 2}, nn::WeightsLie::in_memory);
  };
  CHECK(far(32, 3, 64) == ConvKernel::direct);       // hardly any input channels
  CHECK(far(32, 64, 64) == ConvKernel::winograd_4);  // many tiles, few weights
  CHECK(far(2, 512, 512) == ConvKernel::by_taps);    // the weights are what takes time
  // Narrow vectors multiply so slowly that fewer multiplications pay although they read more weights.
  if (nn::detail::lanes<xsimd::default_arch> >= 8) CHECK(far(4, 512, 512) == ConvKernel::by_taps);
  CHECK(far(32, 128, 64, 1) == ConvKernel::direct);
  // Weights in the cache favour the kernel that multiplies the least.
  CHECK(nn::fastest_kernel({{8, 8, 64}, 64, 3, 1, 1}, nn::WeightsLie::in_cache) == ConvKernel::winograd_4);
}
