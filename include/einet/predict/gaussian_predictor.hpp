#pragma once
// Models all exits by one joint normal distribution, and predicts the exits to come by conditioning it on
// what has been observed. Fitted in closed form, and exact whichever exits are skipped.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/lanes.hpp>
#include <einet/base/round_up.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/gaussian_parameters.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace einet {

/// The parameters laid out for the kernel, immutable, shared by all predictors: one row per input, with its
/// covariances with input 0 of all exits, with input 1, …, with the targets; each stretch padded.
template <std::size_t N, std::size_t Inputs = 1>
class GaussianWeights : public ExitCount<N> {
 public:
  static constexpr std::size_t stretch = detail::padded(most_exits<N>);
  static constexpr std::size_t pitch = (Inputs + 1) * stretch;

  /// How an input is read: (clamp(x) - mean) * inverse_scale.
  struct Reading {
    float low, high, mean, inverse_scale;
  };

  /// @throws std::invalid_argument as `validate`
  explicit GaussianWeights(const GaussianParameters<N, Inputs>& parameters)
      : ExitCount<N>(parameters),
        rows_(parameters.count() * pitch),
        means_(parameters.means),
        noise_(parameters.noise[0]) {
    validate(parameters);
    const std::size_t n = parameters.exit_count(), count = parameters.count();
    for (std::size_t row = 0; row < count; ++row) {
      readings_[row] = {parameters.low[row], parameters.high[row], parameters.mean[row],
                        1 / parameters.scale[row]};
      for (std::size_t k = 0; k < n; ++k) {
        for (std::size_t i = 0; i < Inputs; ++i)
          rows_[row * pitch + i * stretch + k] = parameters.covariance[row * count + k * Inputs + i];
        rows_[row * pitch + Inputs * stretch + k] = parameters.target_covariance[row * n + k];
      }
    }
    for (std::size_t i = 0; i < Inputs; ++i) logit_[i] = parameters.logit[i] == 1.f;
    confidence_is_worth_ = parameters.predicted() == Target::confidence;
  }

  [[nodiscard]] const float* row(std::size_t input) const noexcept { return rows_.data() + input * pitch; }
  [[nodiscard]] const Reading& reading(std::size_t input) const noexcept { return readings_[input]; }
  [[nodiscard]] const std::array<float, most_exits<N>>& means() const noexcept { return means_; }
  [[nodiscard]] float noise() const noexcept { return noise_; }
  [[nodiscard]] bool logit(std::size_t kind) const noexcept { return logit_[kind]; }
  [[nodiscard]] bool confidence_is_worth() const noexcept { return confidence_is_worth_; }

 private:
  AlignedVector<float> rows_;  ///< [N * Inputs][Inputs + 1][stretch]
  std::array<Reading, most_exits<N> * Inputs> readings_{};
  std::array<float, most_exits<N>> means_;
  std::array<bool, Inputs> logit_{};
  float noise_;
  bool confidence_is_worth_ = false;
};

/// Conditions the joint distribution on the inputs of the exits observed, one after the other, by building a
/// Cholesky factor row by row: when an input is observed, its row is updated by subtracting what the earlier
/// inputs explain. The remaining variance is kept at or above `noise`, so that rounding never makes it
/// negative, whichever exits are skipped.
///
/// The first input is the confidence, clamped to [0, 1], NaN to 0. Others may be NaN, which means unknown.
/// Entries of `confidences()` before the newest exit observed are meaningless.
/// @tparam Inputs number of inputs per exit
template <std::size_t N, std::size_t Inputs = 1, class Arch = simd::default_arch>
class GaussianPredictor {
 public:
  using Parameters = GaussianParameters<N, Inputs>;
  using Weights = GaussianWeights<N, Inputs>;
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = Inputs;
  static constexpr bool takes_unknown = true;

  [[nodiscard]] std::size_t exit_count() const noexcept { return weights_->exit_count(); }

  /// @throws std::invalid_argument if `weights` is null
  explicit GaussianPredictor(std::shared_ptr<const Weights> weights) : weights_(std::move(weights)) {
    if (weights_ == nullptr)
      detail::refuse("GaussianPredictor", "weights", "null", "the weights of a predictor");
    reset();
  }
  /// @throws std::invalid_argument as `validate(parameters)`
  explicit GaussianPredictor(const Parameters& parameters)
      : GaussianPredictor(std::make_shared<const Weights>(parameters)) {}

  void reset() noexcept {
    told_.fill(0.f);
    confidences_ = weights_->means();
    std::ranges::copy(confidences_, expected_.begin());
    seen_ = 0;
    next_ = 0;
  }

