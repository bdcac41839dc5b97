#pragma once
// Gathering a confidence profile: every exit of a network over a data set. Paper, section IV-B2.

#include <einet/profile/confidence_profile.hpp>
#include <einet/run/block.hpp>
#include <einet/run/observation.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace einet {

/// Runs all blocks on every sample and keeps confidence and class of every exit, and margin and entropy if
/// the outputs have a `shape(output)`.
/// @param load load(features, sample) puts a sample in
/// @param label label(sample) is its true class
/// @param progress progress(done) is called after every sample
/// @throws std::invalid_argument if the network has not N blocks, or one yields a confidence outside [0, 1]
template <std::size_t N, network Network, class Features, class Load, class Label, class Progress>
[[nodiscard]] ConfidenceProfile<N> gather_confidences(const Network& blocks, Features& features,
                                                      std::size_t samples, Load&& load, Label&& label,
                                                      Progress&& progress) {
  if (block_count(blocks) != N)
    throw std::invalid_argument("gather_confidences: the network has " + std::to_string(block_count(blocks)) +
                                " blocks, the confidence profile " + std::to_string(N));
  ConfidenceProfile<N> profile;
  profile.confidence.resize(samples);
  profile.predicted.resize(samples);
  profile.label.resize(samples);
  for (std::size_t s = 0; s < samples; ++s) {
    load(features, s);
    profile.label[s] = static_cast<std::int32_t>(label(s));
    for (std::size_t k = 0; k < N; ++k)
      detail::visit_block(blocks, k, [&](const auto& part) {
        detail::advance(part, features, never_stop{});
        const auto output = detail::classify(part, features);
        profile.confidence[s][k] = static_cast<float>(confidence(output));
        profile.predicted[s][k] = static_cast<std::int32_t>(output.label);
        if constexpr (shaped<std::remove_const_t<decltype(output)>>) {
          profile.shape.resize(samples);
          profile.shape[s][k] = shape(output);
        }
      });
    progress(s + 1);
  }
  validate(profile);
  return profile;
}

}  // namespace einet
