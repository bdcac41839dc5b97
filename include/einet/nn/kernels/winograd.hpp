#pragma once
// 3 × 3 convolution of one image by Winograd's minimal filtering: tiles of the input are transformed,
// multiplied by the transformed filters channel by channel, and transformed back. F(4 × 4) multiplies a
// quarter as much as the definition and reads four times as many weights, F(2 × 2) 1 / 2.25 as much and 1.8
// times as many.

#include <einet/nn/inference/paced_stop.hpp>
#include <einet/nn/kernels/conv_output.hpp>
#include <einet/nn/kernels/packed_winograd.hpp>
#include <einet/nn/kernels/product_tile.hpp>
#include <einet/nn/kernels/winograd_transform.hpp>

#include <algorithm>
#include <cstddef>

namespace einet::nn {

/// Floats of workspace that `conv_by_winograd` needs.
template <std::size_t M, class Arch>
[[nodiscard]] std::size_t conv_workspace(const PackedWinograd<M, Arch>& pack) noexcept {
  return pack.products * pack.together() * (pack.in_pitch() + pack.out_pitch());
}

namespace detail {

/// Tiles `first` … `first + count - 1` of one run. The maps are [product][tile][channel].
template <std::size_t M, class Arch>
class WinogradTiles {
 public:
  using Pack = PackedWinograd<M, Arch>;
  using Lanes = xsimd::batch<float, Arch>;

  WinogradTiles(const Pack& pack, std::size_t first, std::size_t count, float* workspace) noexcept
      : pack_(pack), first_(first), count_(count), spread_(workspace), sums_(workspace + spread_size()) {}

  /// Bᵀ d B of every tile of the input.
  [[nodiscard]] bool transform_input(const ConvMaps& maps, PacedStop& stop) const noexcept {
    const Shape in = pack_.shape().in;
    const Padding padding = pack_.shape().padding;
    for (std::size_t tile = 0; tile < count_; ++tile) {
      const float* from[side][side];
      for (std::size_t r = 0; r < side; ++r)
        for (std::size_t s = 0; s < side; ++s) {
          // Below 0 wraps to far above.
          const std::size_t y = row(tile) + r - padding.top, x = column(tile) + s - padding.left;
          from[r][s] =
              y < in.height && x < in.width ? maps.x + (y * in.width + x) * maps.x_pitch : pack_.zeros();
        }
      for (std::size_t c = 0; c < in.channels; c += L)
        transform_input(from, c, in.channels - c, spread_ + tile * pack_.in_pitch() + c);
      if (stop.after(products * in.channels * memory_work)) return false;
    }
    return true;
  }

  [[nodiscard]] bool multiply(PacedStop& stop) const noexcept {
    const std::size_t channels = pack_.shape().in.channels;
    for (std::size_t product = 0; product < products; ++product) {
      const float* const x = spread_ + product * pack_.together() * pack_.in_pitch();
      float* const y = sums_ + product * pack_.together() * pack_.out_pitch();
      for (std::size_t first = 0; first < pack_.vectors(); first += pack_.vectors_per_block()) {
        const std::size_t width = (std::min)(pack_.vectors_per_block(), pack_.vectors() - first);
        const bool done = each_tile<Arch>(count_, width, [&](std::size_t tile, std::size_t size) {
          ProductCall call{};
          call.depth = channels;
          call.weights = pack_.weights(product, first);
          call.x = x + tile * pack_.in_pitch();
          call.y = y + tile * pack_.out_pitch() + first * L;
          set_rows(call, size, pack_.in_pitch(), pack_.out_pitch());
          product_kernel<Arch>(width, size)(call);
          return !stop.after(channels * width * L * (size + memory_work));
        });
        if (!done) return false;
      }
    }
    return true;
  }