  /// @pre exit < exit_count(), later than all exits observed since reset()
  void observe(std::size_t exit, std::span<const float, Inputs> seen) noexcept {
    EINET_ASSERT(exit < exit_count() && exit >= next_);
    const std::size_t n = exit_count();
    next_ = exit + 1;
    for (std::size_t i = 0; i < Inputs; ++i) {
      if (i > 0 && is_nan(seen[i])) continue;
      const float value = i == 0 ? as_probability(seen[0]) : seen[i];
      const auto& reading = weights_->reading(exit * Inputs + i);
      const float read = weights_->logit(i) ? detail::bounded_logit(value) : value;
      const float bounded = read > reading.low ? (read < reading.high ? read : reading.high) : reading.low;
      condition(exit, i, (bounded - reading.mean) * reading.inverse_scale);
    }
    for (std::size_t k = exit - exit % step; k < n; k += step)
      simd::probabilities(Lanes::load_aligned(&expected_[k])).store_aligned(&clamped_[k]);
    std::copy_n(clamped_.begin(), most_exits<N>, confidences_.begin());
    if (weights_->confidence_is_worth()) confidences_[exit] = as_probability(seen[0]);
  }

  [[nodiscard]] const std::array<float, most_exits<N>>& confidences() const noexcept { return confidences_; }

  [[nodiscard]] const std::shared_ptr<const Weights>& weights() const noexcept { return weights_; }

 private:
  using Lanes = simd::Lanes<float, Arch>;
  static constexpr std::size_t step = Lanes::size;
  static constexpr std::size_t stretch = Weights::stretch;
  static constexpr std::size_t pitch = Weights::pitch;
  static constexpr std::size_t capacity = detail::padded(most_exits<N> * Inputs);
  static_assert(stretch % step == 0);

  /// Conditions on the standardised `value` of input i of `exit`.
  void condition(std::size_t exit, std::size_t i, float value) noexcept {
    const float* start = weights_->row(exit * Inputs + i);
    const std::size_t column = i * stretch + exit;
    alignas(buffer_alignment) std::array<float, capacity> share;
    const std::size_t whole = detail::round_up(seen_, step);
    for (std::size_t o = 0; o < seen_; ++o) share[o] = rows_[o * pitch + column];
    for (std::size_t o = seen_; o < whole; ++o) share[o] = 0;
    Lanes known(0.f), expected(0.f);
    for (std::size_t o = 0; o < whole; o += step) {
      const Lanes part = Lanes::load_aligned(&share[o]);
      known = simd::fma(part, part, known);
      expected = simd::fma(part, Lanes::load_aligned(&told_[o]), expected);
    }
    const float variance = start[column] - simd::sum(known);
    const float scale = 1 / std::sqrt(variance > weights_->noise() ? variance : weights_->noise());
    const float news = (value - simd::sum(expected)) * scale;

    const std::size_t first = exit - exit % step, n = exit_count();
    for (std::size_t which = 0; which <= Inputs; ++which) {
      const bool target = which == Inputs;
      std::size_t at = which * stretch + first;
      const std::size_t end = which * stretch + n;
      for (; at + 2 * step < end; at += 3 * step) add_row<3>(start, at, share.data(), scale, news, target);
      if (at + step < end)
        add_row<2>(start, at, share.data(), scale, news, target);
      else if (at < end)
        add_row<1>(start, at, share.data(), scale, news, target);
    }
    told_[seen_++] = news;
  }

  /// Computes `Count` registers of the newest row from column `at` on: what earlier rows do not explain,
  /// divided by the standard deviation of the news. For targets, also updates their means by the news.
  template <std::size_t Count>
  void add_row(const float* start, std::size_t at, const float* share, float scale, float news,
               bool target) noexcept {
    Lanes rest[Count];
    for (std::size_t u = 0; u < Count; ++u) rest[u] = Lanes::load_aligned(start + at + u * step);
    for (std::size_t o = 0; o < seen_; ++o) {
      const Lanes factor(share[o]);
      for (std::size_t u = 0; u < Count; ++u)
        rest[u] = simd::fnma(factor, Lanes::load_aligned(&rows_[o * pitch + at + u * step]), rest[u]);
    }
    for (std::size_t u = 0; u < Count; ++u) {
      rest[u] = rest[u] * Lanes(scale);
      rest[u].store_aligned(&rows_[seen_ * pitch + at + u * step]);
      if (!target) continue;
      float* mean = &expected_[at + u * step - Inputs * stretch];
      simd::fma(Lanes(news), rest[u], Lanes::load_aligned(mean)).store_aligned(mean);
    }
  }

  std::shared_ptr<const Weights> weights_;
  alignas(buffer_alignment)
      std::array<float, most_exits<N> * Inputs * pitch> rows_{};     ///< of the inputs observed
  alignas(buffer_alignment) std::array<float, capacity> told_{};     ///< their news, standardised
  alignas(buffer_alignment) std::array<float, stretch> expected_{};  ///< the targets' means
  alignas(buffer_alignment) std::array<float, stretch> clamped_{};
  std::array<float, most_exits<N>> confidences_{};
  std::size_t seen_ = 0;  ///< number of inputs observed
  std::size_t next_ = 0;  ///< first exit that may be observed
};

}  // namespace einet
