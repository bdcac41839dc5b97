#pragma once
// SIMD lanes under one set of names: xsimd's batches, or a single value where xsimd supports no instruction
// set, so that each kernel is written only once.

#include <einet/base/aligned.hpp>
#include <einet/base/round_up.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <xsimd/xsimd.hpp>

namespace einet::simd {

/// The architecture of targets without vector instructions; it has one lane.
struct scalar {};

/// `Base` plus dot products of 16-bit numbers (AVX512-VNNI), which older versions of xsimd have no name for.
/// A type of its own, because code compiled for it must not share mangled names with code for `Base`.
template <class Base>
struct WithDotProducts : Base {};

template <class Arch>
inline constexpr bool has_dot_products = false;
template <class Base>
inline constexpr bool has_dot_products<WithDotProducts<Base>> = true;

/// The widest instruction set that this translation unit is compiled for.
#if defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
using default_arch = scalar;
#elif defined(__AVX512VNNI__)
using default_arch = WithDotProducts<xsimd::default_arch>;
#else
using default_arch = xsimd::default_arch;
#endif

/// The result of comparing two `One`s.
struct OneMask {
  bool value;

  [[nodiscard]] bool get(std::size_t) const noexcept { return value; }
  friend OneMask operator&(OneMask a, OneMask b) noexcept { return {a.value && b.value}; }
};
[[nodiscard]] inline bool any(OneMask mask) noexcept {
  return mask.value;
}

/// A single value with those operations of a batch that einet's kernels use.
template <class T>
struct One {
  static constexpr std::size_t size = 1;
  T value;

  One() noexcept = default;
  One(T v) noexcept : value(v) {}  // NOLINT(google-explicit-constructor): as batches do

  static One load_unaligned(const T* from) noexcept { return {*from}; }
  static One load_aligned(const T* from) noexcept { return {*from}; }
  void store_unaligned(T* to) const noexcept { *to = value; }
  void store_aligned(T* to) const noexcept { *to = value; }

  friend One operator+(One a, One b) noexcept { return {static_cast<T>(a.value + b.value)}; }
  friend One operator-(One a, One b) noexcept { return {static_cast<T>(a.value - b.value)}; }
  friend One operator*(One a, One b) noexcept { return {static_cast<T>(a.value * b.value)}; }
  friend One operator&(One a, One b) noexcept requires(std::is_integral_v<T>) { return {a.value & b.value}; }
  friend One operator^(One a, One b) noexcept requires(std::is_integral_v<T>) { return {a.value ^ b.value}; }
  friend One operator<<(One a, int bits) noexcept requires(std::is_integral_v<T>) {
    return {a.value << bits};
  }
  friend OneMask operator<(One a, One b) noexcept { return {a.value < b.value}; }
  friend OneMask operator>(One a, One b) noexcept { return {a.value > b.value}; }
  friend OneMask operator>=(One a, One b) noexcept { return {a.value >= b.value}; }
  friend OneMask operator==(One a, One b) noexcept { return {a.value == b.value}; }
  friend OneMask operator!=(One a, One b) noexcept { return {a.value != b.value}; }
  friend One select(OneMask mask, One yes, One no) noexcept { return mask.value ? yes : no; }
  friend One erf(One a) noexcept requires(std::is_floating_point_v<T>) { return {std::erf(a.value)}; }
  friend One log(One a) noexcept requires(std::is_floating_point_v<T>) { return {std::log(a.value)}; }
};

namespace detail {
#ifdef XSIMD_NO_SUPPORTED_ARCHITECTURE
// xsimd then declares neither batches nor functions on them, so no template may name one.
template <class T, class Arch>
inline constexpr bool has_batches = false;
#else
template <class T, class Arch>
inline constexpr bool has_batches = [] {
  // On 32-bit ARM, xsimd claims registers of double, but they hold 0 values.
  if constexpr (xsimd::has_simd_register<T, Arch>::value)
    return xsimd::batch<T, Arch>::size > 0;
  else
    return false;
}();
template <class T, class Base>
inline constexpr bool has_batches<T, WithDotProducts<Base>> = has_batches<T, Base>;
#endif

template <class T, class Arch, bool = has_batches<T, Arch>>
struct LanesOf {
  using type = One<T>;
};
#ifndef XSIMD_NO_SUPPORTED_ARCHITECTURE
template <class T, class Arch>
struct LanesOf<T, Arch, true> {
  using type = xsimd::batch<T, Arch>;
};
template <class T, class Base>
struct LanesOf<T, WithDotProducts<Base>, true> : LanesOf<T, Base> {};
#endif
}  // namespace detail

/// Whether this translation unit is compiled for Arch, one of xsimd's.
template <class Arch>
inline constexpr bool has_arch = detail::has_batches<float, Arch>;

/// As many values of type T as a register of Arch holds; one where Arch has no registers of T (double on
/// 32-bit ARM). Its functions (select, any, erf, log) are found by argument-dependent lookup; on batches they
/// are xsimd's. This header's own are named: `(simd::max)(a, b)` and `(simd::min)(a, b)`, in parentheses
/// because of <windows.h>, and `simd::fma` and `simd::fnma`, which are one instruction wherever the target
/// has one; xsimd 8 does not see to that on AVX-512.
template <class T, class Arch = default_arch>
using Lanes = typename detail::LanesOf<T, Arch>::type;

/// How many values `Lanes<T, Arch>` holds.
template <class T, class Arch = default_arch>
inline constexpr std::size_t width = Lanes<T, Arch>::size;

/// `count` rounded up to whole registers.
template <class T, class Arch = default_arch>
[[nodiscard]] constexpr std::size_t padded(std::size_t count) noexcept {
  return einet::detail::round_up(count, width<T, Arch>);
}

template <class T>
[[nodiscard]] inline One<T>(max)(One<T> a, One<T> b) noexcept {
  return a.value > b.value ? a : b;
}
template <class T>
[[nodiscard]] inline One<T>(min)(One<T> a, One<T> b) noexcept {
  return a.value < b.value ? a : b;
}

/// The values as integers, rounded towards zero.
[[nodiscard]] inline One<std::int32_t> truncated(One<float> values) noexcept {
  return {static_cast<std::int32_t>(values.value)};
}

[[nodiscard]] inline One<float> to_float(One<std::int32_t> values) noexcept {
  return {static_cast<float>(values.value)};
}

/// from[index] for every lane.
[[nodiscard]] inline One<float> gather(const float* from, One<std::int32_t> index) noexcept {
  return {from[index.value]};
}

/// a * b + c
template <class T>
[[nodiscard]] inline One<T> fma(One<T> a, One<T> b, One<T> c) noexcept {
  return {a.value * b.value + c.value};
}

/// c - a * b
template <class T>
[[nodiscard]] inline One<T> fnma(One<T> a, One<T> b, One<T> c) noexcept {
  return {c.value - a.value * b.value};
}

/// Sum of all lanes.
template <class T>
[[nodiscard]] inline T sum(One<T> lanes) noexcept {
  return lanes.value;
}

#ifndef XSIMD_NO_SUPPORTED_ARCHITECTURE
using xsimd::max;
using xsimd::min;
using xsimd::to_float;

template <class Arch>
[[nodiscard]] inline xsimd::batch<std::int32_t, Arch> truncated(
    const xsimd::batch<float, Arch>& values) noexcept {
  return xsimd::to_int(values);
}

template <class Arch>
[[nodiscard]] inline xsimd::batch<float, Arch> gather(
    const float* from, const xsimd::batch<std::int32_t, Arch>& index) noexcept {
#ifdef __AVX512F__
  // xsimd 8.1 has this instruction, but gathers lane by lane.
  if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>)
    return _mm512_i32gather_ps(index, from, sizeof(float));
#endif
  return xsimd::batch<float, Arch>::gather(from, index);
}

