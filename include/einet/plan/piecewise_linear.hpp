#pragma once
// A stop-time law whose distribution function is linear between equidistant moments: a histogram of observed
// stops, or a table of another law that is expensive to evaluate.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>
#include <einet/plan/lane_law.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace einet {

/// Bins of equal width over [0, horizon), the law uniform within each. Copies share the table.
class PiecewiseLinear {
 public:
  /// Single precision cannot tell more apart.
  static constexpr std::size_t most_bins = std::size_t{1} << 24;

  /// @param weights one per bin, 1 to most_bins of them, finite and >= 0, such as counts
  /// @param horizon what the bins span together
  /// @param beyond weight of the runs that met no stop
  /// @throws std::invalid_argument naming the argument; some weight must be > 0
  explicit PiecewiseLinear(std::span<const double> weights, Seconds horizon, double beyond = 0)
      : horizon_(horizon.count) {
    detail::expect(!weights.empty() && weights.size() <= most_bins, "PiecewiseLinear", "weights.size()",
                   weights.size(), "1 to 16777216 bins");
    require(is_finite(horizon_) && horizon_ > 0, "horizon", horizon_, "finite seconds > 0");
    require(is_finite(beyond) && beyond >= 0, "beyond", beyond, "a finite weight >= 0");
    double sum = beyond;
    for (std::size_t bin = 0; bin < weights.size(); ++bin) {
      const double weight = weights[bin];
      require(is_finite(weight) && weight >= 0, {"weights", bin}, weight, "a finite weight >= 0");
      sum += weight;
    }
    require(is_finite(sum) && sum > 0, "sum of weights", sum, "a finite number > 0");
    auto table = std::make_shared<Table>(weights.size());
    double below = 0;
    for (std::size_t bin = 0; bin < weights.size(); ++bin)
      table->cdf[bin + 1] = (std::min)(1.0, (below += weights[bin]) / sum);
    if (beyond == 0) table->cdf.back() = 1;
    for (std::size_t bin = 0; bin < weights.size(); ++bin) {
      const double rise = table->cdf[bin + 1] - table->cdf[bin];
      table->floor[bin] = static_cast<float>(table->cdf[bin]);
      table->rise[bin] = static_cast<float>(rise);
      table->steepest = (std::max)(table->steepest, rise * static_cast<double>(weights.size()));
    }
    table_ = std::move(table);
  }

  /// The same with bins that are shares of a horizon, which `over` sets to the total of a time profile.
  [[nodiscard]] static PiecewiseLinear of_horizon(std::span<const double> weights, double beyond = 0) {
    PiecewiseLinear law{weights, 1, beyond};
    law.horizon_ = 0;
    return law;
  }

  /// This law, with `total` as its horizon unless it has one.
  [[nodiscard]] PiecewiseLinear over(double total) const {
    PiecewiseLinear law = *this;
    if (!(horizon_ > 0)) {
      require(is_finite(total) && total > 0, "horizon", total, "finite seconds > 0");
      law.horizon_ = total;
    }
    return law;
  }

  /// Seconds that the table spans; 0 until it is known.
  [[nodiscard]] double horizon() const noexcept { return horizon_; }

  /// @pre the horizon is known
  [[nodiscard]] double cdf(double seconds) const noexcept {
    EINET_ASSERT(horizon_ > 0);
    const std::vector<double>& table = table_->cdf;
    if (!(seconds > 0)) return 0;
    if (seconds >= horizon_) return table.back();
    const double place = seconds / horizon_ * static_cast<double>(table.size() - 1);
    const auto bin = (std::min)(static_cast<std::size_t>(place), table.size() - 2);
    return table[bin] + (place - static_cast<double>(bin)) * (table[bin + 1] - table[bin]);
  }

  /// See `lane_law`.
  /// @pre the horizon is known
  template <class Arch>
  [[nodiscard]] auto lanes(double origin, double scale) const noexcept {
    using Lanes = simd::Lanes<float, Arch>;
    const auto bins = static_cast<double>(table_->floor.size());
    return [at = Lanes(static_cast<float>(origin / horizon_ * bins)),
            step = Lanes(static_cast<float>(scale / horizon_ * bins)), end = Lanes(static_cast<float>(bins)),
            last = Lanes(static_cast<float>(bins - 1)), floor = table_->floor.data(),
            rise = table_->rise.data()](const Lanes& x) noexcept -> Lanes {
      const Lanes place = (simd::min)((simd::max)(simd::fma(x, step, at), Lanes(0.f)), end);
      const auto bin = simd::truncated((simd::min)(place, last));
      return simd::fma(place - simd::to_float(bin), simd::gather(rise, bin), simd::gather(floor, bin));
    };
  }
  [[nodiscard]] double lane_error(double scale) const noexcept {
    return detail::value_error + table_->steepest * (scale / horizon_ + 1) * detail::moment_error;
  }

 private:
  static void require(bool sound, const detail::Field& field, double value, const char* wanted) {
    detail::expect(sound, "PiecewiseLinear", field, value, wanted);
  }

  struct Table {
    explicit Table(std::size_t bins) : cdf(bins + 1), floor(bins), rise(bins) {}

    std::vector<double> cdf;         // at the edges of the bins
    std::vector<float> floor, rise;  // of each bin: its value at the beginning, and what its end adds
    double steepest = 0;             // highest density, over [0, 1]
  };

  std::shared_ptr<const Table> table_;
  double horizon_;
};

/// Tabulates `law` at `bins` + 1 equidistant moments of [0, horizon], so that each lookup is one
/// interpolation. A step of the law is spread over a bin.
/// @param horizon finite, > 0
/// @param bins 1 to PiecewiseLinear::most_bins
/// @throws std::invalid_argument naming the argument, or the edge of a bin where cdf() is not a probability
template <stop_law Law>
[[nodiscard]] PiecewiseLinear tabulated(const Law& law, Seconds horizon, std::size_t bins = 1024) {
  constexpr auto what = "tabulated";
  const double seconds = horizon.count;
  detail::expect(is_finite(seconds) && seconds > 0, what, "horizon", seconds, "finite seconds > 0");
  detail::expect(bins >= 1 && bins <= PiecewiseLinear::most_bins, what, "bins", bins, "1 to 16777216");
  constexpr double rounding = 1e-9;
  const auto read = [&](std::size_t k) {
    const double value = law.cdf(seconds * (static_cast<double>(k) / static_cast<double>(bins)));
    detail::expect(is_finite(value) && value >= -rounding && value <= 1 + rounding, what, {"cdf", k}, value,
                   "a probability in [0, 1]");
    return value;
  };
  std::vector<double> weights(bins);
  double below = read(0);
  for (std::size_t k = 0; k < bins; ++k) {
    const double at = (std::max)(read(k + 1), below);
    weights[k] = at - below;
    below = at;
  }
  return PiecewiseLinear{weights, horizon, (std::max)(0.0, 1 - below)};
}

}  // namespace einet
