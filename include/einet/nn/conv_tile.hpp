#pragma once
// The innermost loop of convolution: a register tile of output pixels by vectors of output channels, summed
// over the taps and input channels. Every multiply-accumulate of the forward pass and of the input gradient
// happens here.

#include <einet/base/simd.hpp>

#include <array>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace einet::nn {

/// What a kernel applies to its result before storing it.
enum class Activation { none, relu };

namespace detail {

/// f(0), …, f(N - 1) with constant arguments. Inlining is forced here and in the lambdas of the kernels: one
/// call left over would put all accumulators on the stack.
template <std::size_t... I, class F>
[[gnu::always_inline]] constexpr void unroll(std::index_sequence<I...>, F&& f) noexcept {
  (f(std::integral_constant<std::size_t, I>{}), ...);
}
template <std::size_t N, class F>
[[gnu::always_inline]] constexpr void unroll(F&& f) noexcept {
  unroll(std::make_index_sequence<N>{}, f);
}

template <class Arch>
inline constexpr std::size_t lanes = xsimd::batch<float, Arch>::size;

template <class Arch>
inline constexpr std::size_t vector_registers =
    std::is_base_of_v<xsimd::avx512f, Arch> || std::is_base_of_v<xsimd::neon64, Arch> ? 32 : 16;

inline constexpr std::size_t most_pixels = 6;
inline constexpr std::size_t most_vectors = 8;

/// Vectors of output channels a tile should have where the map offers `pixels`: few pixels, many vectors. The
/// sums, the weights and one broadcast stay in registers; with a single pixel each weight is used once and
/// comes straight from memory.
template <class Arch>
[[nodiscard]] constexpr std::size_t vectors_for(std::size_t pixels) noexcept {
  if (pixels <= 1) return most_vectors;
  const std::size_t wide = pixels < most_pixels ? pixels : most_pixels;
  const std::size_t vectors = (vector_registers<Arch> - 2) / (wide + 1);
  return vectors < most_vectors ? vectors : most_vectors;
}

/// Pixels a tile of `vectors` can hold.
template <class Arch>
[[nodiscard]] constexpr std::size_t pixels_for(std::size_t vectors) noexcept {
  const std::size_t columns = (vector_registers<Arch> - 2) / vectors;
  if (columns <= 2) return 1;
  return columns - 1 < most_pixels ? columns - 1 : most_pixels;
}

/// One call of a tile kernel. Weights are [rows][run][vectors * lanes], aligned; bias is [vectors * lanes].
struct TileCall {
  const float* source;
  std::array<std::size_t, most_pixels> offsets;  // of each pixel's first tap
  std::size_t row_pitch;
  std::size_t rows;
  std::size_t run;  // live columns of the kernel times input channels: contiguous in the source
  const float* weights;
  const float* bias;
  float* out;
  std::size_t out_pitch;
  std::size_t last_lanes;  // channels of the last vector that exist
  Activation activation;
};

template <class Arch, std::size_t V, std::size_t P>
[[gnu::flatten]] void conv_tile(const TileCall& call) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t L = Lanes::size;
  // Eight independent sums hide the latency of a fused multiply-add; small tiles split the depth to get them.
  constexpr std::size_t U = V * P >= 8 ? 1 : V * P >= 4 ? 2 : V * P >= 2 ? 4 : 8;

  Lanes sum[U][P][V];
  const float* x[P];
  unroll<P>([&](auto p) __attribute__((always_inline)) {
    x[p] = call.source + call.offsets[p];
    unroll<V>([&](auto v)
                  __attribute__((always_inline)) { sum[0][p][v] = Lanes::load_aligned(call.bias + v * L); });
  });
  unroll<U - 1>([&](auto u) __attribute__((always_inline)) {
    unroll<P>([&](auto p) __attribute__((always_inline)) {
      unroll<V>([&](auto v) __attribute__((always_inline)) { sum[u + 1][p][v] = Lanes(0.0f); });
    });
  });

  const float* w = call.weights;
  const auto step = [&](auto u, std::size_t k, const float* at) __attribute__((always_inline)) {
    Lanes weight[V];
    unroll<V>([&](auto v) __attribute__((always_inline)) { weight[v] = Lanes::load_aligned(at + v * L); });
    unroll<P>([&](auto p) __attribute__((always_inline)) {
      const Lanes value(x[p][k]);
      unroll<V>([&](auto v) __attribute__((always_inline)) {
        sum[u][p][v] = xsimd::fma(value, weight[v], sum[u][p][v]);
      });
    });
  };
  for (std::size_t r = 0; r < call.rows; ++r) {
    std::size_t k = 0;
    if constexpr (U > 1) {
      for (; k + U <= call.run; k += U, w += U * V * L) {
        unroll<U>([&](auto u) __attribute__((always_inline)) { step(u, k + u, w + u * V * L); });
      }
    }
    for (; k < call.run; ++k, w += V * L) step(std::integral_constant<std::size_t, 0>{}, k, w);
    unroll<P>([&](auto p) __attribute__((always_inline)) { x[p] += call.row_pitch; });
  }

  const bool relu = call.activation == Activation::relu;
  const bool whole = call.last_lanes == L;
  unroll<P>([&](auto p) __attribute__((always_inline)) {
    unroll<V>([&](auto v) __attribute__((always_inline)) {
      Lanes total = sum[0][p][v];
      unroll<U - 1>([&](auto u) __attribute__((always_inline)) { total = total + sum[u + 1][p][v]; });
      if (relu) total = xsimd::max(total, Lanes(0.0f));
      float* const out = call.out + p * call.out_pitch + v * L;
      if (v + 1 < V || whole) {
        total.store_unaligned(out);
      } else {
        alignas(64) float stored[L];
        total.store_aligned(stored);
        for (std::size_t i = 0; i < call.last_lanes; ++i) out[i] = stored[i];
      }
    });
  });
}

using TileKernel = void (*)(const TileCall&) noexcept;

/// The kernel of `vectors` by `pixels`; `pixels` at most `pixels_for(vectors)`.
template <class Arch>
[[nodiscard]] inline TileKernel tile_kernel(std::size_t vectors, std::size_t pixels) noexcept {
  static constexpr auto table = [] {
    std::array<std::array<TileKernel, most_pixels>, most_vectors> kernels{};
    unroll<most_vectors>([&](auto v) {
      unroll<most_pixels>([&](auto p) {
        if constexpr (p + 1 <= pixels_for<Arch>(v + 1)) kernels[v][p] = &conv_tile<Arch, v + 1, p + 1>;
      });
    });
    return kernels;
  }();
  return table[vectors - 1][pixels - 1];
}

}  // namespace detail
}  // namespace einet::nn
