#pragma once
// The innermost loop of the convolutions that are products of matrices: a register tile of rows by vectors of
// columns.

#include <einet/base/lanes.hpp>
#include <einet/nn/kernels/conv_tile.hpp>

#include <array>
#include <cstddef>
#include <limits>

namespace einet::nn::detail {

inline constexpr std::size_t most_rows = 16;

/// Rows that a tile of `vectors` can hold: the sums, the weights and one broadcast stay in registers.
template <class Arch>
[[nodiscard]] constexpr std::size_t rows_for(std::size_t vectors) noexcept {
  const std::size_t rows = (vector_registers<Arch> - vectors - 1) / vectors;
  return rows < 1 ? 1 : rows < most_rows ? rows : most_rows;
}

/// Cycles of a product in tiles of at most `wide` vectors by `high` rows: two multiply-adds and two loads a
/// cycle, at least `least` for a step of a tile of fewer than eight sums, and `call` for each tile beside its
/// steps.
[[nodiscard]] constexpr double product_cycles(std::size_t rows, std::size_t vectors, std::size_t depth,
                                              std::size_t wide, std::size_t high, double call,
                                              double least = 0) noexcept {
  const auto larger = [](double a, double b) { return a > b ? a : b; };
  const std::size_t calls = (rows + high - 1) / high;
  const double height = static_cast<double>(rows) / static_cast<double>(calls);
  double cycles = 0;
  for (std::size_t first = 0; first < vectors; first += wide) {
    const auto width = static_cast<double>(vectors - first < wide ? vectors - first : wide);
    const double sums = width * height;
    const double step = larger(larger(sums, width + height) / 2, sums < 8 ? least : 0);
    cycles += static_cast<double>(calls) * (static_cast<double>(depth) * step + sums + call);
  }
  return cycles;
}

/// As many vectors as make the product of `rows` by `vectors` the cheapest.
template <class Arch>
[[nodiscard]] constexpr std::size_t vectors_of_product(std::size_t rows, std::size_t vectors,
                                                       std::size_t depth) noexcept {
  double least = std::numeric_limits<double>::infinity();
  std::size_t best = 1;
  for (std::size_t wide = 1; wide <= most_vectors && wide <= vectors; ++wide) {
    // From one sum to the next take four cycles.
    const double cost = product_cycles(rows, vectors, depth, wide, rows_for<Arch>(wide), 40, 4);
    if (cost < least) {
      least = cost;
      best = wide;
    }
  }
  return best;
}

/// One call of a tile: y[row] = what it held, if `add`, + the sum over k < depth of x[row][k] · weights[k].
struct ProductCall {
  const float* x;
  std::array<std::size_t, most_rows> x_at;  // of each row
  std::size_t depth;
  const float* weights;  // [depth][vectors * lanes], aligned
  float* y;
  std::array<std::size_t, most_rows> y_at;
  bool add;
};

/// The rows lie one after the other.
inline void set_rows(ProductCall& call, std::size_t rows, std::size_t x_pitch, std::size_t y_pitch) noexcept {
  for (std::size_t row = 0; row < rows; ++row) {
    call.x_at[row] = row * x_pitch;
    call.y_at[row] = row * y_pitch;
  }
}

/// Weights are used in the order in which they lie, and are asked for so much earlier: the processor's own
/// prefetcher stops at the end of every 4 KiB.
inline constexpr std::size_t prefetched = 2048 / sizeof(float);

template <std::size_t V, std::size_t P, class Arch>
[[gnu::always_inline]] inline void add_streamed(xsimd::batch<float, Arch> (&sum)[P][V],
                                                const float* const (&x)[P], std::size_t k,
                                                const float* w) noexcept {
  constexpr std::size_t line = buffer_alignment / sizeof(float), all = V * lanes<Arch>;
#pragma GCC unroll unrolled
  for (std::size_t at = 0; at < all; at += line) __builtin_prefetch(w + prefetched + at);
  add_products<V, P, Arch>(sum, x, k, w);
}

template <class Arch, std::size_t V, std::size_t P>
void product_tile(const ProductCall& call) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t L = Lanes::size;
  constexpr std::size_t U = sums_of_tile(V * P);

  Lanes sum[U][P][V];
  const float* x[P];
#pragma GCC unroll unrolled
  for (std::size_t p = 0; p < P; ++p) {
    x[p] = call.x + call.x_at[p];
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) {
      sum[0][p][v] = Lanes(0.f);
#pragma GCC unroll unrolled
      for (std::size_t u = 1; u < U; ++u) sum[u][p][v] = Lanes(0.f);
    }
  }
  if (call.add) {
#pragma GCC unroll unrolled
    for (std::size_t p = 0; p < P; ++p) {
#pragma GCC unroll unrolled
      for (std::size_t v = 0; v < V; ++v) sum[0][p][v] = Lanes::load_unaligned(call.y + call.y_at[p] + v * L);
    }
  }
  const float* w = call.weights;
  const std::size_t depth = call.depth;
  std::size_t k = 0;
  if constexpr (U > 1) {
    for (; k + U <= depth; k += U, w += U * V * L) {
#pragma GCC unroll unrolled
      for (std::size_t u = 0; u < U; ++u) add_streamed<V, P, Arch>(sum[u], x, k + u, w + u * V * L);
    }
  }
  for (; k < depth; ++k, w += V * L) add_streamed<V, P, Arch>(sum[0], x, k, w);
#pragma GCC unroll unrolled
  for (std::size_t p = 0; p < P; ++p) {
#pragma GCC unroll unrolled
    for (std::size_t v = 0; v < V; ++v) {
#pragma GCC unroll unrolled
      for (std::size_t u = 1; u < U; ++u) sum[0][p][v] = sum[0][p][v] + sum[u][p][v];
      sum[0][p][v].store_unaligned(call.y + call.y_at[p] + v * L);
    }
  }
}

using ProductKernel = void (*)(const ProductCall&) noexcept;

/// The kernel for `vectors` by `rows`, which is at most `rows_for(vectors)`.
template <class Arch>
[[nodiscard]] inline ProductKernel product_kernel(std::size_t vectors, std::size_t rows) noexcept {
  static constexpr auto table = [] {
    std::array<std::array<ProductKernel, most_rows>, most_vectors> kernels{};
    for_each_index<most_vectors>([&](auto v) {
      for_each_index<most_rows>([&](auto p) {
        if constexpr (p + 1 <= rows_for<Arch>(v + 1)) kernels[v][p] = &product_tile<Arch, v + 1, p + 1>;
      });
    });
    return kernels;
  }();
  return table[vectors - 1][rows - 1];
}

/// f(first row, rows) for tiles that are as even as possible; false if it returned false.
template <class Arch, class F>
bool each_tile(std::size_t rows, std::size_t vectors, const F& f) noexcept {
  const std::size_t most = rows_for<Arch>(vectors);
  const std::size_t tiles = (rows + most - 1) / most;
  for (std::size_t tile = 0, first = 0; tile < tiles; ++tile) {
    const std::size_t size = rows / tiles + (tile < rows % tiles ? 1 : 0);
    if (!f(first, size)) return false;
    first += size;
  }
  return true;
}

}  // namespace einet::nn::detail
