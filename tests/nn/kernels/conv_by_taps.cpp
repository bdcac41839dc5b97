#include "../../catch.hpp"
#include "../../support.hpp"
#include "../check_conv.hpp"
#include "../stop_at_poll.hpp"

#include <einet/nn/kernels/conv_by_taps.hpp>
#include <einet/nn/kernels/conv_output.hpp>
#include <einet/nn/kernels/product_tile.hpp>

#include <array>

using namespace einet;
using namespace einet::test;

namespace {

void check_by_taps(const nn::ConvShape& shape, std::mt19937& random) {
  CAPTURE(text(shape));
  check_conv(
      shape, 1, random,
      [&](const Values& weights, const Values& bias, nn::ChannelScale scale) {
        return nn::PackedTaps<>{shape, weights, bias, scale};
      },
      [](const auto& pack) { return nn::conv_workspace(pack); },
      [](const auto& pack, const nn::ConvMaps& maps, float* workspace, nn::Bounds bounds) {
        nn::PacedStop never;
        return nn::conv_by_taps(pack, maps, workspace, bounds, never);
      },
      4e-5);
}

}  // namespace

TEST_CASE("a convolution by taps equals the plain loops on random shapes, pitches, residuals and bounds",
          "[nn][conv_by_taps]") {
  std::mt19937 random{20260101};
  for (std::size_t i = 0; i < cases(400); ++i) check_by_taps(random_shape(random), random);
}

TEST_CASE(
    "a convolution by taps equals the plain loops where the input is deeper than what is multiplied at once",
    "[nn][conv_by_taps]") {
  std::mt19937 random{2};
  for (const std::size_t side : {1u, 2u, 4u, 7u})
    for (const std::size_t channels : {255u, 256u, 257u, 600u})
      check_by_taps({{side, side, channels}, 2 * lanes + 3, 3, 1, 1}, random);
}

TEST_CASE("a convolution by taps of a kernel that only meets padding yields the bias", "[nn][conv_by_taps]") {
  std::mt19937 random{3};
  check_by_taps({{1, 1, 3}, 5, 1, 4, 1}, random);
}

TEST_CASE("a convolution by taps passes NaN and infinity on, whatever the bounds", "[nn][conv_by_taps]") {
  const nn::ConvShape shape{{1, 3, 1}, lanes + 1, 1, 1, 0};
  const Values w(shape.weights(), 1.f), x{NAN, std::numeric_limits<float>::infinity(), 1.f};
  Values y(shape.out().size()), residual(y.size());
  residual[2 * (lanes + 1) + lanes] = NAN;
  const nn::PackedTaps<> pack{shape, w};
  Values workspace(nn::conv_workspace(pack));
  nn::PacedStop never;
  CHECK(nn::conv_by_taps(pack, {x.data(), 1, y.data(), lanes + 1, residual.data(), lanes + 1},
                         workspace.data(), {0.f, 6.f}, never));
  CHECK(std::isnan(y.front()));
  CHECK(std::isnan(y[lanes]));
  CHECK(y[lanes + 1] == 6.f);
  CHECK(y[2 * (lanes + 1)] == 1.f);
  CHECK(std::isnan(y.back()));
}

TEST_CASE("a convolution by taps stops at every poll", "[nn][conv_by_taps]") {
  for (const nn::ConvShape& shape :
       {nn::ConvShape{{16, 16, 64}, 64, 3, 1, 1}, nn::ConvShape{{1, 1, 8192}, 700, 1, 1, 0}}) {
    const Values x(shape.in.size(), 1.f), w(shape.weights(), 1.f);
    const nn::PackedTaps<> pack{shape, w};
    Values y(shape.out().size()), workspace(nn::conv_workspace(pack));
    const auto run = [&](const StopAtPoll& stop) {
      nn::PacedStop paced(stop);
      return nn::conv_by_taps(pack, {x.data(), shape.in.channels, y.data(), shape.out_channels},
                              workspace.data(), {}, paced);
    };
    CHECK(check_every_stop(run) > 2);
  }
}

TEST_CASE("what a tap meets inside an image is what its definition says", "[nn][conv_by_taps]") {
  for (const std::size_t source : {1u, 2u, 5u, 6u})
    for (const std::size_t stride : {1u, 2u, 3u})
      for (const std::size_t step : {1u, 2u})
        for (const std::size_t padding : {0u, 1u, 3u})
          for (std::size_t tap = 0; tap < 4; ++tap) {
            if (3 * step + 1 > source + 2 * padding) continue;
            nn::detail::ConvAxis axis;
            axis.source = source;
            axis.out = (source + 2 * padding - 3 * step - 1) / stride + 1;
            axis.stride = stride;
            axis.step = step;
            axis.padding = static_cast<std::ptrdiff_t>(padding);
            CAPTURE(source, stride, step, padding, tap);
            const nn::detail::Positions found = nn::detail::positions_inside(axis, tap);
            for (std::size_t o = 0; o < axis.out; ++o) {
              const std::size_t at = o * stride + tap * step - padding;  // below 0 wraps to far above
              CHECK((at < source) == (o >= found.first && o < found.last));
            }
          }
}

TEST_CASE("a tile of a product never needs more registers than there are", "[nn][product_tile]") {
  const auto fits = []<class Arch>(Arch) {
    constexpr std::size_t registers = nn::detail::vector_registers<Arch>;
    for (std::size_t vectors = 1; vectors <= nn::detail::most_vectors; ++vectors) {
      const std::size_t rows = nn::detail::rows_for<Arch>(vectors);
      CHECK((rows == 1 || (rows + 1) * vectors + 1 <= registers));
      for (const std::size_t count : {1u, 2u, 4u, 9u, 16u, 64u, 1000u})
        CHECK(nn::detail::vectors_of_product<Arch>(count, vectors, 64) <= vectors);
    }
  };
  fits(xsimd::default_arch{});
}
