#pragma once
// The innermost loop of a convolution's weight gradient: a register tile of channels of one map by vectors of
// channels of the other, summed over the pixels at which one tap meets the image.

#include <einet/nn/kernels/conv_tile.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace einet::nn::detail {

/// Channels that a full tile takes one by one.
inline constexpr std::size_t most_singles = 6;

/// Vectors of channels of a full tile.
template <class Arch>
inline constexpr std::size_t gradient_vectors = vectors_for<Arch>(most_singles);

/// The pixels of a map at which a tap meets the image. Pitches count floats.
struct TapPixels {
  const float* first;
  std::size_t image, row, column;
};

/// One call of a tile kernel, over pixels [images][rows][columns] of both maps. One is the input and the
/// other the gradient of the output; which is which depends on their channels.
struct GradientCall {
  TapPixels single;  // the channels of this map are taken one by one
  TapPixels vector;  // and those of this map by vectors
  const float* vector_end;
  std::size_t images, rows, columns;
  float* dw;  // added to
  std::size_t single_pitch, vector_pitch;
  std::size_t last_lanes;  // channels of the last vector that exist
};

/// sum[i][v] += single[i] * vector[v].
template <std::size_t V, std::size_t S, class Arch>
[[gnu::always_inline]] inline void add_products(xsimd::batch<float, Arch> (&sum)[S][V], const float* single,
                                                const float* vector) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  Lanes values[V];
#pragma GCC unroll unrolled
  for (std::size_t v = 0; v < V; ++v) values[v] = Lanes::load_unaligned(vector + v * Lanes::size);
#pragma GCC unroll unrolled
  for (std::size_t i = 0; i < S; ++i) {
    const Lanes value(single[i]);
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) sum[i][v] = simd::fma(value, values[v], sum[i][v]);
  }
}

/// A last vector with fewer channels than lanes reads on into the next pixel, and its other lanes are thrown
/// away. Only where the map ends are pixels copied first.
template <class Arch, std::size_t V, std::size_t S>
void gradient_tile(const GradientCall& call) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t L = Lanes::size;
  constexpr std::size_t U = V * S >= 8 ? 1 : V * S >= 4 ? 2 : 4;

  Lanes sum[U][S][V];
#pragma GCC unroll unrolled
  for (std::size_t u = 0; u < U; ++u) {
#pragma GCC unroll unrolled
    for (std::size_t i = 0; i < S; ++i) {
#pragma GCC unroll unrolled
      for (std::size_t v = 0; v < V; ++v) sum[u][i][v] = Lanes(0.0f);
    }
  }
  const std::size_t single_step = call.single.column, vector_step = call.vector.column;
  for (std::size_t image = 0; image < call.images; ++image) {
    for (std::size_t row = 0; row < call.rows; ++row) {
      const float* single = call.single.first + image * call.single.image + row * call.single.row;
      const float* vector = call.vector.first + image * call.vector.image + row * call.vector.row;
      const auto left = static_cast<std::size_t>(call.vector_end - vector);
      std::size_t whole = call.columns;
      if (left < (call.columns - 1) * vector_step + V * L)
        whole = left < V * L ? 0 : (left - V * L) / vector_step + 1;
      std::size_t column = 0;
      if constexpr (U > 1) {
        for (; column + U <= whole; column += U) {
#pragma GCC unroll unrolled
          for (std::size_t u = 0; u < U; ++u, single += single_step, vector += vector_step)
            add_products<V, S, Arch>(sum[u], single, vector);
        }
      }
      for (; column < whole; ++column, single += single_step, vector += vector_step)
        add_products<V, S, Arch>(sum[0], single, vector);
      for (; column < call.columns; ++column, single += single_step, vector += vector_step) {
        float copied[V * L] = {};
        std::copy_n(vector, (std::min)(V * L, static_cast<std::size_t>(call.vector_end - vector)), copied);
        add_products<V, S, Arch>(sum[0], single, copied);
      }
    }
  }
#pragma GCC unroll unrolled
  for (std::size_t i = 0; i < S; ++i) {
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) {
      Lanes total = sum[0][i][v];
#pragma GCC unroll unrolled
      for (std::size_t u = 1; u < U; ++u) total = total + sum[u][i][v];
      float* const dw = call.dw + i * call.single_pitch + v * L * call.vector_pitch;
      const std::size_t used = v + 1 < V ? L : call.last_lanes;
      if (used == L && call.vector_pitch == 1) {
        (Lanes::load_unaligned(dw) + total).store_unaligned(dw);
      } else {
        float stored[L];
        total.store_unaligned(stored);
        for (std::size_t lane = 0; lane < used; ++lane) dw[lane * call.vector_pitch] += stored[lane];
      }
    }
  }
}

using GradientKernel = void (*)(const GradientCall&) noexcept;

/// The kernel for `vectors` (at most `gradient_vectors`) by `singles` (at most `most_singles`).
template <class Arch>
[[nodiscard]] inline GradientKernel gradient_kernel(std::size_t vectors, std::size_t singles) noexcept {
  using Row = std::array<GradientKernel, most_singles>;
  static constexpr auto table = [] {
    std::array<Row, gradient_vectors<Arch>> kernels{};
    for_each_index<gradient_vectors<Arch>>([&](auto v) {
      for_each_index<most_singles>([&](auto i) { kernels[v][i] = &gradient_tile<Arch, v + 1, i + 1>; });
    });
    return kernels;
  }();
  return table[vectors - 1][singles - 1];
}

}  // namespace einet::nn::detail
