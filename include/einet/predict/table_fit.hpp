#pragma once
// Fits a TablePredictor in closed form. What an exit to come adds to the worth v of the answer in hand is
// nearly proportional to 1 - v. The curve of each pair of exits departs from this prior only as far as its
// samples support, because a deviation that is noise hurts planning more than a true one helps.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/predict/isotonic.hpp>
#include <einet/predict/table_predictor.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace einet {

/// How a table is fitted.
struct TableFitOptions {
  Target target = Target::correctness;
  double prior = 300;  ///< weight of the proportional gain at every knot, in samples, in [0, 1e12]
};

namespace detail {

/// Fits the rows of one exit seen, from sums over the samples around each knot.
template <std::size_t N, std::size_t Knots>
class TableFit {
 public:
  TableFit(const FittingSamples<N>& samples, const TableFitOptions& options, std::size_t seen)
      : samples_(samples),
        options_(options),
        seen_(seen),
        exits_(samples.exit_count()),
        sums_(Knots * samples.exit_count()),
        weights_(Knots) {
    for (std::size_t s = 0; s < samples.count(); ++s) {
      const auto [low, share] = between_knots<Knots>(samples.confidence(s, seen));
      add(s, low, 1 - static_cast<double>(share));
      add(s, low + 1, static_cast<double>(share));
    }
  }

  void run(TableParameters<N, Knots>& table) {
    const std::vector<double> own = in_hand();
    put(table, seen_, own);
    KnotTable<Knots> worth;
    std::copy(own.begin(), own.end(), worth.values.begin());
    std::array<double, most_exits<N>> gain{};
    double square = 0;
    for (std::size_t s = 0; s < samples_.count(); ++s) {
      const double lack = 1 - static_cast<double>(worth(samples_.confidence(s, seen_)));
      square += lack * lack;
      for (std::size_t k = seen_ + 1; k < exits_; ++k)
        gain[k] += lack * (samples_.wanted(options_.target, s, k) - (1 - lack));
    }
    for (std::size_t k = seen_ + 1; k < exits_; ++k) {
      std::vector<double> values(Knots), weights(Knots);
      for (std::size_t i = 0; i < Knots; ++i) {
        const double proportional = own[i] + (1 - own[i]) * (square > 0 ? gain[k] / square : 0);
        weights[i] = weights_[i] + options_.prior;
        if (weights[i] > 0) values[i] = (sums_[i * exits_ + k] + options_.prior * proportional) / weights[i];
      }
      bridge_gaps(values, weights);
      pool_adjacent_violators(values, weights);
      put(table, k, values);
    }
  }

 private:
  void add(std::size_t sample, std::size_t knot, double weight) {
    weights_[knot] += weight;
    for (std::size_t k = seen_; k < exits_; ++k)
      sums_[knot * exits_ + k] += weight * samples_.wanted(options_.target, sample, k);
  }

  /// The worth of the answer in hand at every knot.
  [[nodiscard]] std::vector<double> in_hand() const {
    std::vector<double> own(Knots);
    for (std::size_t i = 0; i < Knots; ++i)
      own[i] = options_.target == Target::confidence ? static_cast<double>(i) / (Knots - 1)
               : weights_[i] > 0                     ? sums_[i * exits_ + seen_] / weights_[i]
                                                     : 0;
    if (options_.target == Target::correctness) {
      bridge_gaps(own, weights_);
      pool_adjacent_violators(own, weights_);
    }
    return own;
  }

  void put(TableParameters<N, Knots>& table, std::size_t exit, const std::vector<double>& values) const {
    for (std::size_t i = 0; i < Knots; ++i)
      table.at(seen_, i, exit) = as_probability(static_cast<float>(values[i]));
  }

  const FittingSamples<N>& samples_;
  const TableFitOptions& options_;
  std::size_t seen_;
  std::size_t exits_;
  std::vector<double> sums_;     ///< [knot][exit]
  std::vector<double> weights_;  ///< [knot]
};

}  // namespace detail

/// Fits the tables of all pairs of exits, each monotone in the newest confidence.
/// @throws std::invalid_argument as `validate(samples, target)`, or if `prior` is not in [0, 1e12]
template <std::size_t N, std::size_t Knots = 33>
[[nodiscard]] TableParameters<N, Knots> fit_table(const FittingSamples<N>& samples,
                                                  const TableFitOptions& options = {}) {
  validate(samples, options.target);
  detail::expect(is_finite(options.prior) && options.prior >= 0 && options.prior <= 1e12, "TableFitOptions",
                 "prior", options.prior, "a number in [0, 1e12]");
  TableParameters<N, Knots> table(samples.counted);
  table.means = target_means(samples, options.target);
  for (std::size_t seen = 0; seen < samples.exit_count(); ++seen)
    detail::TableFit<N, Knots>(samples, options, seen).run(table);
  return table;
}

}  // namespace einet
