#pragma once
// Trains the CS-Predictor on a whole confidence profile. Paper, section IV-C.

#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/fit.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

namespace einet {

/// @throws std::invalid_argument as `validate(profile)`, or as the training on samples
template <std::size_t H, std::size_t N, class Progress = NoProgress, task_executor Executor = Serial,
          class Arch = simd::default_arch>
requires std::is_invocable_r_v<bool, Progress&, std::size_t, double, double>
[[nodiscard]] CsFit<N, H> train_cs_predictor(const ConfidenceProfile<N>& profile,
                                             const CsTrainerOptions& options = {}, Progress&& progress = {},
                                             const Executor& run = {}) {
  return detail::fit_to(profile, [&](const auto& on) {
    return train_cs_predictor<H, N, Progress, Executor, Arch>(on, options, std::forward<Progress>(progress),
                                                              run);
  });
}

}  // namespace einet
