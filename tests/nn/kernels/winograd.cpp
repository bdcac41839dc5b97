#include "../../catch.hpp"
#include "../../support.hpp"
#include "../check_conv.hpp"
#include "../stop_at_poll.hpp"

#include <einet/nn/kernels/packed_winograd.hpp>
#include <einet/nn/kernels/winograd.hpp>
#include <einet/nn/kernels/winograd_transform.hpp>

#include <array>

using namespace einet;
using namespace einet::test;

namespace {

/// What it may differ from the plain loops, relative to the largest output.
template <std::size_t M>
constexpr double rounding = M == 2 ? 4e-5 : 1e-4;

template <std::size_t M>
void check_winograd(const nn::ConvShape& shape, std::mt19937& random) {
  CAPTURE(M, text(shape));
  check_conv(
      shape, 1, random,
      [&](const Values& weights, const Values& bias, nn::ChannelScale scale) {
        return nn::PackedWinograd<M>{shape, weights, bias, scale};
      },
      [](const auto& pack) { return nn::conv_workspace(pack); },
      [](const auto& pack, const nn::ConvMaps& maps, float* workspace, nn::Bounds bounds) {
        nn::PacedStop never;
        return nn::conv_by_winograd(pack, maps, workspace, bounds, never);
      },
      rounding<M>);
}

nn::ConvShape random_winograd_shape(std::mt19937& random) {
  for (;;) {
    nn::ConvShape shape = random_shape(random);
    shape.kernel = 3;
    shape.stride = shape.dilation = 1;
    shape.groups = 1;
    if (shape.in.height + shape.padding.top + shape.padding.bottom < 3 ||
        shape.in.width + shape.padding.left + shape.padding.right < 3 || shape.macs() > 2'000'000)
      continue;
    return shape;
  }
}

/// Aᵀ ((G g) ∘ (Bᵀ d)): one dimension of the algorithm.
template <std::size_t M>
std::array<double, M> filtered(const std::array<double, M + 2>& d, const std::array<double, 3>& g) {
  // One lane is enough: the transforms are the same in all.
  using Lanes = xsimd::batch<float>;
  Lanes input[M + 2], spread[M + 2], output[M];
  for (std::size_t i = 0; i < M + 2; ++i) input[i] = Lanes(static_cast<float>(d[i]));
  nn::detail::Winograd<M>::input(input, spread);
  for (std::size_t i = 0; i < M + 2; ++i) {
    double factor = 0;
    for (std::size_t j = 0; j < 3; ++j) factor += nn::detail::Winograd<M>::filter[i][j] * g[j];
    spread[i] = spread[i] * Lanes(static_cast<float>(factor));
  }
  nn::detail::Winograd<M>::output(spread, output);
  std::array<double, M> y;
  for (std::size_t i = 0; i < M; ++i) y[i] = double{output[i].get(0)};
  return y;
}

template <std::size_t M>
void filters_as_defined() {
  for (std::size_t i = 0; i < M + 2; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      CAPTURE(M, i, j);
      std::array<double, M + 2> d{};
      std::array<double, 3> g{};
      d[i] = 1;
      g[j] = 1;
      const std::array<double, M> y = filtered<M>(d, g);
      for (std::size_t o = 0; o < M; ++o) CHECK_THAT(y[o], WithinAbs(i == o + j ? 1. : 0., 1e-6));
    }
}

}  // namespace

TEST_CASE("Winograd's transforms filter every unit input by every unit filter as the definition does",
          "[nn][winograd]") {
  filters_as_defined<2>();
  filters_as_defined<4>();
}

TEST_CASE("Winograd's convolution equals the plain loops on random shapes, pitches, residuals and bounds",
          "[nn][winograd]") {
  std::mt19937 random{20260102};
  for (std::size_t i = 0; i < cases(200); ++i) {
    const nn::ConvShape shape = random_winograd_shape(random);
    check_winograd<2>(shape, random);
    check_winograd<4>(shape, random);
  }
}

TEST_CASE("Winograd's convolution rounds by less than 1e-4 of the largest output on every VGG-16 shape",
          "[nn][winograd]") {
  constexpr std::array<std::array<std::size_t, 3>, 7> shapes{
      {{32, 3, 16}, {32, 16, 16}, {16, 32, 32}, {8, 64, 64}, {4, 128, 128}, {2, 128, 128}, {8, 256, 16}}};
  std::mt19937 random{1};
  for (const auto& [side, in, out] : shapes) {
    check_winograd<2>({{side, side, in}, out, 3, 1, 1}, random);
    check_winograd<4>({{side, side, in}, out, 3, 1, 1}, random);
  }
}

TEST_CASE("what is not finite shows in the outputs of its tiles, whatever the bounds", "[nn][winograd]") {
  const nn::ConvShape shape{{8, 8, 2}, 3, 3, 1, 1};
  Values x(shape.in.size(), 1.f), y(shape.out().size());
  const Values w(shape.weights(), 1.f);
  x[(0 * 8 + 0) * 2 + 1] = NAN;
  const nn::PackedWinograd<4> pack{shape, w};
  Values workspace(nn::conv_workspace(pack));
  nn::PacedStop never;
  CHECK(nn::conv_by_winograd(pack, {x.data(), 2, y.data(), 3}, workspace.data(), {0.f, 6.f}, never));
  for (const std::size_t pixel : {0u, 1u, 8u, 9u})
    for (std::size_t c = 0; c < 3; ++c) CHECK(std::isnan(y[pixel * 3 + c]));
  CHECK(y.back() == 6.f);
}

TEST_CASE("Winograd's convolution stops at every poll", "[nn][winograd]") {
  // The second reads much and multiplies little, so that polls fall into its transforms.
  for (const nn::ConvShape& shape :
       {nn::ConvShape{{16, 16, 64}, 64, 3, 1, 1}, nn::ConvShape{{48, 48, 96}, 3, 3, 1, 1}}) {
    const Values x(shape.in.size(), 1.f), w(shape.weights(), 1.f);
    Values y(shape.out().size());
    const auto check = [&](const auto& pack) {
      Values workspace(nn::conv_workspace(pack));
      const auto run = [&](const StopAtPoll& stop) {
        nn::PacedStop paced(stop);
        return nn::conv_by_winograd(pack, {x.data(), shape.in.channels, y.data(), shape.out_channels},
                                    workspace.data(), {}, paced);
      };
      CHECK(check_every_stop(run) > 2);
    };
    check(nn::PackedWinograd<2>{shape, w});
    check(nn::PackedWinograd<4>{shape, w});
  }
}

TEST_CASE("weights for Winograd's algorithm are refused if they do not suit it", "[nn][winograd]") {
  const Values w(9 * 4);
  CHECK_THROWS_WITH((nn::PackedWinograd<4>{nn::ConvShape{{8, 8, 2}, 2, 3, 2, 1}, w}),
                    ContainsSubstring("Winograd convolution"));
  CHECK_THROWS_WITH((nn::PackedWinograd<4>{nn::ConvShape{{8, 8, 2}, 3, 3, 1, 1}, w}),
                    ContainsSubstring("weights.size() is 36, expected 54"));
}
