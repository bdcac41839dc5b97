#include "../../support.hpp"
#include "../check_conv.hpp"
#include "../stop_at_poll.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/conv_tile.hpp>

#include <array>
#include <limits>

using namespace einet;
using namespace einet::test;

namespace {

constexpr float infinite = std::numeric_limits<float>::infinity();

void check_conv2d(const nn::ConvShape& shape, std::size_t images, std::size_t packed_for,
                  std::mt19937& random) {
  CAPTURE(text(shape), images, packed_for);
  check_conv(
      shape, images, random,
      [&](const Values& weights, const Values& bias, nn::ChannelScale scale) {
        return nn::PackedConv<>{shape, weights, bias, packed_for, scale};
      },
      [&](const auto&) { return nn::conv2d_workspace(shape, images); },
      [&](const auto& pack, const nn::ConvMaps& maps, float* workspace, nn::Bounds bounds) {
        nn::PacedStop never;
        return nn::conv2d_forward(pack, maps, workspace, bounds, images, never);
      },
      4e-5);
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
  for (const auto& [side, in, out] : shapes) check_conv2d({{side, side, in}, out, 3, 1, 1}, 1, 1, random);
}

TEST_CASE("conv2d equals the plain loops on random shapes, pitches, residuals and bounds", "[nn][conv2d]") {
  const unsigned seed = 20240601;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(400); ++i)
    check_conv2d(random_shape(random), 1 + random() % 3, 1 + random() % 4, random);
}

TEST_CASE("conv2d of a kernel that only meets padding yields the bias", "[nn][conv2d]") {
  std::mt19937 random{3};
  check_conv2d({{1, 1, 3}, 5, 1, 4, 1}, 2, 1, random);
}

TEST_CASE("conv2d passes NaN and infinity of input and residual on, whatever the bounds", "[nn][conv2d]") {
  const nn::ConvShape shape{{1, 3, 1}, lanes + 1, 1, 1, 0};
  const Values w(shape.weights(), 1.f), x{NAN, infinite, 1.f};
  Values y(shape.out().size()), residual(y.size());
  residual[2 * (lanes + 1) + lanes] = NAN;
  const nn::PackedConv<> pack{shape, w};
  nn::PacedStop never;
  for (const nn::Bounds bounds : {nn::Bounds{}, nn::Bounds{0.f, infinite}, nn::Bounds{0.f, 6.f}}) {
    CHECK(nn::conv2d_forward(pack, {x.data(), 1, y.data(), lanes + 1, residual.data(), lanes + 1}, nullptr,
                             bounds, 1, never));
    CHECK(std::isnan(y.front()));
    CHECK(std::isnan(y[lanes]));
    CHECK(y[lanes + 1] == bounds.high);
    CHECK(y[2 * (lanes + 1)] == 1.f);
    CHECK(std::isnan(y.back()));
  }
}

TEST_CASE("conv2d stops at every poll", "[nn][conv2d]") {
  // The last tile of the last shape is short: polls within its longer neighbours must not go on in it.
  const nn::ConvShape deep{{1, 1, 4000}, 1, 1, 1, 0};
  const std::size_t block = nn::PackedConv<>{deep, Values(deep.weights())}.vectors_per_block();
  for (const nn::ConvShape& shape :
       {nn::ConvShape{{16, 16, 64}, 64, 3, 1, 1}, nn::ConvShape{{1, 1, 8192}, 700, 1, 1, 0},
        nn::ConvShape{deep.in, (2 * block + 1) * lanes, 1, 1, 0}}) {
    const Values x(shape.in.size(), 1.f), w(shape.weights(), 1.f);
    const nn::PackedConv<> pack{shape, w};
    Values y(shape.out().size()), workspace(nn::conv2d_workspace(shape));
    const auto run = [&](const StopAtPoll& stop) {
      nn::PacedStop paced(stop);
      return nn::conv2d_forward(pack, {x.data(), shape.in.channels, y.data(), shape.out_channels},
                                workspace.data(), {}, 1, paced);
    };
    CHECK(check_every_stop(run) > 2);
  }
}
