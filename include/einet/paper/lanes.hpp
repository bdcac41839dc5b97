#pragma once
// What the kernels of the paper's method need besides base/lanes.hpp: the bits of integers as floats.

#include <einet/base/lanes.hpp>

#include <bit>
#include <cstdint>

namespace einet::simd {

/// Reinterprets the bits of the words as floats.
[[nodiscard]] inline One<float> bits_as_float(One<std::int32_t> words) noexcept {
  return {std::bit_cast<float>(words.value)};
}

/// Turns the result of comparing integers into a mask that selects floats.
[[nodiscard]] inline OneMask float_mask(OneMask mask) noexcept {
  return mask;
}

#ifndef XSIMD_NO_SUPPORTED_ARCHITECTURE
template <class Arch>
[[nodiscard]] inline xsimd::batch<float, Arch> bits_as_float(
    const xsimd::batch<std::int32_t, Arch>& words) noexcept {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::bitwise_cast<float>(words);
#else
  return xsimd::bitwise_cast<xsimd::batch<float, Arch>>(words);
#endif
}

template <class Arch>
[[nodiscard]] inline xsimd::batch_bool<float, Arch> float_mask(
    const xsimd::batch_bool<std::int32_t, Arch>& mask) noexcept {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::batch_bool_cast<float>(mask);
#else
  return xsimd::bool_cast(mask);
#endif
}
#endif

}  // namespace einet::simd
