#pragma once
// An answer policy: the weighted average of the outputs of a run.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/exits.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/slot.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace einet {

namespace detail {

/// Scores as probabilities in [0, 1], with zeros behind them.
/// @return false if one was negative or not finite; then they are of no use
template <std::size_t K, std::size_t Padded>
[[nodiscard]] bool read_probabilities(const Scores<K>& output, std::array<float, Padded>& to) noexcept {
  static_assert(Padded >= K);
  bool sound = true;
  for (std::size_t k = 0; k < K; ++k) {
    // Negative and NaN scores have become 0 here, and infinity 1; none of them is sound.
    to[k] = as_probability(output.scores[k]);
    sound = sound && is_finite(output.scores[k]) && (to[k] > 0 || output.scores[k] == 0.f);
  }
  std::fill(to.begin() + K, to.end(), 0.f);
  return sound;
}

}  // namespace detail

/// Averages the logarithms of the probabilities (a product of experts).
struct LogMean {
  template <class Lanes>
  [[nodiscard]] static Lanes term(const Lanes& probability) noexcept {
    // One exit's 0 must not rule out a class for all of them.
    return log((simd::max)(probability, Lanes((std::numeric_limits<float>::min)())));
  }
  template <std::size_t K>
  [[nodiscard]] static Scores<K> scores(const std::array<float, K>& mean) noexcept {
    return softmax_scores(std::span<const float, K>(mean));
  }
};

/// Averages the probabilities (a mixture).
struct ProbabilityMean {
  template <class Lanes>
  [[nodiscard]] static Lanes term(const Lanes& probability) noexcept {
    return probability;
  }
  template <std::size_t K>
  [[nodiscard]] static Scores<K> scores(const std::array<float, K>& mean) noexcept {
    Scores<K> output;
    output.scores = mean;
    const std::size_t best = detail::most_probable(mean);
    output.label = static_cast<std::int32_t>(best);
    output.confidence = as_probability(mean[best]);
    return output;
  }
};

/// The weighted average of the outputs so far, over K classes; its exit is the newest one. Scores above 1
/// count as 1. An output with a score that is negative or not finite is left out, and the answer in hand
/// stays as it is; if it is the first of a run, it is published unchanged.
/// @tparam Mean LogMean or ProbabilityMean
template <std::size_t N, std::size_t K, class Mean = LogMean, class Arch = simd::default_arch>
class AverageAnswer {
  using Lanes = simd::Lanes<float, Arch>;
  static constexpr std::size_t padded = simd::padded<float, Arch>(K);

 public:
  /// All exits have the same weight.
  AverageAnswer() noexcept { weights_.fill(1); }

  /// @param weights [N] of the exits, finite and >= 0; only their ratios count. While all exits run so far
  /// have weight 0, the newest output is the answer.
  /// @throws std::invalid_argument naming the exit and its weight
  explicit AverageAnswer(const std::array<float, most_exits<N>>& weights) requires(!run_time_exits<N>)
      : AverageAnswer(std::span<const float>(weights)) {}

  /// The same for as many exits as there are weights, where the number is known only at run time.
  /// @throws std::invalid_argument also if there are none, or more than there is room for
  explicit AverageAnswer(std::span<const float> weights) {
    static_cast<void>(ExitCount<N>(weights.size()));
    float most = 0;
    weights_.fill(0);
    std::copy(weights.begin(), weights.end(), weights_.begin());
    for (std::size_t k = 0; k < weights.size(); ++k) {
      detail::expect(is_finite(weights[k]) && weights[k] >= 0, "AverageAnswer", {"weights", k}, weights[k],
                     "a finite weight >= 0");
      most = (std::max)(most, weights[k]);
    }
    // Weights of at most 1, so that no sum overflows.
    if (most > 0)
      for (float& weight : weights_) weight /= most;
  }

  void reset() noexcept {
    sums_.fill(0);
    weight_ = 0;
  }

  /// @pre exit < most_exits<N>
  [[nodiscard]] Published<Scores<K>> operator()(const Scores<K>& output, std::size_t exit,
                                                const Published<Scores<K>>* in_hand) noexcept {
    EINET_ASSERT(exit < most_exits<N>);
    alignas(buffer_alignment) std::array<float, padded> probabilities;
    const bool sound = detail::read_probabilities(output, probabilities);
    if (!sound && in_hand != nullptr) return *in_hand;
    const float weight = sound ? weights_[exit] : 0;
    weight_ += weight;
    if (!(weight_ > 0)) return {output, exit};
    for (std::size_t k = 0; k < padded; k += Lanes::size) {
      const Lanes term = Mean::term(Lanes::load_aligned(&probabilities[k]));
      const Lanes sum = simd::fma(term, Lanes(weight), Lanes::load_aligned(&sums_[k]));
      sum.store_aligned(&sums_[k]);
    }
    std::array<float, K> mean;
    for (std::size_t k = 0; k < K; ++k) mean[k] = sums_[k] / weight_;
    return {Mean::scores(mean), exit};
  }

 private:
  std::array<float, most_exits<N>> weights_;
  alignas(buffer_alignment) std::array<float, padded> sums_{};
  float weight_ = 0;
};

}  // namespace einet
