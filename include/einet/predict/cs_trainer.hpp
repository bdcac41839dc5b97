#pragma once
// Fits the CS-Predictor to the confidences of a profile: paper, IV-C1 (training set), IV-C3 (loss) and VI-A
// (stochastic gradient descent with momentum, dropout, gradient clipping).

#include <einet/predict/cs_gradient.hpp>
#include <einet/predict/cs_weights.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace einet {

/// How a CS-Predictor is trained.
struct CsTrainerOptions {
  std::size_t epochs = 20;      ///< at most; one sees every prefix of every sample once
  std::size_t batch = 64;       ///< prefixes in a mini-batch
  float learning_rate = 0.05f;  ///< of the first epoch; narrow or unstable networks may want a lower one
  float final_learning_rate = 5e-4f;  ///< of the last epoch, reached along a half cosine
  float momentum = 0.9f;              ///< in [0, 1)
  float dropout = 0.02f;              ///< in [0, 1), after both hidden layers; much costs precision
  float clip_norm = 1.f;              ///< longest gradient of a mini-batch, > 0
  float skip_share = 0.5f;            ///< in [0, 1]: how many of the prefixes have exits skipped at random
  float validation_share = 0.1f;      ///< in (0, 1): how many of the samples tell when to stop
  std::size_t patience = 10;          ///< epochs without a better validation error after which training stops
  float initial = 0.f;                ///< in [0, 1]: stands for exits skipped before the first that was run
  std::uint64_t seed = 1;             ///< the same seed, samples and options give the same weights
};

/// @throws std::invalid_argument naming the field and its value
inline void validate(const CsTrainerOptions& options) {
  const auto demand = [](bool sound, const char* field, double value, const char* expected) {
    if (!sound)
      throw std::invalid_argument("CsTrainerOptions: " + std::string(field) + " is " + std::to_string(value) +
                                  ", expected " + expected);
  };
  const auto positive = [&](const char* field, float value) {
    demand(std::isfinite(value) && value > 0.f, field, value, "a finite number > 0");
  };
  const auto share = [&](const char* field, float value) {
    demand(value >= 0.f && value < 1.f, field, value, "a number in [0, 1)");
  };
  demand(options.epochs >= 1, "epochs", 0, "at least 1");
  demand(options.batch >= 1 && options.batch <= 65536, "batch", static_cast<double>(options.batch),
         "1 to 65536");
  positive("learning_rate", options.learning_rate);
  positive("final_learning_rate", options.final_learning_rate);
  share("momentum", options.momentum);
  share("dropout", options.dropout);
  positive("clip_norm", options.clip_norm);
  demand(options.skip_share >= 0.f && options.skip_share <= 1.f, "skip_share", options.skip_share,
         "a number in [0, 1]");
  demand(options.validation_share > 0.f && options.validation_share < 1.f, "validation_share",
         options.validation_share, "a number in (0, 1)");
  demand(options.patience >= 1, "patience", 0, "at least 1");
  demand(options.initial >= 0.f && options.initial <= 1.f, "initial", options.initial, "a number in [0, 1]");
}

/// Mean squared errors of the confidences of exits to come.
struct CsEpoch {
  double training;    ///< with dropout, as the weights changed
  double validation;  ///< on samples held back, without dropout
};

/// What training returns.
template <std::size_t N, std::size_t H>
struct CsFit {
  CsParameters<N, H> parameters;  ///< those of the epoch with the best validation error
  std::vector<CsEpoch> history;   ///< one entry an epoch; empty when N = 1, where nothing is to be predicted
  std::size_t best_epoch = 0;     ///< index into history
};

namespace detail {

template <std::size_t N, std::size_t H, class Arch>
class CsTrainer {
 public:
  using Sample = std::array<float, N>;

  CsTrainer(std::span<const Sample> samples, const CsTrainerOptions& options)
      : samples_(samples),
        options_(options),
        random_(options.seed),
        order_(samples.size()),
        net_(options.batch) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    shuffle(order_);
    const auto wanted =
        static_cast<std::size_t>(double{options.validation_share} * static_cast<double>(samples.size()));
    held_back_ = (std::min)((std::max)(wanted, std::size_t{1}), samples.size() - 1);
  }

