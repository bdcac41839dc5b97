#pragma once
// How a CS-Predictor is trained, and which settings are valid.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/predict/fitting_samples.hpp>

#include <cstddef>
#include <cstdint>

namespace einet {

/// How a CS-Predictor is trained.
struct CsTrainerOptions {
  Target target = Target::confidence;  ///< what is predicted: confidence as in the paper, or correctness
  std::size_t epochs = 20;             ///< at most; each uses every prefix of every sample once
  std::size_t batch = 128;             ///< prefixes in a mini-batch
  float learning_rate = 0.1f;  ///< of the first epoch; narrow or unstable networks may need a lower one
  float final_learning_rate = 5e-4f;  ///< of the last epoch, reached along a half cosine
  float momentum = 0.9f;              ///< in [0, 1)
  float dropout = 0.02f;              ///< in [0, 1), after both hidden layers; a high one costs precision
  float clip_norm = 1.f;              ///< largest norm of a mini-batch's gradient, > 0
  float skip_share = 0.5f;        ///< in [0, 1]: share of the prefixes in which exits are skipped at random
  float validation_share = 0.1f;  ///< in (0, 1): share of the samples that decides when training ends
  std::size_t patience = 10;      ///< epochs without a better validation error after which training ends
  float initial = 0.f;            ///< in [0, 1]: confidence of exits skipped before the first that was run
  std::uint64_t seed = 1;         ///< the same seed, samples and options give the same weights
};

/// @throws std::invalid_argument naming the field and its value
inline void validate(const CsTrainerOptions& options) {
  const auto demand = [](bool sound, const char* field, auto value, const char* wanted) {
    detail::expect(sound, "CsTrainerOptions", field, value, wanted);
  };
  const auto positive = [&](const char* field, float value) {
    demand(is_finite(value) && value > 0.f, field, value, "a finite number > 0");
  };
  const auto share = [&](const char* field, float value) {
    demand(is_finite(value) && value >= 0.f && value < 1.f, field, value, "a number in [0, 1)");
  };
  const auto probability = [&](const char* field, float value) {
    demand(is_probability(value), field, value, "a probability in [0, 1]");
  };
  demand(options.epochs >= 1, "epochs", options.epochs, "at least 1");
  demand(options.batch >= 1 && options.batch <= 65536, "batch", options.batch, "1 to 65536");
  positive("learning_rate", options.learning_rate);
  positive("final_learning_rate", options.final_learning_rate);
  share("momentum", options.momentum);
  share("dropout", options.dropout);
  positive("clip_norm", options.clip_norm);
  probability("skip_share", options.skip_share);
  const float held_back = options.validation_share;
  demand(is_finite(held_back) && held_back > 0.f && held_back < 1.f, "validation_share", held_back,
         "a number in (0, 1)");
  demand(options.patience >= 1, "patience", options.patience, "at least 1");
  probability("initial", options.initial);
}

}  // namespace einet
