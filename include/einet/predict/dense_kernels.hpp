#pragma once
// The vector loops of the CS-Predictor, online. Weights lie [in][out], so that an input adds one contiguous
// column and a zero input costs nothing.

#include <einet/base/simd.hpp>

#include <cstddef>
#include <cstdint>

namespace einet::detail {

/// A column of a weight matrix and what it is multiplied by.
struct ScaledColumn {
  std::uint32_t index;
  float scale;
};

/// out += sum over `count` entries of scale * columns[index].
/// @tparam H length of a column
/// @param out [H]
/// @param columns [in][H]
template <std::size_t H, class Arch>
inline void add_columns(float* out, const float* columns, const ScaledColumn* list,
                        std::size_t count) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t step = Lanes::size;
  constexpr std::size_t whole = H - H % step;
  std::size_t c = 0;
  // Four columns at a time: the sums are loaded and stored once for four streams of weights.
  for (; c + 4 <= count; c += 4) {
    const float* w[4];
    for (std::size_t u = 0; u < 4; ++u) w[u] = columns + std::size_t{list[c + u].index} * H;
    const Lanes s0(list[c].scale), s1(list[c + 1].scale), s2(list[c + 2].scale), s3(list[c + 3].scale);
    for (std::size_t i = 0; i < whole; i += step) {
      Lanes even = xsimd::fma(s0, Lanes::load_unaligned(w[0] + i), Lanes::load_unaligned(out + i));
      Lanes odd = s1 * Lanes::load_unaligned(w[1] + i);
      even = xsimd::fma(s2, Lanes::load_unaligned(w[2] + i), even);
      odd = xsimd::fma(s3, Lanes::load_unaligned(w[3] + i), odd);
      (even + odd).store_unaligned(out + i);
    }
    for (std::size_t i = whole; i < H; ++i)
      for (std::size_t u = 0; u < 4; ++u) out[i] += list[c + u].scale * w[u][i];
  }
  for (; c < count; ++c) {
    const float* w = columns + std::size_t{list[c].index} * H;
    const Lanes scale(list[c].scale);
    for (std::size_t i = 0; i < whole; i += step)
      xsimd::fma(scale, Lanes::load_unaligned(w + i), Lanes::load_unaligned(out + i))
          .store_unaligned(out + i);
    for (std::size_t i = whole; i < H; ++i) out[i] += list[c].scale * w[i];
  }
}

/// Sum of row[i] * max(x[i], 0) over [H].
template <std::size_t H, class Arch>
[[nodiscard]] inline float dot_rectified(const float* row, const float* x) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  constexpr std::size_t step = Lanes::size;
  const Lanes zero(0.f);
  // Four sums hide the latency of the additions.
  Lanes sums[4] = {zero, zero, zero, zero};
  const auto add = [&](Lanes& sum, std::size_t i) {
    sum = xsimd::fma(Lanes::load_unaligned(row + i), xsimd::max(Lanes::load_unaligned(x + i), zero), sum);
  };
  std::size_t i = 0;
  for (; i + 4 * step <= H; i += 4 * step)
    for (std::size_t u = 0; u < 4; ++u) add(sums[u], i + u * step);
  for (; i + step <= H; i += step) add(sums[0], i);
  float total = simd::hsum((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < H; ++i) total += row[i] * (x[i] > 0.f ? x[i] : 0.f);
  return total;
}

}  // namespace einet::detail
