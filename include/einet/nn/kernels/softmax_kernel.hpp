#pragma once
// Softmax over the scores of one image in vectors, several times as fast as value by value: with a hundred
// classes, that takes longer than a small branch.

#include <einet/base/floating.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/run/answer.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace einet::nn::detail {

/// With fewer, vectors take longer than value by value.
inline constexpr std::size_t enough_classes = 16;

/// f(first, vector, fresh) over all `values`: of the last vector, which may overlap the one before, only the
/// last `fresh` lanes are new.
/// @pre at least as many values as lanes
template <class Arch, class F>
void each_vector(std::span<const float> values, const F& f) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  std::size_t at = 0;
  for (; at + Lanes::size <= values.size(); at += Lanes::size)
    f(at, Lanes::load_unaligned(values.data() + at), Lanes::size);
  const std::size_t last = values.size() - Lanes::size;
  if (at < values.size()) f(last, Lanes::load_unaligned(values.data() + last), values.size() - at);
}

/// Whether the logits are enough, and numbers, none of them infinite.
template <class Arch>
[[nodiscard]] bool suits_lanes(std::span<const float> logits) noexcept {
  if (logits.size() < (std::max)(enough_classes, xsimd::batch<float, Arch>::size)) return false;
  std::uint32_t most = 0;
  for (const float logit : logits) most = (std::max)(most, einet::detail::magnitude_bits(logit));
  return most < einet::detail::infinity_bits<float>;
}

template <class Arch>
[[nodiscard]] float largest_of(std::span<const float> values) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  Lanes most(values.front());
  each_vector<Arch>(values,
                    [&](std::size_t, const Lanes& x, std::size_t) { most = choose(x > most, x, most); });
  std::array<float, Lanes::size> all;
  most.store_unaligned(all.data());
  return *std::max_element(all.begin(), all.end());
}

/// Σ exp(logit − largest). Each is written to `odds`, which has as many, unless it is null.
template <class Arch>
[[nodiscard]] float sum_odds(std::span<const float> logits, float largest, float* odds) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  Lanes sum(0.f);
  float rest = 0.f;
  each_vector<Arch>(logits, [&](std::size_t first, const Lanes& x, std::size_t fresh) {
    const Lanes each = exp(x - Lanes(largest));
    if (odds != nullptr) each.store_unaligned(odds + first);
    if (fresh == Lanes::size) {
      sum = sum + each;
    } else {
      std::array<float, Lanes::size> last;
      each.store_unaligned(last.data());
      for (std::size_t i = Lanes::size - fresh; i < Lanes::size; ++i) rest += last[i];
    }
  });
  return simd::sum(sum) + rest;
}

/// `softmax_answer` but for rounding.
template <class Arch = xsimd::default_arch>
[[nodiscard]] Answer answer_in_lanes(std::span<const float> logits) noexcept {
  if (!suits_lanes<Arch>(logits)) return softmax_answer(logits);
  const float largest = largest_of<Arch>(logits);
  const auto best = std::find(logits.begin(), logits.end(), largest) - logits.begin();
  return {static_cast<std::int32_t>(best), 1 / sum_odds<Arch>(logits, largest, nullptr)};
}

/// `softmax_scores` but for rounding.
template <std::size_t K, class Arch = xsimd::default_arch>
[[nodiscard]] Scores<K> scores_in_lanes(std::span<const float, K> logits) noexcept {
  if (!suits_lanes<Arch>(logits)) return softmax_scores<K>(logits);
  Scores<K> output;
  const float largest = largest_of<Arch>(logits);
  const float factor = 1 / sum_odds<Arch>(logits, largest, output.scores.data());
  for (float& score : output.scores) score *= factor;
  output.label = static_cast<std::int32_t>(std::find(logits.begin(), logits.end(), largest) - logits.begin());
  output.confidence = output.scores[static_cast<std::size_t>(output.label)];
  return output;
}

}  // namespace einet::nn::detail
