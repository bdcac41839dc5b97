#pragma once
// The innermost loop of convolution: a register tile of output pixels by vectors of output channels, summed
// over the taps and input channels. Every multiply-accumulate of the forward pass and of the input gradient
// happens here.

#include <einet/base/lanes.hpp>
#include <einet/nn/inference/paced_stop.hpp>

#include <array>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

namespace einet::nn {

namespace detail {

/// How far the loops over register tiles are unrolled: fully, so that the tiles become registers; not at all
/// under the address sanitizer, because the checks of unrolled code take minutes to compile.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr int unrolled = 1;
#elif defined(__has_feature)
inline constexpr int unrolled = __has_feature(address_sanitizer) ? 1 : 16;
#else
inline constexpr int unrolled = 16;
#endif

/// f(0), …, f(N - 1) with constant arguments.
template <std::size_t N, class F>
constexpr void for_each_index(F&& f) noexcept {
  [&]<std::size_t... At>(std::index_sequence<At...>) {
    (f(std::integral_constant<std::size_t, At>{}), ...);
  }
  (std::make_index_sequence<N>{});
}

template <class Arch>
inline constexpr std::size_t lanes = xsimd::batch<float, Arch>::size;

template <class Arch>
inline constexpr std::size_t vector_registers =
    std::is_base_of_v<xsimd::avx512f, Arch> || std::is_base_of_v<xsimd::neon64, Arch> ? 32 : 16;

inline constexpr std::size_t most_pixels = 12;
inline constexpr std::size_t usual_pixels = 6;  // of a tile as wide as it may be
inline constexpr std::size_t most_vectors = 8;
inline constexpr std::size_t most_sums = 8;  // of one output value

/// Independent sums of one output value: eight hide the latency of a fused multiply-add, and small tiles
/// split the depth to get them.
[[nodiscard]] constexpr std::size_t sums_of_tile(std::size_t outputs) noexcept {
  return outputs >= 8 ? 1 : outputs >= 4 ? 2 : outputs >= 2 ? 4 : most_sums;
}

/// Vectors of output channels that a tile should have if the map has `pixels`: the fewer pixels, the more
/// vectors. The sums, the weights and one broadcast stay in registers; with a single pixel, each weight is
/// used once and comes straight from memory.
template <class Arch>
[[nodiscard]] constexpr std::size_t vectors_for(std::size_t pixels) noexcept {
  if (pixels <= 1) return most_vectors;
  const std::size_t wide = pixels < usual_pixels ? pixels : usual_pixels;
  const std::size_t vectors = (vector_registers<Arch> - 2) / (wide + 1);
  return vectors < most_vectors ? vectors : most_vectors;
}

/// Pixels that a tile of `vectors` can hold.
template <class Arch>
[[nodiscard]] constexpr std::size_t pixels_for(std::size_t vectors) noexcept {
  const std::size_t columns = (vector_registers<Arch> - 2) / vectors;
  if (columns <= 2) return 1;
  return columns - 1 < most_pixels ? columns - 1 : most_pixels;
}

/// One call of a tile kernel. The taps that a pixel meets are `segments` runs of `run` values that lie side
/// by side in the source; `segments_per_row` of them are `segment_pitch` apart, then `row_step` leads to the
/// next. Weights are [segments][run][vectors * lanes], aligned; bias is [vectors * lanes].
struct TileCall {
  const float* source;
  std::array<std::size_t, most_pixels> offsets;  // of each pixel's first tap
  std::size_t segments;
  std::size_t segments_per_row;
  std::size_t segment_pitch;
  std::size_t row_step;
  std::size_t run;
  const float* weights;
  const float* bias;
  float* out;
  std::size_t out_pitch;
  const float* residual;  // added to the sums; null for none
  std::size_t residual_pitch;
  std::size_t last_lanes;  // channels of the last vector that exist
  float low, high;         // bounds of the result, which NaN passes
  std::size_t steps;       // along a run between two polls, a multiple of the number of sums; 0: never poll
  PacedStop* stop;
};

/// Stores the first `count` lanes.
template <class Arch>
inline void store_first(const xsimd::batch<float, Arch>& values, float* to, std::size_t count) noexcept {
#ifdef __AVX512F__
  if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>) {
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), values);
    return;
  }
#endif
  alignas(64) float stored[xsimd::batch<float, Arch>::size];
  values.store_aligned(stored);
  for (std::size_t i = 0; i < count; ++i) to[i] = stored[i];
}

/// Reads `count` values into the first lanes; the others are 0.
template <class Arch>
[[nodiscard]] inline xsimd::batch<float, Arch> load_first(const float* from, std::size_t count) noexcept {
#ifdef __AVX512F__
  if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>)
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), from);
#endif
  alignas(64) float copied[xsimd::batch<float, Arch>::size] = {};
  for (std::size_t i = 0; i < count; ++i) copied[i] = from[i];
  return xsimd::batch<float, Arch>::load_aligned(copied);
}

/// sum[p][v] += x[p][k] * w[v], the weights as vectors.
template <std::size_t V, std::size_t P, class Arch>
[[gnu::always_inline]] inline void add_products(xsimd::batch<float, Arch> (&sum)[P][V],
                                                const float* const (&x)[P], std::size_t k,
                                                const float* w) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  Lanes weight[V];
#pragma GCC unroll unrolled
  for (std::size_t v = 0; v < V; ++v) weight[v] = Lanes::load_aligned(w + v * Lanes::size);