// On AVX-512, xsimd 8 multiplies and adds separately. g++ fuses the two, clang does not.
template <class T, class Arch>
[[nodiscard]] inline xsimd::batch<T, Arch> fma(const xsimd::batch<T, Arch>& a, const xsimd::batch<T, Arch>& b,
                                               const xsimd::batch<T, Arch>& c) noexcept {
#ifdef __AVX512F__
  if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>) {
    if constexpr (std::is_same_v<T, float>) return _mm512_fmadd_ps(a, b, c);
    if constexpr (std::is_same_v<T, double>) return _mm512_fmadd_pd(a, b, c);
  }
#endif
  return xsimd::fma(a, b, c);
}

template <class T, class Arch>
[[nodiscard]] inline xsimd::batch<T, Arch> fnma(const xsimd::batch<T, Arch>& a,
                                                const xsimd::batch<T, Arch>& b,
                                                const xsimd::batch<T, Arch>& c) noexcept {
#ifdef __AVX512F__
  if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>) {
    if constexpr (std::is_same_v<T, float>) return _mm512_fnmadd_ps(a, b, c);
    if constexpr (std::is_same_v<T, double>) return _mm512_fnmadd_pd(a, b, c);
  }
#endif
  return xsimd::fnma(a, b, c);
}

template <class T, class Arch>
[[nodiscard]] inline T sum(const xsimd::batch<T, Arch>& lanes) noexcept {
#if XSIMD_VERSION_MAJOR >= 9
  return xsimd::reduce_add(lanes);
#else
  return xsimd::hadd(lanes);
#endif
}
#endif

/// `as_probability` of every lane.
template <class Lanes>
[[nodiscard]] inline Lanes probabilities(const Lanes& values) noexcept {
  // A comparison, because max(NaN, 0) is NaN on some machines.
  const Lanes zero(0.f);
  return (min)(select(values > zero, values, zero), Lanes(1.f));
}

/// The largest lane.
/// @pre no lane is NaN
template <class T, class Arch>
[[nodiscard]] inline T largest(const Lanes<T, Arch>& lanes) noexcept {
  alignas(buffer_alignment) T stored[width<T, Arch>];
  lanes.store_aligned(stored);
  T most = stored[0];
  for (const T lane : stored) most = lane > most ? lane : most;
  return most;
}

}  // namespace einet::simd
