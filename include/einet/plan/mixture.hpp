#pragma once
// A weighted mixture of stop-time laws: "half the stops are preemptions at any time, half are deadlines".

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/lane_law.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace einet {

/// One of several laws, each with its probability. If the weights add up to less than 1, the rest is the
/// probability that no stop comes.
template <stop_law... Laws>
class Mixture {
  static_assert(sizeof...(Laws) >= 1, "Mixture<Laws...>: there must be at least one law");

 public:
  /// @param weights probabilities, their sum at most 1
  /// @throws std::invalid_argument naming the weight
  explicit Mixture(const std::array<double, sizeof...(Laws)>& weights, Laws... laws)
      : weights_(weights), laws_(std::move(laws)...) {
    double sum = 0;
    for (std::size_t k = 0; k < weights.size(); ++k) {
      detail::expect(is_probability(weights[k]), "Mixture", {"weights", k}, weights[k],
                     "a probability in [0, 1]");
      sum += weights[k];
    }
    detail::expect(sum <= 1 + 1e-9, "Mixture", "sum of weights", sum, "at most 1");
  }

  /// The same mixture; laws without a horizon of their own take `total`.
  [[nodiscard]] Mixture over(double total) const {
    return std::apply(
        [&](const Laws&... laws) {
          return Mixture{weights_, einet::over(laws, total)...};
        },
        laws_);
  }

  [[nodiscard]] double cdf(double seconds) const noexcept {
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return (std::min)(1.0, (... + (weights_[K] * static_cast<double>(std::get<K>(laws_).cdf(seconds)))));
    }
    (std::index_sequence_for<Laws...>{});
  }

  /// See `lane_law`: the mixture models it if all its laws do.
  template <class Arch>
  [[nodiscard]] auto lanes(double origin, double scale) const noexcept requires(...&& lane_law<Laws, Arch>) {
    using Lanes = simd::Lanes<float, Arch>;
    return [&]<std::size_t... K>(std::index_sequence<K...>) {
      return [weights = std::array<Lanes, sizeof...(Laws)>{Lanes(static_cast<float>(weights_[K]))...},
              laws = std::tuple{std::get<K>(laws_).template lanes<Arch>(origin, scale)...}](
                 const Lanes& x) noexcept -> Lanes { return (... + (weights[K] * std::get<K>(laws)(x))); };
    }
    (std::index_sequence_for<Laws...>{});
  }
  [[nodiscard]] double lane_error(double scale) const noexcept requires(...&& lane_law<Laws>) {
    return std::apply([&](const Laws&... laws) { return (... + laws.lane_error(scale)); }, laws_);
  }

 private:
  std::array<double, sizeof...(Laws)> weights_;
  std::tuple<Laws...> laws_;
};

}  // namespace einet
