#pragma once
// The kernels that compute a convolution of one image, and a model of what each costs.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/kernels/conv_by_taps.hpp>
#include <einet/nn/kernels/conv_shape.hpp>
#include <einet/nn/kernels/conv_tile.hpp>
#include <einet/nn/kernels/packed_winograd.hpp>
#include <einet/nn/kernels/product_tile.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>

namespace einet::nn {

/// How a convolution is computed.
enum class ConvKernel {
  direct,      ///< by its definition, from a padded copy (conv2d_kernel.hpp)
  by_taps,     ///< tap by tap, padding left out (conv_by_taps.hpp)
  winograd_2,  ///< F(2 × 2, 3 × 3) (winograd.hpp)
  winograd_4,  ///< F(4 × 4, 3 × 3)
  depthwise,   ///< every channel by itself (depthwise_kernel.hpp)
};

/// All of them, in order.
inline constexpr std::array<ConvKernel, 5> conv_kernels{ConvKernel::direct, ConvKernel::by_taps,
                                                        ConvKernel::winograd_2, ConvKernel::winograd_4,
                                                        ConvKernel::depthwise};

/// Its name in reports and files.
[[nodiscard]] constexpr std::string_view name_of(ConvKernel kernel) noexcept {
  switch (kernel) {
    case ConvKernel::direct:
      return "direct";
    case ConvKernel::by_taps:
      return "by_taps";
    case ConvKernel::winograd_2:
      return "winograd_2";
    case ConvKernel::winograd_4:
      return "winograd_4";
    case ConvKernel::depthwise:
      break;
  }
  return "depthwise";
}

/// The kernel of that name.
[[nodiscard]] constexpr std::optional<ConvKernel> conv_kernel_named(std::string_view name) noexcept {
  for (const ConvKernel kernel : conv_kernels)
    if (name_of(kernel) == name) return kernel;
  return std::nullopt;
}

/// Whether a kernel computes such a convolution. Depthwise convolutions have a kernel of their own.
[[nodiscard]] constexpr bool suits(ConvKernel kernel, const ConvShape& shape) noexcept {
  if (shape.depthwise() || kernel == ConvKernel::depthwise)
    return shape.depthwise() && kernel == ConvKernel::depthwise;
  return (kernel != ConvKernel::winograd_2 && kernel != ConvKernel::winograd_4) || suits_winograd(shape);
}

/// Where a run finds the weights: still in the second-level cache from the run before, or farther away.
enum class WeightsLie { in_cache, in_memory };

namespace detail {

/// Cycles of a processor with two multiply-adds and two loads a cycle. Constants were fitted to measurements
/// on Sapphire Rapids; only the order of the kernels counts.
class ConvCycles {
 public:
  ConvCycles(const ConvShape& shape, WeightsLie lie) noexcept
      : shape_(shape),
        lie_(lie),
        in_(shape.in.channels / shape.groups),
        vectors_((shape.out_channels / shape.groups + L - 1) / L) {}

  [[nodiscard]] double direct() const noexcept {
    const std::size_t pixels = shape_.out().pixels();
    const std::size_t wide = (std::min)(vectors_for<Arch>(pixels), vectors_);
    const ConvGeometry geometry = forward_geometry(shape_);
    const double copied = geometry.copies() ? static_cast<double>(geometry.padded_size()) / 6 : 0;
    return copied +
           groups() *
               product_cycles(pixels, vectors_, geometry.taps() * in_, wide, pixels_for<Arch>(wide), 60) +
           reading(geometry.taps());
  }

