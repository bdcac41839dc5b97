#pragma once
// The CS-Predictor's training set (paper, IV-C1 and Fig. 5): every sample as known after each of its exits;
// in a share of them, random earlier exits are skipped.

#include <einet/base/random_bits.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace einet::detail {

/// The inputs of the predictor, and what it should predict.
template <std::size_t N>
struct CsPrefix {
  std::array<float, most_exits<N>> inputs{};   ///< carried where skipped, 0 for exits to come
  std::array<float, most_exits<N>> targets{};  ///< of all exits
  std::size_t first = most_exits<N>;           ///< the first exit whose output counts
};

/// The samples, split at random into those held back and those trained on.
template <std::size_t N>
class CsPrefixes {
 public:
  /// @pre samples are valid for options.target, and there are at least 2
  CsPrefixes(const FittingSamples<N>& samples, const CsTrainerOptions& options)
      : samples_(samples),
        options_(options),
        order_(random_order(samples.count(), random_bits(options.seed, 0))) {
    const auto wanted =
        static_cast<std::size_t>(double{options.validation_share} * static_cast<double>(samples.count()));
    held_back_ = std::clamp(wanted, std::size_t{1}, samples.count() - 1);
  }

  /// Confidence is predicted for exits to come only, correctness also for the newest, even if it is the last.
  [[nodiscard]] std::size_t per_sample() const noexcept {
    return options_.target == Target::confidence ? samples_.exit_count() - 1 : samples_.exit_count();
  }
  [[nodiscard]] std::size_t to_train() const noexcept {
    return (samples_.count() - held_back_) * per_sample();
  }
  [[nodiscard]] std::size_t to_validate() const noexcept { return held_back_ * per_sample(); }

  /// @param masks seed of the skipped exits
  [[nodiscard]] CsPrefix<N> training(std::size_t index, std::uint64_t masks) const noexcept {
    return prefix(held_back_ + index / per_sample(), index % per_sample(), random_bits(masks, index));
  }
  /// Skips the same exits every time.
  [[nodiscard]] CsPrefix<N> validation(std::size_t index) const noexcept {
    return prefix(index / per_sample(), index % per_sample(),
                  random_bits(random_bits(options_.seed, 1), index));
  }

 private:
  /// The sample at place `at`, after `exit` was run.
  [[nodiscard]] CsPrefix<N> prefix(std::size_t at, std::size_t exit, std::uint64_t seed) const noexcept {
    const std::size_t sample = order_[at];
    const bool skips = random_uniform(seed, 0) < options_.skip_share;
    const float run = random_uniform(seed, 1);
    CsPrefix<N> prefix;
    float carried = options_.initial;
    for (std::size_t k = 0; k <= exit; ++k) {
      if (!skips || k == exit || random_uniform(seed, 2 + k) < run) carried = samples_.confidence(sample, k);
      prefix.inputs[k] = carried;
    }
    for (std::size_t k = 0; k < samples_.exit_count(); ++k)
      prefix.targets[k] = static_cast<float>(samples_.wanted(options_.target, sample, k));
    prefix.first = options_.target == Target::confidence ? exit + 1 : exit;
    return prefix;
  }

  FittingSamples<N> samples_;
  CsTrainerOptions options_;
  std::vector<std::size_t> order_;  ///< the first held_back_ validate, the rest train
  std::size_t held_back_ = 0;
};

}  // namespace einet::detail
