#pragma once
// The CS-Predictor's training set (paper, IV-C1 and Fig. 5): every sample as it looks after each of its
// exits, a share of them with random exits before that skipped.

#include <einet/base/random_bits.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/predict/fitting_samples.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace einet::detail {

/// What the network is given and should answer.
template <std::size_t N>
struct CsPrefix {
  std::array<float, N> inputs{};   ///< carried where skipped, 0 for exits to come
  std::array<float, N> targets{};  ///< of all exits
  std::size_t first = N;           ///< exit whose output counts, and all after it
};

/// The samples, divided at random into those held back and those trained on.
template <std::size_t N>
class CsPrefixes {
 public:
  /// @pre samples are valid for options.target, and at least 2
  CsPrefixes(const FittingSamples<N>& samples, const CsTrainerOptions& options)
      : samples_(samples),
        options_(options),
        order_(random_order(samples.count(), random_bits(options.seed, 0))) {
    const auto wanted =
        static_cast<std::size_t>(double{options.validation_share} * static_cast<double>(samples.count()));
    held_back_ = std::clamp(wanted, std::size_t{1}, samples.count() - 1);
  }

  /// Confidences are predicted of exits to come; correctness of the newest, too, even the last.
  [[nodiscard]] std::size_t per_sample() const noexcept {
    return options_.target == Target::confidence ? N - 1 : N;
  }
  [[nodiscard]] std::size_t to_train() const noexcept {
    return (samples_.count() - held_back_) * per_sample();
  }
  [[nodiscard]] std::size_t to_validate() const noexcept { return held_back_ * per_sample(); }

  /// @param masks seed of what is skipped
  [[nodiscard]] CsPrefix<N> training(std::size_t index, std::uint64_t masks) const noexcept {
    return prefix(held_back_ + index / per_sample(), index % per_sample(), random_bits(masks, index));
  }
  /// Skips the same every time.
  [[nodiscard]] CsPrefix<N> validation(std::size_t index) const noexcept {
    return prefix(index / per_sample(), index % per_sample(),
                  random_bits(random_bits(options_.seed, 1), index));
  }

 private:
  /// After `exit` was run.
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
    for (std::size_t k = 0; k < N; ++k)
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
