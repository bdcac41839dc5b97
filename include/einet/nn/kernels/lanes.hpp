#pragma once
// Loops over contiguous channels, written once for whole vectors and for the single values of the tail.

#include <einet/base/lanes.hpp>

#include <cstddef>
#include <type_traits>

#include <xsimd/xsimd.hpp>

#if defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
#error "einet/nn needs vector registers that xsimd knows; the core (einet/einet.hpp) does not"
#endif

namespace einet::nn::detail {

/// Floats in a V.
template <class V>
inline constexpr std::size_t lanes_in = V::size;
template <>
inline constexpr std::size_t lanes_in<float> = 1;

template <class V>
[[nodiscard]] inline V load(const float* from) noexcept {
  if constexpr (std::is_same_v<V, float>) {
    return *from;
  } else {
    return V::load_unaligned(from);
  }
}

inline void store(float* to, float value) noexcept {
  *to = value;
}
template <class Arch>
inline void store(float* to, const xsimd::batch<float, Arch>& values) noexcept {
  values.store_unaligned(to);
}

[[nodiscard]] inline float multiply_add(float a, float b, float c) noexcept {
  return a * b + c;
}
template <class Arch>
[[nodiscard]] inline xsimd::batch<float, Arch> multiply_add(const xsimd::batch<float, Arch>& a,
                                                            const xsimd::batch<float, Arch>& b,
                                                            const xsimd::batch<float, Arch>& c) noexcept {
  return simd::fma(a, b, c);
}

[[nodiscard]] inline float choose(bool condition, float yes, float no) noexcept {
  return condition ? yes : no;
}
template <class Arch>
[[nodiscard]] inline xsimd::batch<float, Arch> choose(const xsimd::batch_bool<float, Arch>& condition,
                                                      const xsimd::batch<float, Arch>& yes,
                                                      const xsimd::batch<float, Arch>& no) noexcept {
  return xsimd::select(condition, yes, no);
}

/// The larger of two numbers; NaN if either is.
template <class V>
[[nodiscard]] inline V larger(const V& a, const V& b) noexcept {
  // Where neither comparison holds, one is NaN, and so is the sum. xsimd 8 has no != that finds NaN on
  // AVX-512.
  return choose(b > a, b, choose(a >= b, a, a + b));
}

/// `value` or the bound that it exceeds; NaN stays.
template <class V>
[[nodiscard]] inline V within(const V& value, float low, float high) noexcept {
  const V raised = choose(value < V(low), V(low), value);
  return choose(raised > V(high), V(high), raised);
}

/// Adds every lane of `values` to the double in its place.
inline void add_lanes(double* to, float value) noexcept {
  *to += static_cast<double>(value);
}
template <class Arch>
inline void add_lanes(double* to, const xsimd::batch<float, Arch>& values) noexcept {
  float stored[xsimd::batch<float, Arch>::size];
  values.store_unaligned(stored);
  for (std::size_t lane = 0; lane < xsimd::batch<float, Arch>::size; ++lane) {
    to[lane] += static_cast<double>(stored[lane]);
  }
}

/// Calls `body.operator()<V>(at)` for whole vectors V first, then for each value of the tail with V = float.
/// If the body returns a bool, false ends the loop; returns false if the body did.
template <class Arch, class Body>
inline auto over_lanes(std::size_t count, const Body& body) noexcept {
  using Vector = xsimd::batch<float, Arch>;
  using Result = decltype(body.template operator()<float>(count));
  const auto step = [&]<class V>(std::size_t at) {
    if constexpr (std::is_void_v<Result>) {
      body.template operator()<V>(at);
      return true;
    } else {
      return body.template operator()<V>(at);
    }
  };
  std::size_t at = 0;
  bool all = true;
  for (; all && at + Vector::size <= count; at += Vector::size) all = step.template operator()<Vector>(at);
  for (; all && at < count; ++at) all = step.template operator()<float>(at);
  if constexpr (!std::is_void_v<Result>) return all;
}

/// to[i] += from[i].
template <class Arch = xsimd::default_arch>
inline void add(float* to, const float* from, std::size_t count) noexcept {
  over_lanes<Arch>(count,
                   [=]<class V>(std::size_t i) { store(to + i, load<V>(to + i) + load<V>(from + i)); });
}

/// to[i] += factor · from[i].
template <class Arch = xsimd::default_arch>
inline void add_scaled(float* to, float factor, const float* from, std::size_t count) noexcept {
  over_lanes<Arch>(count, [=]<class V>(std::size_t i) {
    store(to + i, multiply_add(V(factor), load<V>(from + i), load<V>(to + i)));
  });
}

}  // namespace einet::nn::detail
