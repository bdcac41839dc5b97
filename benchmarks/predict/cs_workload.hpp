#pragma once
// The bytes that a CS-Predictor reads, and its baseline: a plain sum over the same weights.

#include <einet/eval/cs_workload.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/dense_kernels.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <xsimd/xsimd.hpp>

namespace einet::bench {

using eval::confidence_runs;
using eval::he_parameters;

/// Confidences of all exits of one sample.
template <std::size_t N>
using Run = std::array<float, N>;

/// What a predictor reads of its weights in a run of all exits.
struct Reading {
  double bytes = 0;
  double active = 0;  ///< units of layer 1 that feed layer 2, per observation
};

/// Follows the first layer through a run with the predictor's own kernel, and counts.
template <std::size_t N, std::size_t H, class Format>
[[nodiscard]] Reading reading(const CsWeights<N, H, Format>& weights, const Run<N>& run) {
  using Weights = CsWeights<N, H, Format>;
  constexpr std::size_t row = Weights::Columns::pitch * 4 + (Format::scaled ? 4 : 0);
  alignas(buffer_alignment) std::array<float, Weights::padded_hidden> layer{};
  std::ranges::copy(weights.bias1(), layer.begin());
  Reading read;
  for (std::uint32_t k = 0; k + 1 < N; ++k) {
    const auto before = layer;
    const detail::ScaledColumn input{k, run[k]};
    detail::add_columns<simd::default_arch>(layer.data(), weights.layer1(), &input, 1);
    std::size_t active = 0, changed = 0;
    for (std::size_t j = 0; j < H; ++j) {
      const auto passed = weights.passed_on()(j, layer[j]);
      active += passed != 0;
      changed += passed != weights.passed_on()(j, before[j]);
    }
    const std::size_t columns = (std::min)(active, changed);
    read.active += static_cast<double>(columns) / (N - 1);
    read.bytes += static_cast<double>(row * (1 + columns + (N - 1 - k)));
  }
  return read;
}

/// Sum of all words, eight registers of them at a time: how fast these bytes can be read at all.
template <class Word>
[[nodiscard]] Word sum(std::span<const Word> words) {
  using Lanes = xsimd::batch<Word>;
  constexpr std::size_t step = 8 * Lanes::size;
  Lanes sums[8];
  for (Lanes& lanes : sums) lanes = Lanes(Word{});
  std::size_t i = 0;
  for (; i + step <= words.size(); i += step)
    for (std::size_t u = 0; u < 8; ++u)
      sums[u] = sums[u] + Lanes::load_aligned(words.data() + i + u * Lanes::size);
  for (std::size_t u = 1; u < 8; ++u) sums[0] = sums[0] + sums[u];
  alignas(buffer_alignment) std::array<Word, Lanes::size> lanes;
  sums[0].store_aligned(lanes.data());
  Word total{};
  for (const Word lane : lanes) total = static_cast<Word>(total + lane);
  for (; i < words.size(); ++i) total = static_cast<Word>(total + words[i]);
  return total;
}

template <std::size_t N, std::size_t H, class Format>
[[nodiscard]] auto sum(const CsWeights<N, H, Format>& weights) {
  return sum(weights.layer1().words()) + sum(weights.layer2().words()) + sum(weights.layer3().words());
}

template <std::size_t N, std::size_t H, class Format>
[[nodiscard]] double bytes(const CsWeights<N, H, Format>& weights) {
  return 4. * static_cast<double>(weights.layer1().words().size() + weights.layer2().words().size() +
                                  weights.layer3().words().size());
}

}  // namespace einet::bench