#pragma GCC unroll unrolled
  for (std::size_t p = 0; p < P; ++p) {
    const Lanes value(x[p][k]);
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) sum[p][v] = simd::fma(value, weight[v], sum[p][v]);
  }
}

// The loops over sums are unrolled by pragma, not by templates: with optimisation, constant trip counts turn
// the arrays into registers; with sanitizers, they stay cheap to compile.
/// False if the stop came and the tile was left unfinished.
template <class Arch, std::size_t V, std::size_t P>
bool conv_tile(const TileCall& call) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t L = Lanes::size;
  constexpr std::size_t U = sums_of_tile(V * P);

  Lanes sum[U][P][V];
  const float* x[P];
#pragma GCC unroll unrolled
  for (std::size_t p = 0; p < P; ++p) {
    x[p] = call.source + call.offsets[p];
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) {
      sum[0][p][v] = Lanes::load_aligned(call.bias + v * L);
#pragma GCC unroll unrolled
      for (std::size_t u = 1; u < U; ++u) sum[u][p][v] = Lanes(0.0f);
    }
  }

  const float* w = call.weights;
  const std::size_t run = call.run, steps = call.steps, per_row = call.segments_per_row;
  std::size_t in_row = per_row;
  for (std::size_t segment = call.segments; segment > 0; --segment) {
    std::size_t k = 0;
    if (steps != 0) [[unlikely]] {
      while (k + steps < run) {
        for (const std::size_t end = k + steps; k < end; k += U, w += U * V * L) {
#pragma GCC unroll unrolled
          for (std::size_t u = 0; u < U; ++u) add_products<V, P, Arch>(sum[u], x, k + u, w + u * V * L);
        }
        if (call.stop->now()) return false;
      }
    }
    if constexpr (U > 1) {
      for (; k + U <= run; k += U, w += U * V * L) {
#pragma GCC unroll unrolled
        for (std::size_t u = 0; u < U; ++u) add_products<V, P, Arch>(sum[u], x, k + u, w + u * V * L);
      }
    }
    for (; k < run; ++k, w += V * L) add_products<V, P, Arch>(sum[0], x, k, w);
    std::size_t step = call.segment_pitch;
    if (--in_row == 0) {
      step = call.row_step;
      in_row = per_row;
    }
#pragma GCC unroll unrolled
    for (std::size_t p = 0; p < P; ++p) x[p] += step;
    if (steps != 0 && call.stop->now()) [[unlikely]]
      return false;
  }

  const bool whole = call.last_lanes == L;
#pragma GCC unroll unrolled
  for (std::size_t p = 0; p < P; ++p) {
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) {
#pragma GCC unroll unrolled
      for (std::size_t u = 1; u < U; ++u) sum[0][p][v] = sum[0][p][v] + sum[u][p][v];
    }
  }
  if (call.residual != nullptr) {
#pragma GCC unroll unrolled
    for (std::size_t p = 0; p < P; ++p) {
#pragma GCC unroll unrolled
      for (std::size_t v = 0; v < V; ++v) {
        const float* const from = call.residual + p * call.residual_pitch + v * L;
        const bool all = v + 1 < V || whole;
        sum[0][p][v] =
            sum[0][p][v] + (all ? Lanes::load_unaligned(from) : load_first<Arch>(from, call.last_lanes));
      }
    }
  }
  // Bounds not by max and min, whose result for NaN differs between architectures.
  if (call.low > -std::numeric_limits<float>::infinity()) {
    const Lanes low(call.low);
#pragma GCC unroll unrolled
    for (std::size_t p = 0; p < P; ++p) {
#pragma GCC unroll unrolled
      for (std::size_t v = 0; v < V; ++v) sum[0][p][v] = xsimd::select(sum[0][p][v] < low, low, sum[0][p][v]);
    }
  }
  if (call.high < std::numeric_limits<float>::infinity()) {
    const Lanes high(call.high);
#pragma GCC unroll unrolled
    for (std::size_t p = 0; p < P; ++p) {
#pragma GCC unroll unrolled
      for (std::size_t v = 0; v < V; ++v)
        sum[0][p][v] = xsimd::select(sum[0][p][v] > high, high, sum[0][p][v]);
    }
  }
#pragma GCC unroll unrolled
  for (std::size_t p = 0; p < P; ++p) {
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) {
      float* const out = call.out + p * call.out_pitch + v * L;
      if (v + 1 < V || whole) {
        sum[0][p][v].store_unaligned(out);
      } else {
        store_first(sum[0][p][v], out, call.last_lanes);
      }
    }
  }
  return true;
}

using TileKernel = bool (*)(const TileCall&) noexcept;

/// The kernel for `vectors` by `pixels`; `pixels` is at most `pixels_for(vectors)`.
template <class Arch>
[[nodiscard]] inline TileKernel tile_kernel(std::size_t vectors, std::size_t pixels) noexcept {
  static constexpr auto table = [] {
    std::array<std::array<TileKernel, most_pixels>, most_vectors> kernels{};
    for_each_index<most_vectors>([&](auto v) {
      for_each_index<most_pixels>([&](auto p) {
        if constexpr (p + 1 <= pixels_for<Arch>(v + 1)) kernels[v][p] = &conv_tile<Arch, v + 1, p + 1>;
      });
    });
    return kernels;
  }();
  return table[vectors - 1][pixels - 1];
}

}  // namespace detail
}  // namespace einet::nn
