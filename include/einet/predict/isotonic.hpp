#pragma once
// Isotonic regression by pooling adjacent violators (Ayer et al. 1955), as a table. It assumes only that an
// output of higher confidence is not less likely to be right.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace einet {

/// Replaces `values` by the nearest non-decreasing sequence, in least squares weighted by `weights`.
/// @param values finite
/// @param weights as many as values, finite and >= 0; a pool without any weight gets its unweighted mean
inline void pool_adjacent_violators(std::span<double> values, std::span<const double> weights) {
  EINET_ASSERT(values.size() == weights.size());
  struct Pool {
    double mean, weight;
    std::size_t count;
  };
  std::vector<Pool> pools(values.size());
  std::size_t used = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Pool newest{values[i], weights[i], 1};
    for (; used > 0 && pools[used - 1].mean >= newest.mean; --used) {
      const Pool& last = pools[used - 1];
      const double weight = last.weight + newest.weight;
      const double share =
          weight > 0 ? newest.weight / weight
                     : static_cast<double>(newest.count) / static_cast<double>(newest.count + last.count);
      newest = {last.mean + (newest.mean - last.mean) * share, weight, newest.count + last.count};
    }
    pools[used++] = newest;
  }
  std::size_t next = 0;
  for (std::size_t p = 0; p < used; ++p)
    for (std::size_t i = 0; i < pools[p].count; ++i) values[next++] = pools[p].mean;
}

namespace detail {

/// A probability's position among equidistant knots 0 … Knots - 1: `share` of the way from `low` to the next.
struct BetweenKnots {
  std::size_t low;
  float share;
};

template <std::size_t Knots>
[[nodiscard]] constexpr BetweenKnots between_knots(float x) noexcept {
  const float position = as_probability(x) * static_cast<float>(Knots - 1);
  const auto low = (std::min)(static_cast<std::size_t>(position), Knots - 2);
  return {low, position - static_cast<float>(low)};
}

/// Interpolates knots without weight linearly between the nearest knots with weight; those before the first
/// or after the last take its value. Changes nothing if no knot has weight.
inline void bridge_gaps(std::span<double> values, std::span<const double> weights) {
  const std::size_t knots = values.size();
  std::size_t before = knots;
  for (std::size_t i = 0; i < knots; ++i) {
    if (!(weights[i] > 0)) continue;
    for (std::size_t gap = before == knots ? 0 : before + 1; gap < i; ++gap)
      values[gap] = before == knots
                        ? values[i]
                        : values[before] + (values[i] - values[before]) * static_cast<double>(gap - before) /
                                               static_cast<double>(i - before);
    before = i;
  }
  for (std::size_t gap = before + 1; before < knots && gap < knots; ++gap) values[gap] = values[before];
}

}  // namespace detail

/// A function of a probability, given at equidistant knots of [0, 1] and linear between them.
template <std::size_t Knots = 33>
struct KnotTable {
  static_assert(Knots >= 2, "KnotTable<Knots>: a line needs two knots");
  std::array<float, Knots> values{};  ///< at 0, 1 / (Knots - 1), …, 1

  /// @param x clamped to [0, 1], NaN to 0
  [[nodiscard]] constexpr float operator()(float x) const noexcept {
    const auto [low, share] = detail::between_knots<Knots>(x);
    return values[low] + share * (values[low + 1] - values[low]);
  }
  friend bool operator==(const KnotTable&, const KnotTable&) = default;
};

/// Fits a non-decreasing function to samples (x, y): each sample counts for the two knots around it, more for
/// the nearer one, and the knots' means are made monotone.
/// @param x probabilities, at least one
/// @param y as many probabilities; x and y may leave [0, 1] by `probability_slack`, and are clamped then
/// @throws std::invalid_argument if there are no samples or the lengths differ, or naming the number that is
/// not a probability
template <std::size_t Knots = 33>
[[nodiscard]] KnotTable<Knots> fit_isotonic(std::span<const float> x, std::span<const float> y) {
  constexpr auto what = "fit_isotonic";
  detail::expect(!x.empty(), what, "x.size()", x.size(), "at least one sample");
  detail::expect(y.size() == x.size(), what, "y.size()", y.size(),
                 "as many as x: " + detail::number(x.size()));
  std::array<double, Knots> sums{}, weights{};
  for (std::size_t s = 0; s < x.size(); ++s) {
    detail::expect(nearly_probability(x[s]), what, {"x", s}, x[s], "a probability in [0, 1]");
    detail::expect(nearly_probability(y[s]), what, {"y", s}, y[s], "a probability in [0, 1]");
    const auto [low, share] = detail::between_knots<Knots>(x[s]);
    const auto above = static_cast<double>(share);
    const auto wanted = static_cast<double>(as_probability(y[s]));
    weights[low] += 1 - above;
    weights[low + 1] += above;
    sums[low] += (1 - above) * wanted;
    sums[low + 1] += above * wanted;
  }
  for (std::size_t i = 0; i < Knots; ++i) sums[i] = weights[i] > 0 ? sums[i] / weights[i] : 0;
  detail::bridge_gaps(sums, weights);
  pool_adjacent_violators(sums, weights);
  KnotTable<Knots> table;
  for (std::size_t i = 0; i < Knots; ++i) table.values[i] = static_cast<float>(sums[i]);
  return table;
}

}  // namespace einet
