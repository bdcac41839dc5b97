#pragma once
// What xsimd 8 and its newer versions spell differently, under one name each.

#include <xsimd/xsimd.hpp>

namespace einet::simd {

/// Sum of all lanes.
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

}  // namespace einet::simd
