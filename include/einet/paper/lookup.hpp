#pragma once
// A table of sixteen floats, looked up by every lane at once: one instruction where registers hold sixteen.

#include <einet/base/lanes.hpp>

#include <cstdint>
#include <type_traits>

namespace einet::simd {

/// Whether Arch has `lookup`.
#ifdef __AVX512F__
template <class Arch>
inline constexpr bool has_lookup = std::is_base_of_v<xsimd::avx512f, Arch>;
#else
template <class Arch>
inline constexpr bool has_lookup = false;
#endif

/// table[index % 16] for every lane.
template <class Arch>
[[nodiscard]] inline Lanes<float, Arch> lookup(const float* table,
                                               const Lanes<std::int32_t, Arch>& index) noexcept
    requires(has_lookup<Arch>) {
#ifdef __AVX512F__
  return _mm512_permutexvar_ps(index, _mm512_load_ps(table));
#else
  return Lanes<float, Arch>::gather(table, index);
#endif
}

/// Every lane, shifted right by `count` bits; zeros come in.
/// @pre count < 32
template <int count, class Arch>
[[nodiscard]] inline Lanes<std::int32_t, Arch> shifted_right(const Lanes<std::int32_t, Arch>& lanes) noexcept
    requires(has_lookup<Arch>) {
#ifdef __AVX512F__
  return _mm512_srli_epi32(lanes, count);
#else
  return lanes >> count;
#endif
}

}  // namespace einet::simd