  template <class Progress>
  CsFit<N, H> run(Progress&& progress) {
    CsFit<N, H> fit;
    fit.parameters = first_guess();
    if constexpr (N > 1) {
      net_.load(fit.parameters);
      velocity_.assign(net_.values().size(), 0.f);
      double best = std::numeric_limits<double>::infinity();
      for (std::size_t epoch = 0; epoch < options_.epochs; ++epoch) {
        const double training = pass(held_back_, samples_.size(), &random_, learning_rate(epoch));
        const double validation = pass(0, held_back_, nullptr, 0);
        if (!std::isfinite(training) || !std::isfinite(validation))
          throw std::runtime_error("CS-Predictor training diverged in epoch " + std::to_string(epoch) +
                                   ": try a learning_rate below " + std::to_string(options_.learning_rate));
        fit.history.push_back({training, validation});
        if (validation < best) {
          best = validation;
          fit.best_epoch = epoch;
          net_.store(fit.parameters);
        }
        if (!progress(epoch, training, validation) || epoch - fit.best_epoch >= options_.patience) break;
      }
    }
    return fit;
  }

 private:
  void shuffle(std::vector<std::size_t>& items) noexcept {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random_.below(i)]);
  }

  /// Weights drawn after He et al. for layers followed by ReLU; the outputs start at the means.
  CsParameters<N, H> first_guess() {
    CsParameters<N, H> guess;
    const auto draw = [&](std::vector<float>& weights, std::size_t inputs) {
      const double bound = std::sqrt(6.0 / static_cast<double>(inputs));
      for (float& w : weights) w = static_cast<float>(bound * (2 * random_.uniform() - 1));
    };
    draw(guess.layer1_weight, N);
    draw(guess.layer2_weight, H);
    draw(guess.layer3_weight, H * 6);
    std::array<double, N> sums{};
    for (const Sample& sample : samples_)
      for (std::size_t k = 0; k < N; ++k) sums[k] += sample[k];
    for (std::size_t k = 0; k < N; ++k)
      guess.layer3_bias[k] = guess.means[k] =
          (std::min)(1.f, static_cast<float>(sums[k] / static_cast<double>(samples_.size())));
    guess.initial[0] = options_.initial;
    return guess;
  }

  [[nodiscard]] float learning_rate(std::size_t epoch) const noexcept {
    if (options_.epochs == 1) return options_.learning_rate;
    const double turn =
        3.14159265358979323846 * static_cast<double>(epoch) / static_cast<double>(options_.epochs - 1);
    const double share = 0.5 * (1 + std::cos(turn));
    return static_cast<float>(options_.final_learning_rate +
                              share * (double{options_.learning_rate} - options_.final_learning_rate));
  }

  /// Goes once over the prefixes of the samples order_[first..last): training by `order`, or, when that is
  /// null, only measuring, by the same masks every time.
  double pass(std::size_t first, std::size_t last, SplitMix* training, float rate) {
    const std::size_t pairs = (last - first) * (N - 1);
    SplitMix same(options_.seed ^ 0x5eedu);
    SplitMix& random = training != nullptr ? *training : same;
    if (training != nullptr) {
      pairs_.resize(pairs);
      std::iota(pairs_.begin(), pairs_.end(), std::size_t{0});
      shuffle(pairs_);
    }
    const float dropout = training != nullptr ? options_.dropout : 0.f;
    double sum = 0, predicted = 0;
    for (std::size_t at = 0; at < pairs; at += options_.batch) {
      const std::size_t rows = (std::min)(options_.batch, pairs - at);
      net_.clear();
      for (std::size_t r = 0; r < rows; ++r) {
        const std::size_t pair = training != nullptr ? pairs_[at + r] : at + r;
        const Sample& sample = samples_[order_[first + pair / (N - 1)]];
        const std::size_t exit = pair % (N - 1);
        net_.set_row(r, seen(sample, exit, random), sample, exit + 1);
        predicted += static_cast<double>(N - 1 - exit);
      }
      sum += net_.forward(dropout, random);
      if (training != nullptr) {
        net_.backward(dropout, 1.f / static_cast<float>(rows));
        step(rate);
      }
    }
    return sum / predicted;
  }

  /// What the predictor knows once `exit` was run: Fig. 5, with a share of the exits before it skipped.
  Sample seen(const Sample& sample, std::size_t exit, SplitMix& random) const noexcept {
    const bool skips = random.uniform() < options_.skip_share;
    const double run = skips ? random.uniform() : 1;
    Sample inputs{};
    float carried = options_.initial;
    for (std::size_t k = 0; k < exit; ++k) {
      if (!skips || random.uniform() < run) carried = sample[k];
      inputs[k] = carried;
    }
    inputs[exit] = sample[exit];
    return inputs;
  }

  void step(float rate) noexcept {
    const std::span<float> values = net_.values(), slopes = net_.slopes();
    double square = 0;
    for (const float slope : slopes) square += double{slope} * double{slope};
    const double norm = std::sqrt(square);
    const float shrink = norm > options_.clip_norm ? static_cast<float>(options_.clip_norm / norm) : 1.f;
    for (std::size_t i = 0; i < values.size(); ++i) {
      velocity_[i] = options_.momentum * velocity_[i] + shrink * slopes[i];
      values[i] -= rate * velocity_[i];
    }
  }

  std::span<const Sample> samples_;
  CsTrainerOptions options_;
  SplitMix random_;
  std::vector<std::size_t> order_, pairs_;  ///< order_[0..held_back_) validate, the rest train
  std::size_t held_back_ = 0;
  CsGradient<N, H, Arch> net_;
  AlignedVector<float> velocity_;
};

}  // namespace detail

