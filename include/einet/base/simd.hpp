#pragma once
// What xsimd 8 and its newer versions spell differently, under one name each.

#include <einet/base/lanes.hpp>

#include <type_traits>

#include <xsimd/xsimd.hpp>

namespace einet::simd {

/// a * b + c
template <class T>
[[nodiscard]] inline One<T> fma(One<T> a, One<T> b, One<T> c) noexcept {
  return {a.value * b.value + c.value};
}

/// `lanes` in a register, so that no compiler loads them anew for each of several uses.
template <class T>
[[nodiscard]] inline One<T> loaded_once(One<T> lanes) noexcept {
  return lanes;
}

/// Sum of all lanes.
template <class T>
[[nodiscard]] inline T hsum(One<T> lanes) noexcept {
  return lanes.value;
}

#ifndef XSIMD_NO_SUPPORTED_ARCHITECTURE
// xsimd 8 has no fused form on AVX-512, and clang does not make one of its two operations.
template <class T, class Arch>
[[nodiscard]] inline xsimd::batch<T, Arch> fma(const xsimd::batch<T, Arch>& a, const xsimd::batch<T, Arch>& b,
                                               const xsimd::batch<T, Arch>& c) noexcept {
#if XSIMD_VERSION_MAJOR < 9 && defined(__AVX512F__)
  if constexpr (std::is_base_of_v<xsimd::avx512f, Arch> && std::is_same_v<T, float>)
    return _mm512_fmadd_ps(a, b, c);
  else
#endif
    return xsimd::fma(a, b, c);
}

template <class T, class Arch>
[[nodiscard]] inline xsimd::batch<T, Arch> loaded_once(xsimd::batch<T, Arch> lanes) noexcept {
#if defined(__GNUC__) && defined(__SSE2__)
  if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>)
    asm("" : "+v"(lanes.data));
  else
    asm("" : "+x"(lanes.data));
#endif
  return lanes;
}

template <class T, class Arch>
[[nodiscard]] inline T hsum(const xsimd::batch<T, Arch>& lanes) noexcept {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::reduce_add(lanes);
#else
  return xsimd::hadd(lanes);
#endif
}

/// Largest lane; no lane may be NaN.
template <class T, class Arch>
[[nodiscard]] inline T hmax(const xsimd::batch<T, Arch>& lanes) noexcept {
  alignas(64) T stored[xsimd::batch<T, Arch>::size];
  lanes.store_aligned(stored);
  T largest = stored[0];
  for (const T lane : stored) largest = lane > largest ? lane : largest;
  return largest;
}
#endif

}  // namespace einet::simd
