#pragma once
// The most multiply-adds per second that one thread reaches on registers: the peak that shares refer to.

#include <einet/base/lanes.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <utility>

namespace einet::bench {

namespace detail {

template <std::size_t... I>
void fma_chains(std::size_t rounds, float& sink, std::index_sequence<I...>) {
  using Lanes = simd::Lanes<float>;
  Lanes sum[sizeof...(I)] = {Lanes(static_cast<float>(I))...};
  const Lanes factor(0.5f), addend(sink);
  for (std::size_t round = 0; round < rounds; ++round) {
    ((sum[I] = simd::fma(sum[I], factor, addend)), ...);
  }
  Lanes total(0.0f);
  ((total = total + sum[I]), ...);
  sink += simd::sum(total) * 1e-30f;
}

}  // namespace detail

/// 12 independent chains of fused multiply-adds on registers; returns how many they were.
inline double fma_burst(std::size_t rounds) {
  constexpr std::size_t chains = 12;
  float sink = 1.0f;
  detail::fma_chains(rounds, sink, std::make_index_sequence<chains>{});
  volatile float keep = sink;
  static_cast<void>(keep);
  return static_cast<double>(rounds * chains * simd::width<float>);
}

/// Multiply-adds per second of one thread, the best of several bursts.
inline double fma_peak() {
  double best = 0;
  for (int i = 0; i < 500; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double done = fma_burst(100'000);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    best = (std::max)(best, done / seconds.count());
  }
  return best;
}

}  // namespace einet::bench