/// Trains a CS-Predictor: every sample with every observed prefix (Fig. 5), a share of them with random
/// skips, by Eq. 3; serial. A confidence that is skipped carries the nearest earlier one, as it will online.
/// @tparam H width of both hidden layers
/// @param samples confidences of all exits, at least 2 samples
/// @param progress called after every epoch as `bool(std::size_t epoch, double training, double validation)`
///   with the errors of CsEpoch; false ends training, the best weights so far are returned
/// @throws std::invalid_argument naming the option, or the sample and exit whose confidence is not in [0, 1]
/// @throws std::runtime_error should the weights grow without bound
template <std::size_t H, std::size_t N, class Progress, class Arch = xsimd::default_arch>
requires std::is_invocable_r_v<bool, Progress&, std::size_t, double, double>
[[nodiscard]] CsFit<N, H> train_cs_predictor(std::span<const std::array<float, N>> samples,
                                             const CsTrainerOptions& options, Progress&& progress) {
  validate(options);
  if (samples.size() < 2)
    throw std::invalid_argument("CS-Predictor training: " + std::to_string(samples.size()) +
                                " samples given, expected at least 2");
  for (std::size_t s = 0; s < samples.size(); ++s)
    for (std::size_t k = 0; k < N; ++k)
      if (!(samples[s][k] >= 0.f && samples[s][k] <= 1.f))
        throw std::invalid_argument("CS-Predictor training: confidence of sample " + std::to_string(s) +
                                    ", exit " + std::to_string(k) + " is " + std::to_string(samples[s][k]) +
                                    ", expected a number in [0, 1]");
  return detail::CsTrainer<N, H, Arch>(samples, options).run(progress);
}

/// The same without reports.
template <std::size_t H, std::size_t N>
[[nodiscard]] CsFit<N, H> train_cs_predictor(std::span<const std::array<float, N>> samples,
                                             const CsTrainerOptions& options = {}) {
  return train_cs_predictor<H>(samples, options, [](std::size_t, double, double) { return true; });
}

}  // namespace einet
