#pragma once
// The transforms of Winograd's minimal filtering F(M × M, 3 × 3), as Lavin and Gray give them (Fast
// Algorithms for Convolutional Neural Networks, 2016): M × M outputs of a 3 × 3 convolution from (M + 2) × (M
// + 2) products.

#include <einet/base/lanes.hpp>

#include <cstddef>

namespace einet::nn::detail {

/// G of the filter, and products with the transposes of B (of the input) and A (of the output).
template <std::size_t M>
struct Winograd;

template <>
struct Winograd<2> {
  static constexpr double filter[4][3] = {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};

  template <class V>
  [[gnu::always_inline]] static void input(const V (&d)[4], V (&t)[4]) noexcept {
    t[0] = d[0] - d[2];
    t[1] = d[1] + d[2];
    t[2] = d[2] - d[1];
    t[3] = d[1] - d[3];
  }
  template <class V>
  [[gnu::always_inline]] static void output(const V (&m)[4], V (&y)[2]) noexcept {
    y[0] = m[0] + m[1] + m[2];
    y[1] = m[1] - m[2] - m[3];
  }
};

template <>
struct Winograd<4> {
  static constexpr double filter[6][3] = {{1. / 4, 0, 0},
                                          {-1. / 6, -1. / 6, -1. / 6},
                                          {-1. / 6, 1. / 6, -1. / 6},
                                          {1. / 24, 1. / 12, 1. / 6},
                                          {1. / 24, -1. / 12, 1. / 6},
                                          {0, 0, 1}};

  template <class V>
  [[gnu::always_inline]] static void input(const V (&d)[6], V (&t)[6]) noexcept {
    const V four(4.f), two(2.f);
    const V even = simd::fnma(four, d[2], d[4]), odd = simd::fnma(four, d[1], d[3]);
    const V across = d[4] - d[2], twice = two * (d[3] - d[1]);
    t[0] = simd::fma(four, d[0] - d[2], across);
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = across + twice;
    t[4] = across - twice;
    t[5] = simd::fma(four, d[1] - d[3], d[5] - d[3]);
  }
  template <class V>
  [[gnu::always_inline]] static void output(const V (&m)[6], V (&y)[4]) noexcept {
    const V sum = m[1] + m[2], difference = m[1] - m[2];
    const V far_sum = m[3] + m[4], far_difference = m[3] - m[4];
    y[0] = m[0] + sum + far_sum;
    y[1] = simd::fma(V(2.f), far_difference, difference);
    y[2] = simd::fma(V(4.f), far_sum, sum);
    y[3] = simd::fma(V(8.f), far_difference, difference) + m[5];
  }
};

}  // namespace einet::nn::detail
