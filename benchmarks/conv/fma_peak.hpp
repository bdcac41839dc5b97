#pragma once
// The most multiply-accumulates per second that one thread reaches on registers: the peak that shares refer
// to.

#include <einet/base/lanes.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace einet::bench {

namespace detail {

template <std::size_t... I>
double time_fma_chains(std::size_t rounds, float& sink, std::index_sequence<I...>) {
  using Lanes = xsimd::batch<float>;
  Lanes sum[sizeof...(I)] = {Lanes(static_cast<float>(I))...};
  Lanes factor(0.5f), addend(sink);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t round = 0; round < rounds; ++round) {
    ((sum[I] = simd::fma(sum[I], factor, addend)), ...);
  }
  const auto stop = std::chrono::steady_clock::now();
  Lanes total(0.0f);
  ((total = total + sum[I]), ...);
  alignas(64) float stored[Lanes::size];
  total.store_aligned(stored);
  for (const float lane : stored) sink += lane * 1e-30f;
  return std::chrono::duration<double>(stop - start).count();
}

}  // namespace detail

/// Multiply-accumulates per second of one thread: 12 independent chains of fused multiply-adds, the best of
/// several runs.
inline double fma_peak() {
  constexpr std::size_t chains = 12, rounds = 100'000;
  float sink = 1.0f;
  double best = 1e9;
  for (int i = 0; i < 500; ++i) {
    best = (std::min)(best, detail::time_fma_chains(rounds, sink, std::make_index_sequence<chains>{}));
  }
  volatile float keep = sink;
  static_cast<void>(keep);
  return static_cast<double>(rounds * chains * xsimd::batch<float>::size) / best;
}

}  // namespace einet::bench
