#pragma once
// What a search decides on: the state of a sample at the moment of planning.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/time_profile.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace einet {

/// Which exits from `first` on should run? Asked in mid-run or (first = 0, elapsed = 0) before the start.
/// Conv parts before `first` have been run, those from `first` on have not. Worths are probabilities; code
/// that reads a problem applies `as_probability` to them. Times are those of a profile that `validate`
/// accepts, `elapsed` is finite and >= 0.
template <std::size_t N>
struct Problem {
  static constexpr std::size_t exits = N;

  TimeProfile<N> times;  ///< seconds
  std::array<float, most_exits<N>>
      confidences{};      ///< [N] worth of each exit's output; those before `first` are ignored
  float in_hand = 0;      ///< worth of the answer in hand; 0 if there is none
  std::size_t first = 0;  ///< first exit that can still be run, 0…N
  double elapsed = 0;     ///< seconds since the inference began
  /// What a second of the device's time costs, in worth; 0: time is free. Finite and >= 0. A plan is charged
  /// for the time from `elapsed` until its last output is ready, as if no stop came before.
  double price = 0;

  [[nodiscard]] constexpr std::size_t exit_count() const noexcept { return times.exit_count(); }

  /// Seconds of all conv parts and branches that can still be run.
  [[nodiscard]] constexpr double rest() const noexcept { return times.total(first); }

  /// Whether running everything takes longer than until the law's horizon, by more than rounding.
  [[nodiscard]] constexpr bool outlasts(double horizon) const noexcept {
    return rest() > (horizon - elapsed) * (1 + 1e-12);
  }
};

namespace detail {

/// Whether all worths that can still count are probabilities.
template <class AnyProblem>
[[nodiscard]] constexpr bool has_probabilities(const AnyProblem& problem) noexcept {
  const auto sound = [](float worth) noexcept {
    return std::bit_cast<std::uint32_t>(as_probability(worth)) == std::bit_cast<std::uint32_t>(worth);
  };
  bool all = sound(problem.in_hand);
  for (std::size_t k = problem.first; k < problem.exit_count(); ++k)
    all = sound(problem.confidences[k]) && all;
  return all;
}

/// find(problem), with its worths made probabilities where they are not: how every search begins.
/// @pre problem.first <= problem.exit_count()
template <class AnyProblem, class Find>
[[nodiscard]] constexpr auto on_probabilities(const AnyProblem& problem, const Find& find) noexcept {
  EINET_ASSERT(problem.first <= problem.exit_count());
  if (has_probabilities(problem)) [[likely]]
    return find(problem);
  AnyProblem sound = problem;
  sound.in_hand = as_probability(problem.in_hand);
  for (float& worth : sound.confidences) worth = as_probability(worth);
  return find(sound);
}

/// A function that gives seconds as shares of `whole`, even one so short that its reciprocal is infinite.
/// @pre whole > 0
[[nodiscard]] inline auto shares_of(double whole) noexcept {
  return [whole, factor = whole > 1e-290 ? 1 / whole : 0](double seconds) noexcept {
    return factor > 0 ? seconds * factor : seconds / whole;
  };
}

}  // namespace detail

}  // namespace einet
