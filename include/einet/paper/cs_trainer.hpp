#pragma once
// Trains the CS-Predictor on a profile's outputs: paper, IV-C1 (training set), IV-C3 (loss) and VI-A
// (stochastic gradient descent with momentum, dropout, gradient clipping).

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/random_bits.hpp>
#include <einet/paper/clipped_sgd.hpp>
#include <einet/paper/cs_gradient.hpp>
#include <einet/paper/cs_prefixes.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/executor.hpp>
#include <einet/predict/fitting_samples.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet {

/// Mean squared errors over all outputs that count.
struct CsEpoch {
  double training;    ///< with dropout, while the weights changed
  double validation;  ///< on samples held back, without dropout
};

/// What training returns.
template <std::size_t N, std::size_t H>
struct CsFit {
  CsParameters<N, H> parameters;  ///< those of the epoch with the best validation error
  std::vector<CsEpoch> history;   ///< one entry per epoch; empty if there is nothing to predict
  std::size_t best_epoch = 0;     ///< index into history
};

/// The default progress callback: never ends training.
struct NoProgress {
  constexpr bool operator()(std::size_t, double, double) const noexcept { return true; }
};

namespace detail {

template <std::size_t N, std::size_t H, class Arch, task_executor Executor>
class CsTrainer {
 public:
  CsTrainer(const FittingSamples<N>& samples, const CsTrainerOptions& options, const Executor& run)
      : samples_(samples),
        options_(options),
        prefixes_(samples, options),
        net_(options.batch, run, samples.counted),
        descent_(net_.values().size(), options.momentum, options.clip_norm, run) {}

  template <class Progress>
  CsFit<N, H> train(Progress&& progress) {
    CsFit<N, H> fit{CsParameters<N, H>(samples_.counted), {}, 0};
    fit.parameters = first_guess();
    net_.load(fit.parameters);
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t epoch = 0; epoch < options_.epochs && prefixes_.to_train() > 0; ++epoch) {
      const double training = train_once(epoch);
      const double validation = validate();
      if (!is_finite(training) || !is_finite(validation))
        EINET_THROW(std::runtime_error("CS-Predictor training diverged in epoch " + number(epoch) +
                                       ": try a learning_rate below " + number(options_.learning_rate)));
      fit.history.push_back({training, validation});
      if (validation < best) {
        best = validation;
        fit.best_epoch = epoch;
        net_.store(fit.parameters);
      }
      if (!progress(epoch, training, validation) || epoch - fit.best_epoch >= options_.patience) break;
    }
    return fit;
  }

 private:
  /// Draws weights after He et al. for layers followed by ReLU; outputs start at the means.
  CsParameters<N, H> first_guess() const {
    CsParameters<N, H> guess(samples_.counted);
    const auto draw = [&](std::vector<float>& weights, std::size_t inputs, std::uint64_t layer) {
      const float bound = std::sqrt(6.f / static_cast<float>(inputs));
      const std::uint64_t seed = random_bits(options_.seed, layer);
      for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = bound * (2 * random_uniform(seed, i) - 1);
    };
    draw(guess.layer1_weight, samples_.exit_count(), 2);
    draw(guess.layer2_weight, H, 3);
    draw(guess.layer3_weight, H * 6, 4);
    guess.means = target_means(samples_, options_.target);
    std::copy_n(guess.means.begin(), samples_.exit_count(), guess.layer3_bias.begin());
    guess.initial[0] = options_.initial;
    guess.target[0] = options_.target == Target::correctness ? 1.f : 0.f;
    return guess;
  }

  [[nodiscard]] float learning_rate(std::size_t epoch) const noexcept {
    if (options_.epochs == 1) return options_.learning_rate;
    const double turn =
        std::numbers::pi * static_cast<double>(epoch) / static_cast<double>(options_.epochs - 1);
    const double share = 0.5 * (1 + std::cos(turn));
    return static_cast<float>(options_.final_learning_rate +
                              share * (double{options_.learning_rate} - options_.final_learning_rate));
  }

  /// Fills a batch with `prefix(at + row)`.
  /// @return the number of outputs that count
  template <class Prefix>
  std::size_t fill(std::size_t rows, Prefix prefix) noexcept {
    std::size_t outputs = 0;
    net_.clear();
    for (std::size_t r = 0; r < rows; ++r) {
      const CsPrefix<N> known = prefix(r);
      net_.set_row(r, known.inputs, known.targets, known.first);
      outputs += samples_.exit_count() - known.first;
    }
    return outputs;
  }

