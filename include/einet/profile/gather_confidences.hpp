#pragma once
// Gathers a confidence profile: runs every exit of a network on a data set. Paper, section IV-B2.

#include <einet/base/expect.hpp>
#include <einet/plan/exits.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/block.hpp>
#include <einet/run/stop.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <type_traits>
#include <utility>

namespace einet {

namespace detail {

/// The default progress callback: none.
struct Unwatched {
  constexpr void operator()(std::size_t) const noexcept {}
};

/// A class, as stored in a profile.
/// @throws std::invalid_argument naming `field` if it exceeds 32 bits
template <class Class>
std::int32_t checked_class(const Class& value, const Field& field) {
  if constexpr (std::integral<Class> && !std::same_as<Class, bool>) {
    const bool fits = value >= 0 ? static_cast<std::uintmax_t>(value) <= INT32_MAX
                                 : static_cast<std::intmax_t>(value) >= INT32_MIN;
    expect(fits, "confidence profile", field, value, "a class of 32 bits");
  }
  return static_cast<std::int32_t>(value);
}

}  // namespace detail

/// Runs all blocks on every sample and records confidence and class of every exit. Confidences that rounding
/// has put outside [0, 1] are clamped; other invalid numbers throw at once.
/// @param load load(features, sample) fills the features with a sample
/// @param label label(sample) is its true class
/// @param progress progress(done) is called after every sample
/// @throws std::invalid_argument unless the network has N blocks (1 to C, if N is up_to(C)), or naming sample
/// and exit of the first confidence that is not a probability, or class beyond 32 bits
template <std::size_t N, class Network, class Features, class Load, class Label,
          class Progress = detail::Unwatched>
requires elastic_network<std::remove_reference_t<Network>>
[[nodiscard]] ConfidenceProfile<N> gather_confidences(Network&& blocks, Features& features,
                                                      std::size_t samples, Load&& load, Label&& label,
                                                      Progress&& progress = {}) {
  const std::size_t exits = block_count(blocks);
  detail::expect_blocks<N>("gather_confidences", exits, "as many as the confidence profile has exits: ");
  ConfidenceProfile<N> profile;
  profile.counted = exits;
  profile.confidence.resize(samples);
  profile.predicted.resize(samples);
  profile.label.resize(samples);
  for (std::size_t s = 0; s < samples; ++s) {
    load(features, s);
    profile.label[s] = detail::checked_class(label(s), {"label", s});
    for (std::size_t k = 0; k < exits; ++k)
      detail::visit_block(blocks, k, [&](auto& block) {
        detail::advance(block, features, never_stop{});
        const auto output = detail::classify(block, features);
        profile.confidence[s][k] = detail::checked_confidence(static_cast<float>(confidence(output)), s, k);
        profile.predicted[s][k] = detail::checked_class(output.label, {"predicted", s, k});
      });
    progress(s + 1);
  }
  return profile;
}

/// The same for samples that are features already: the blocks run on a copy of each.
/// @param samples a vector, array or span of features
/// @param labels as many true classes
/// @throws std::invalid_argument as above, or if their lengths differ
template <std::size_t N, class Network, std::ranges::random_access_range Samples,
          std::ranges::random_access_range Labels, class Progress = detail::Unwatched>
requires elastic_network<std::remove_reference_t<Network>> && std::ranges::sized_range<Samples> &&
    std::ranges::sized_range<Labels>
[[nodiscard]] ConfidenceProfile<N> gather_confidences(Network&& blocks, const Samples& samples,
                                                      const Labels& labels, Progress&& progress = {}) {
  const std::size_t count = std::ranges::size(samples);
  detail::expect(std::ranges::size(labels) == count, "gather_confidences", "labels.size()",
                 std::ranges::size(labels), "as many as samples: " + detail::number(count));
  if (count == 0) {
    ConfidenceProfile<N> none;
    none.counted = block_count(blocks);
    return none;
  }
  const auto at = [](const auto& range, std::size_t index) -> decltype(auto) {
    return std::ranges::begin(range)[static_cast<std::ptrdiff_t>(index)];
  };
  std::ranges::range_value_t<Samples> features = at(samples, 0);
  using Features = decltype(features);
  return gather_confidences<N>(
      blocks, features, count, [&](Features& on, std::size_t sample) { on = at(samples, sample); },
      [&](std::size_t sample) { return at(labels, sample); }, std::forward<Progress>(progress));
}

}  // namespace einet
