#include "../../support.hpp"
#include "../plain_conv.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/conv_geometry.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

using namespace einet;
using nn::detail::ConvAxis;
using nn::detail::ConvGeometry;

namespace {

/// The source position that output `o` and tap `r` of an axis meet.
std::optional<std::size_t> met(const ConvAxis& axis, std::size_t o, std::size_t r) {
  const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(o * axis.stride + r * axis.step) - axis.padding;
  const auto spread = static_cast<std::ptrdiff_t>(axis.spread);
  if (at < 0 || at % spread != 0 || at / spread >= static_cast<std::ptrdiff_t>(axis.source)) return {};
  return static_cast<std::size_t>(at / spread);
}

/// The live taps are those from the first to the last that meet anything.
bool lives_rightly(const ConvAxis& axis) {
  std::vector<std::size_t> meeting;
  for (std::size_t r = 0; r < axis.kernel; ++r)
    for (std::size_t o = 0; o < axis.out; ++o)
      if (met(axis, o, r)) meeting.push_back(r);
  if (meeting.empty()) return axis.live == 0;
  return axis.first == meeting.front() && axis.first + axis.live == meeting.back() + 1;
}

/// Every output finds the source's value under every live tap, or 0 outside.
bool pads_rightly(const ConvGeometry& geometry) {
  const std::size_t channels = geometry.all_in();
  std::vector<float> source(geometry.source_pixels() * channels), padded(geometry.padded_size(), -1.f);
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<float>(i + 1);
  nn::PacedStop stop;
  if (!copy_padded(geometry, source.data(), channels, padded.data(), stop)) return false;
  const ConvAxis &rows = geometry.rows, &columns = geometry.columns;
  for (std::size_t y = 0; y < rows.out; ++y)
    for (std::size_t x = 0; x < columns.out; ++x)
      for (std::size_t r = 0; r < rows.live; ++r)
        for (std::size_t s = 0; s < columns.live; ++s)
          for (std::size_t c = 0; c < channels; ++c) {
            const auto i = met(rows, y, rows.first + r), j = met(columns, x, columns.first + s);
            const float truth = i && j ? source[(*i * columns.source + *j) * channels + c] : 0.f;
            const std::size_t row = y * rows.stride + r * rows.step,
                              column = x * columns.stride + s * columns.step;
            if (padded[(row * columns.visited() + column) * channels + c] != truth) return false;
          }
  return true;
}

}  // namespace

TEST_CASE("a convolution walks over the taps that meet the map, and finds the map's values there",
          "[nn][conv_geometry]") {
  std::mt19937 random{17};
  for (std::size_t i = 0; i < test::cases(2000); ++i) {
    const nn::ConvShape shape = test::random_shape(random);
    const auto forward = nn::detail::forward_geometry(shape);
    const auto gradient = nn::detail::input_gradient_geometry(shape);
    CAPTURE(test::text(shape));
    for (const ConvGeometry& geometry : {forward, gradient}) {
      REQUIRE((lives_rightly(geometry.rows) && lives_rightly(geometry.columns)));
      if (geometry.taps() != 0) REQUIRE(pads_rightly(geometry));
    }
    CHECK(forward.pixels() == shape.out().pixels());
    CHECK(gradient.pixels() == shape.in.pixels());
  }
}

TEST_CASE("a map that holds all that its taps need is read in place", "[nn][conv_geometry]") {
  CHECK_FALSE(nn::detail::forward_geometry({{8, 8, 3}, 2, 3, 1, 0}).copies());
  CHECK(nn::detail::forward_geometry({{8, 8, 3}, 2, 3, 1, 1}).copies());
  CHECK_FALSE(nn::detail::forward_geometry({{1, 1, 3}, 2, 3, 1, 1}).copies());  // its other taps meet nothing
  CHECK(nn::detail::forward_geometry({{8, 8, 3}, 2, 3, 1, 1}).workspace(2) == 2 * 10 * 10 * 3);
}
