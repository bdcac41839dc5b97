#pragma once
// The innermost loop of a convolution's weight gradient: a register tile of input channels by vectors of
// output channels, summed over the pixels at which one tap meets the image.

#include <einet/nn/kernels/conv_tile.hpp>

#include <array>
#include <cstddef>
#include <cstring>

namespace einet::nn::detail {

inline constexpr std::size_t most_inputs = 6;

/// Vectors of output channels of a full tile.
template <class Arch>
inline constexpr std::size_t gradient_vectors = vectors_for<Arch>(most_inputs);

/// One call of a tile kernel: pixels [images][rows][columns], one tap. Pitches count floats.
struct GradientCall {
  const float* x;
  const float* dy;
  std::size_t images, rows, columns;
  std::size_t x_image, x_row, x_column;
  std::size_t dy_image, dy_row, dy_column;
  float* dw;  // [inputs][out channels], added to
  std::size_t dw_pitch;
  std::size_t last_lanes;  // channels of the last vector that exist
};

/// sum[i][v] += x[i] * dy[v], dy as vectors. The last vector is read `back` lanes early.
template <bool Narrow, std::size_t V, std::size_t I, class Arch>
[[gnu::always_inline]] inline void add_products(xsimd::batch<float, Arch> (&sum)[I][V], const float* x,
                                                const float* dy, std::size_t back) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t L = Lanes::size;
  Lanes gradient[V];
  if constexpr (Narrow) {
    alignas(64) float copied[L] = {};
    std::memcpy(copied, dy, (L - back) * sizeof(float));
    gradient[0] = Lanes::load_aligned(copied);
  } else {
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v + 1 < V; ++v) gradient[v] = Lanes::load_unaligned(dy + v * L);
    gradient[V - 1] = Lanes::load_unaligned(dy + (V - 1) * L - back);
  }
#pragma GCC unroll unrolled
  for (std::size_t i = 0; i < I; ++i) {
    const Lanes value(x[i]);
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) sum[i][v] = simd::fma(value, gradient[v], sum[i][v]);
  }
}

/// `Narrow`: there are fewer output channels than lanes in all. Otherwise a last vector with fewer channels
/// than lanes starts earlier, within its predecessor, so that it stays within the pixel, and keeps only its
/// end.
template <class Arch, std::size_t V, std::size_t I, bool Narrow>
void gradient_tile(const GradientCall& call) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t L = Lanes::size;
  constexpr std::size_t U = V * I >= 8 ? 1 : V * I >= 4 ? 2 : 4;

  const std::size_t back = L - call.last_lanes;
  Lanes sum[U][I][V];
#pragma GCC unroll unrolled
  for (std::size_t u = 0; u < U; ++u) {
#pragma GCC unroll unrolled
    for (std::size_t i = 0; i < I; ++i) {
#pragma GCC unroll unrolled
      for (std::size_t v = 0; v < V; ++v) sum[u][i][v] = Lanes(0.0f);
    }
  }
  for (std::size_t image = 0; image < call.images; ++image) {
    for (std::size_t row = 0; row < call.rows; ++row) {
      const float* x = call.x + image * call.x_image + row * call.x_row;
      const float* dy = call.dy + image * call.dy_image + row * call.dy_row;
      std::size_t column = 0;
      if constexpr (U > 1) {
        for (; column + U <= call.columns; column += U) {
#pragma GCC unroll unrolled
          for (std::size_t u = 0; u < U; ++u, x += call.x_column, dy += call.dy_column) {
            add_products<Narrow, V, I, Arch>(sum[u], x, dy, back);
          }
        }
      }
      for (; column < call.columns; ++column, x += call.x_column, dy += call.dy_column) {
        add_products<Narrow, V, I, Arch>(sum[0], x, dy, back);
      }
    }
  }
#pragma GCC unroll unrolled
  for (std::size_t i = 0; i < I; ++i) {
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) {
      Lanes total = sum[0][i][v];
#pragma GCC unroll unrolled
      for (std::size_t u = 1; u < U; ++u) total = total + sum[u][i][v];
      float* const dw = call.dw + i * call.dw_pitch + v * L;
      if (v + 1 < V || call.last_lanes == L) {
        (Lanes::load_unaligned(dw) + total).store_unaligned(dw);
      } else {
        alignas(64) float stored[L];
        total.store_aligned(stored);
        for (std::size_t lane = 0; lane < call.last_lanes; ++lane) {
          dw[lane] += stored[(Narrow ? 0 : back) + lane];
        }
      }
    }
  }
}

using GradientKernel = void (*)(const GradientCall&) noexcept;

/// The kernel for `vectors` (at most `gradient_vectors`) by `inputs` (at most `most_inputs`).
template <class Arch>
[[nodiscard]] inline GradientKernel gradient_kernel(std::size_t vectors, std::size_t inputs,
                                                    bool narrow) noexcept {
  using Row = std::array<GradientKernel, most_inputs>;
  static constexpr auto table = [] {
    std::array<Row, gradient_vectors<Arch>> kernels{};
    for_each_index<gradient_vectors<Arch>>([&](auto v) {
      for_each_index<most_inputs>([&](auto i) { kernels[v][i] = &gradient_tile<Arch, v + 1, i + 1, false>; });
    });
    return kernels;
  }();
  static constexpr auto narrow_table = [] {
    Row kernels{};
    for_each_index<most_inputs>([&](auto i) { kernels[i] = &gradient_tile<Arch, 1, i + 1, true>; });
    return kernels;
  }();
  return narrow ? narrow_table[inputs - 1] : table[vectors - 1][inputs - 1];
}

}  // namespace einet::nn::detail
