#include "../support.hpp"
#include "catch.hpp"
#include "plain_conv.hpp"

#include <einet/nn/conv2d_kernel.hpp>
#include <einet/nn/conv_tile.hpp>

#include <array>
#include <limits>

using namespace einet;
using namespace einet::test;

namespace {

/// Everything lies between guards, so that a read or write outside shows as NaN or as a changed guard.
struct Guarded {
  static constexpr std::size_t guard = 64;
  Values all;
  std::size_t size;

  explicit Guarded(std::size_t count)
      : all(count + 2 * guard, std::numeric_limits<float>::quiet_NaN()), size{count} {}
  explicit Guarded(const Values& values) : Guarded{values.size()} {
    std::copy(values.begin(), values.end(), data());
  }
  float* data() { return all.data() + guard; }
  Values values() const { return {all.begin() + guard, all.end() - guard}; }
  bool intact() const {
    const auto untouched = [](float value) { return value != value; };
    return std::all_of(all.begin(), all.begin() + guard, untouched) &&
           std::all_of(all.end() - guard, all.end(), untouched);
  }
};

void check(const nn::ConvShape& shape, std::size_t images, std::size_t packed_for, std::mt19937& random) {
  CAPTURE(shape.in.height, shape.in.width, shape.in.channels, shape.out_channels, shape.kernel, shape.stride,
          shape.padding, images, packed_for);
  const Values x = random_values(images * shape.in.size(), random);
  const Values w = random_values(shape.weights(), random);
  const Values bias = random() % 2 != 0 ? random_values(shape.out_channels, random) : Values{};
  const nn::PackedConv<> pack{shape, w, bias, packed_for};
  Guarded source{x}, result{images * shape.out().size()}, workspace{nn::conv2d_workspace(shape, images)};
  Truth truth = plain_forward(shape, images, x, w, bias);
  nn::conv2d_forward(pack, source.data(), result.data(), workspace.data(), nn::Activation::none, images);
  CHECK(largest_error(result.values(), truth) < 2e-5);
  for (double& value : truth) value = (std::max)(value, 0.0);
  nn::conv2d_forward(pack, source.data(), result.data(), workspace.data(), nn::Activation::relu, images);
  CHECK(largest_error(result.values(), truth) < 2e-5);
  CHECK(result.intact());
  CHECK(workspace.intact());
}

}  // namespace

TEST_CASE("conv2d equals the plain loops on every VGG-16 shape", "[nn][conv2d]") {
  constexpr std::array<std::array<std::size_t, 3>, 9> shapes{{{32, 3, 16},
                                                              {32, 16, 16},
                                                              {16, 16, 32},
                                                              {16, 32, 32},
                                                              {8, 64, 64},
                                                              {4, 128, 128},
                                                              {2, 128, 128},
                                                              {2, 128, 16},
                                                              {1, 128, 16}}};
  std::mt19937 random{1};
  for (const auto& [side, in, out] : shapes) check({{side, side, in}, out, 3, 1, 1}, 1, 1, random);
}

TEST_CASE("conv2d equals the plain loops on random shapes, tails and paddings", "[nn][conv2d]") {
  const unsigned seed = 20240601;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(400); ++i) {
    check(random_shape(random), 1 + random() % 3, 1 + random() % 4, random);
  }
}

TEST_CASE("conv2d of a kernel that only meets padding yields the bias", "[nn][conv2d]") {
  std::mt19937 random{3};
  check({{1, 1, 3}, 5, 1, 4, 1}, 2, 1, random);
}

TEST_CASE("conv2d passes NaN and infinity of the input on", "[nn][conv2d]") {
  const nn::ConvShape shape{{1, 2, 1}, 1, 1, 1, 0};
  const Values w{1.0f}, x{std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()};
  Values y(2);
  nn::conv2d_forward(nn::PackedConv<>{shape, w}, x.data(), y.data(), nullptr);
  CHECK(y[0] != y[0]);
  CHECK(y[1] == std::numeric_limits<float>::infinity());
}