  [[nodiscard]] double by_taps() const noexcept {
    constexpr std::size_t at_once = PackedTaps<Arch>::depth_at_once;
    const ConvGeometry geometry = forward_geometry(shape_);
    const std::size_t wide = vectors_of_product<Arch>(geometry.pixels(), vectors_, (std::min)(in_, at_once));
    double cycles = 0;
    const auto &rows = geometry.rows, &columns = geometry.columns;
    for (std::size_t r = rows.first; r < rows.first + rows.live; ++r)
      for (std::size_t s = columns.first; s < columns.first + columns.live; ++s) {
        const std::size_t pixels = positions_inside(rows, r).size() * positions_inside(columns, s).size();
        for (std::size_t k = 0; k < in_ && pixels > 0; k += at_once)
          cycles +=
              product_cycles(pixels, vectors_, (std::min)(at_once, in_ - k), wide, rows_for<Arch>(wide), 80);
      }
    return groups() * ((std::max)(cycles, reading(geometry.taps()) / groups()) +
                       static_cast<double>(geometry.pixels() * vectors_) * 12);
  }

  template <std::size_t M>
  [[nodiscard]] double winograd() const noexcept {
    constexpr std::size_t products = (M + 2) * (M + 2), together = PackedWinograd<M, Arch>::most_together;
    constexpr double input = M == 4 ? 250 : 110, output = M == 4 ? 380 : 130;
    const Shape out = shape_.out();
    const std::size_t all = ((out.height + M - 1) / M) * ((out.width + M - 1) / M);
    const std::size_t parts = (all + together - 1) / together, at_once = (all + parts - 1) / parts;
    const std::size_t wide = vectors_of_product<Arch>(at_once, vectors_, in_);
    const double cycles = static_cast<double>(parts * products) *
                          product_cycles(at_once, vectors_, in_, wide, rows_for<Arch>(wide), 40);
    const std::size_t in_vectors = (in_ + L - 1) / L;
    const auto inputs = static_cast<double>(in_vectors), outputs = static_cast<double>(vectors_);
    return static_cast<double>(all) * (inputs * input + outputs * output) +
           (std::max)(cycles, static_cast<double>(parts) * reading(products));
  }

 private:
  using Arch = xsimd::default_arch;
  static constexpr std::size_t L = lanes<Arch>;

  [[nodiscard]] double groups() const noexcept { return static_cast<double>(shape_.groups); }

  /// Of the weights, as many as `taps` for every pair of channels.
  [[nodiscard]] double reading(std::size_t taps) const noexcept {
    const double bytes = static_cast<double>(taps * in_ * vectors_ * L * sizeof(float)) * groups();
    constexpr double cached = 1 << 20;
    return bytes / (lie_ == WeightsLie::in_cache && bytes <= cached ? 32. : 5.);
  }

  ConvShape shape_;
  WeightsLie lie_;
  std::size_t in_, vectors_;
};

}  // namespace detail

/// What a kernel is expected to cost for one image, in cycles; infinite if it does not suit.
/// @pre validate(shape)
[[nodiscard]] inline double modelled_cycles(ConvKernel kernel, const ConvShape& shape,
                                            WeightsLie lie = WeightsLie::in_memory) noexcept {
  if (!suits(kernel, shape)) return std::numeric_limits<double>::infinity();
  const detail::ConvCycles cycles(shape, lie);
  switch (kernel) {
    case ConvKernel::direct:
      return cycles.direct();
    case ConvKernel::by_taps:
      return cycles.by_taps();
    case ConvKernel::winograd_2:
      return cycles.winograd<2>();
    case ConvKernel::winograd_4:
      return cycles.winograd<4>();
    case ConvKernel::depthwise:
      break;
  }
  return 0;  // there is no other
}

/// The kernel that is expected to be the fastest.
/// @pre validate(shape)
[[nodiscard]] inline ConvKernel fastest_kernel(const ConvShape& shape,
                                               WeightsLie lie = WeightsLie::in_memory) noexcept {
  return *std::min_element(conv_kernels.begin(), conv_kernels.end(), [&](ConvKernel a, ConvKernel b) {
    return modelled_cycles(a, shape, lie) < modelled_cycles(b, shape, lie);
  });
}

}  // namespace einet::nn