  /// Aᵀ m A of every tile, with the bias.
  [[nodiscard]] bool transform_output(const ConvOutput<Arch>& output, PacedStop& stop) const noexcept {
    const Shape out = pack_.shape().out();
    for (std::size_t tile = 0; tile < count_; ++tile) {
      const std::size_t y = row(tile), x = column(tile);
      const std::size_t height = (std::min)(M, out.height - y), width = (std::min)(M, out.width - x);
      for (std::size_t v = 0; v < pack_.vectors(); ++v) {
        Lanes values[M][M];
        transform_output(sums_ + tile * pack_.out_pitch() + v * L, values);
        const Lanes bias = Lanes::load_aligned(pack_.bias() + v * L);
        for (std::size_t r = 0; r < height; ++r)
          for (std::size_t s = 0; s < width; ++s)
            output.store((y + r) * out.width + x + s, v * L, out.channels - v * L, values[r][s] + bias);
      }
      if (stop.after(products * pack_.out_pitch() * memory_work)) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t L = Lanes::size, side = Pack::side, products = Pack::products;

  [[nodiscard]] std::size_t row(std::size_t tile) const noexcept {
    return (first_ + tile) / pack_.columns() * M;
  }
  [[nodiscard]] std::size_t column(std::size_t tile) const noexcept {
    return (first_ + tile) % pack_.columns() * M;
  }
  [[nodiscard]] std::size_t spread_size() const noexcept {
    return products * pack_.together() * pack_.in_pitch();
  }

  void transform_input(const float* const (&from)[side][side], std::size_t channel, std::size_t left,
                       float* to) const noexcept {
    Lanes half[side][side];
#pragma GCC unroll unrolled
    for (std::size_t s = 0; s < side; ++s) {
      Lanes d[side], t[side];
#pragma GCC unroll unrolled
      for (std::size_t r = 0; r < side; ++r)
        d[r] = left >= L ? Lanes::load_unaligned(from[r][s] + channel)
                         : load_first<Arch>(from[r][s] + channel, left);
      Winograd<M>::input(d, t);
#pragma GCC unroll unrolled
      for (std::size_t r = 0; r < side; ++r) half[r][s] = t[r];
    }
    const std::size_t pitch = pack_.together() * pack_.in_pitch();
#pragma GCC unroll unrolled
    for (std::size_t r = 0; r < side; ++r) {
      Lanes t[side];
      Winograd<M>::input(half[r], t);
#pragma GCC unroll unrolled
      for (std::size_t s = 0; s < side; ++s) t[s].store_unaligned(to + (r * side + s) * pitch);
    }
  }

  void transform_output(const float* from, Lanes (&values)[M][M]) const noexcept {
    const std::size_t pitch = pack_.together() * pack_.out_pitch();
    Lanes half[M][side];
#pragma GCC unroll unrolled
    for (std::size_t s = 0; s < side; ++s) {
      Lanes m[side], y[M];
#pragma GCC unroll unrolled
      for (std::size_t r = 0; r < side; ++r) m[r] = Lanes::load_unaligned(from + (r * side + s) * pitch);
      Winograd<M>::output(m, y);
#pragma GCC unroll unrolled
      for (std::size_t r = 0; r < M; ++r) half[r][s] = y[r];
    }
#pragma GCC unroll unrolled
    for (std::size_t r = 0; r < M; ++r) Winograd<M>::output(half[r], values[r]);
  }

  const Pack& pack_;
  std::size_t first_, count_;
  float *spread_, *sums_;
};

}  // namespace detail

/// y = the convolution of one image x, within bounds; rounds to about 1e-6 of the largest output with M = 2
/// and 1e-5 with M = 4. One value that is not finite makes all outputs of its tiles NaN. `workspace` has
/// `conv_workspace(pack)` floats. y overlaps none of the others. Allocates nothing.
/// @return false if the stop came and `y` was left unfinished
template <std::size_t M, class Arch>
bool conv_by_winograd(const PackedWinograd<M, Arch>& pack, const ConvMaps& maps, float* workspace,
                      Bounds bounds, PacedStop& stop) noexcept {
  const detail::ConvOutput<Arch> output(maps, bounds);
  for (std::size_t first = 0; first < pack.tiles(); first += pack.together()) {
    const std::size_t count = (std::min)(pack.together(), pack.tiles() - first);
    const detail::WinogradTiles<M, Arch> tiles(pack, first, count, workspace);
    if (!tiles.transform_input(maps, stop) || !tiles.multiply(stop) || !tiles.transform_output(output, stop))
      return false;
  }
  return true;
}

#ifdef EINET_KERNELS
EINET_KERNELS template bool conv_by_winograd(const PackedWinograd<2, xsimd::default_arch>&, const ConvMaps&,
                                             float*, Bounds, PacedStop&) noexcept;
EINET_KERNELS template bool conv_by_winograd(const PackedWinograd<4, xsimd::default_arch>&, const ConvMaps&,
                                             float*, Bounds, PacedStop&) noexcept;
#endif

}  // namespace einet::nn