  double train_once(std::size_t epoch) {
    const std::uint64_t seed = random_bits(random_bits(options_.seed, 5), epoch);
    const std::vector<std::size_t> order = random_order(prefixes_.to_train(), random_bits(seed, 0));
    const std::uint64_t masks = random_bits(seed, 1), units = random_bits(seed, 2);
    double sum = 0, outputs = 0;
    for (std::size_t at = 0; at < order.size(); at += options_.batch) {
      const std::size_t rows = (std::min)(options_.batch, order.size() - at);
      outputs += static_cast<double>(
          fill(rows, [&](std::size_t r) { return prefixes_.training(order[at + r], masks); }));
      sum += net_.forward(options_.dropout, random_bits(units, at));
      net_.backward(options_.dropout, 1.f / static_cast<float>(rows));
      descent_.step(net_.values(), net_.slopes(), learning_rate(epoch));
    }
    return sum / outputs;
  }

  double validate() noexcept {
    double sum = 0, outputs = 0;
    for (std::size_t at = 0; at < prefixes_.to_validate(); at += options_.batch) {
      const std::size_t rows = (std::min)(options_.batch, prefixes_.to_validate() - at);
      outputs += static_cast<double>(fill(rows, [&](std::size_t r) { return prefixes_.validation(at + r); }));
      sum += net_.forward(0.f, 0);
    }
    return sum / outputs;
  }

  FittingSamples<N> samples_;
  CsTrainerOptions options_;
  CsPrefixes<N> prefixes_;
  CsGradient<N, H, Arch, Executor> net_;
  ClippedSgd<Executor> descent_;
};

}  // namespace detail

/// Trains a CS-Predictor by Eq. 3 on every prefix of every sample (Fig. 5), a share of them with random
/// skips. A skipped exit carries the confidence of the nearest earlier one, as in a run. For
/// Target::correctness, the outputs are the probabilities that the exits' outputs are right, and that of the
/// newest exit counts, too.
/// @tparam H width of both hidden layers
/// @param samples at least 2
/// @param progress called after every epoch as `bool(std::size_t epoch, double training, double validation)`
///   with the errors of CsEpoch; false ends training, and the best weights so far are returned
/// @param run distributes the work; the weights are the same to the last bit with any executor
/// @throws std::invalid_argument naming the option, or as `validate(samples, options.target)`
/// @throws std::runtime_error if the weights grow without bound
template <std::size_t H, std::size_t N, class Progress = NoProgress, task_executor Executor = Serial,
          class Arch = simd::default_arch>
requires std::is_invocable_r_v<bool, Progress&, std::size_t, double, double>
[[nodiscard]] CsFit<N, H> train_cs_predictor(const FittingSamples<N>& samples,
                                             const CsTrainerOptions& options = {}, Progress&& progress = {},
                                             const Executor& run = {}) {
  validate(options);
  validate(samples, options.target);
  detail::expect(samples.count() >= 2, "fitting samples", "count", samples.count(),
                 "at least 2 to train a CS-Predictor, as one of them is held back");
  return detail::CsTrainer<N, H, Arch, Executor>(samples, options, run)
      .train(std::forward<Progress>(progress));
}

/// The same for Target::confidence, from the confidences alone.
/// @param samples confidences of all exits
template <std::size_t H, std::size_t N, class Progress = NoProgress, task_executor Executor = Serial,
          class Arch = simd::default_arch>
requires std::is_invocable_r_v<bool, Progress&, std::size_t, double, double>
[[nodiscard]] CsFit<N, H> train_cs_predictor(std::span<const std::array<float, N>> samples,
                                             const CsTrainerOptions& options = {}, Progress&& progress = {},
                                             const Executor& run = {}) {
  std::vector<typename FittingSamples<N>::Row> inputs(samples.size());
  for (std::size_t s = 0; s < samples.size(); ++s)
    for (std::size_t k = 0; k < N; ++k) inputs[s][k][0] = samples[s][k];
  return train_cs_predictor<H, N, Progress, Executor, Arch>(FittingSamples<N>{inputs}, options,
                                                            std::forward<Progress>(progress), run);
}

}  // namespace einet
