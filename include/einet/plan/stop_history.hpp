#pragma once
// A stop-time law learned on the device from observed stops: a histogram that forgets. Runs that ended before
// any stop count as censored (Kaplan and Meier 1958, in life-table form).

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/seconds.hpp>
#include <einet/plan/piecewise_linear.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace einet {

/// How a StopHistory counts.
struct StopHistoryOptions {
  /// Bins of equal width over [0, horizon), 1 to 65536: the law's resolution. More bins cost memory but
  /// hardly any accuracy: planners read the distribution function, whose sampling error is bounded whatever
  /// the number of bins (Dvoretzky, Kiefer and Wolfowitz).
  std::size_t bins = 64;
  /// Number of runs after which an old one counts half, at least 1; infinity: nothing is forgotten.
  double half_life = 1000;
  /// Weight, in runs, of the prior that every moment of [0, horizon) is equally likely; 1e-6 to 1e9. It is
  /// never forgotten, makes up the law before the first run, and fills in where few runs get to. Otherwise
  /// counts are spread over their own bin only: more smoothing would improve a distribution function little,
  /// and blur deadlines.
  double prior = 2;

  friend bool operator==(const StopHistoryOptions&, const StopHistoryOptions&) = default;
};

/// All that a StopHistory knows, to be saved and restored.
struct StopHistoryState {
  StopHistoryOptions options;
  double horizon = 0;               ///< seconds
  double newest = 1;                ///< weight of the newest run, 1 to 2^512
  std::vector<double> stops;        ///< [bins] weights of the stops
  std::vector<double> completions;  ///< [bins + 1] weights of the runs that met no stop, by when they ended;
                                    ///< the last: at the horizon or beyond
  std::uint64_t refused = 0;        ///< number of runs whose seconds were negative or not finite

  friend bool operator==(const StopHistoryState&, const StopHistoryState&) = default;
};

/// Observes stops and estimates their law. Observing neither allocates nor throws nor locks, and costs O(1)
/// (O(bins) once in 512 half-lives); law() makes a snapshot for a planner, at set-up or now and then. For one
/// thread at a time.
class StopHistory {
 public:
  /// An empty history; its law is uniform.
  /// @param horizon what the law spans, such as the total of the time profile
  /// @throws std::invalid_argument naming the argument
  explicit StopHistory(Seconds horizon, const StopHistoryOptions& options = {})
      : StopHistory(empty(horizon.count, options)) {}

  /// Continues the history that `state` was taken from, equal to the last bit.
  /// @throws std::invalid_argument naming a field whose value no history can have
  explicit StopHistory(StopHistoryState state) : state_(std::move(state)) {
    check(state_);
    growth_ = std::exp2(1 / state_.options.half_life);
  }

  /// The stop came `seconds` after the start of the inference. At or beyond the horizon, the run counts as
  /// one that reached it without a stop. Values that are negative or not finite only count in refused().
  void observe(double seconds) noexcept {
    if (!sound(seconds)) return;
    add(seconds < state_.horizon ? state_.stops[bin(seconds)] : state_.completions.back());
  }

  /// The run completed its plan `seconds` after its start, before any stop. Only runs that reached a moment
  /// count for it, so plans that end early do not make late stops look rare. If you learn when the stop came
  /// after all, observe() that instead. Refuses values as observe() does.
  void observe_completion(double seconds) noexcept {
    if (!sound(seconds)) return;
    add(seconds < state_.horizon ? state_.completions[bin(seconds)] : state_.completions.back());
  }

  /// The run reached the horizon and met no stop.
  void observe_completion() noexcept { add(state_.completions.back()); }

  /// The stop-time law estimated from all runs so far; its horizon is the history's. Allocates.
  [[nodiscard]] PiecewiseLinear law() const {
    const std::size_t bins = state_.stops.size();
    const double prior = state_.options.prior / static_cast<double>(bins);
    const auto weight = [&](double sum) { return sum / state_.newest; };

    // First the weight of the runs that went beyond each bin, later the bin's probability.
    std::vector<double> mass(bins);
    double beyond = weight(state_.completions[bins]);
    for (std::size_t k = bins; k-- > 0;) {
      mass[k] = beyond;
      beyond += weight(state_.stops[k]) + prior + weight(state_.completions[k]);
    }
    double survival = 1;  // probability that no stop comes before the bin
    for (std::size_t k = 0; k < bins; ++k) {
      const double stops = weight(state_.stops[k]) + prior;
      // A run that ended within the bin was exposed to stops for half of it, on average.
      const double exposed = stops + weight(state_.completions[k]) / 2 + mass[k];
      mass[k] = survival * (stops / exposed);
      survival -= mass[k];
    }
    return PiecewiseLinear{mass, state_.horizon, survival};
  }

  /// The weight of all runs in units of the newest: their number if nothing is forgotten, else at
  /// most about 1.44 half-lives.
  [[nodiscard]] double weight() const noexcept { return sum(state_) / state_.newest; }

  /// How many runs were refused, because their seconds were negative or not finite.
  [[nodiscard]] std::uint64_t refused() const noexcept { return state_.refused; }

  /// Seconds that the law spans.
  [[nodiscard]] double horizon() const noexcept { return state_.horizon; }

  [[nodiscard]] const StopHistoryState& state() const noexcept { return state_; }

 private:
  static constexpr double largest = 0x1p512;
  static constexpr std::size_t most_bins = std::size_t{1} << 16;

  static StopHistoryState empty(double horizon, const StopHistoryOptions& options) {
    StopHistoryState state{.options = options, .horizon = horizon, .stops = {}, .completions = {}};
    require_bins(options.bins);
    state.stops.resize(options.bins);
    state.completions.resize(options.bins + 1);
    return state;
  }

  bool sound(double seconds) noexcept {
    const bool is = is_finite(seconds) && seconds >= 0;
    state_.refused += is ? 0U : 1U;
    return is;
  }

  [[nodiscard]] std::size_t bin(double seconds) const noexcept {
    const double place = seconds / state_.horizon * static_cast<double>(state_.stops.size());
    return (std::min)(static_cast<std::size_t>(place), state_.stops.size() - 1);
  }

  /// Forgets by letting each run weigh more than the one before, instead of scaling down old counts.
  /// Before the weights overflow, division by a power of two scales all of them down without rounding.
  void add(double& count) noexcept {
    state_.newest *= growth_;
    if (state_.newest > largest) {
      state_.newest /= largest;
      for (double& old : state_.stops) old /= largest;
      for (double& old : state_.completions) old /= largest;
    }
    count += state_.newest;
  }

  static double sum(const StopHistoryState& state) noexcept {
    double all = 0;
    for (const double weight : state.stops) all += weight;
    for (const double weight : state.completions) all += weight;
    return all;
  }

  template <class T>
  static void require(bool is_sound, const detail::Field& field, T value, const char* wanted) {
    detail::expect(is_sound, "StopHistory", field, value, wanted);
  }

  static void require_bins(std::size_t bins) {
    require(bins >= 1 && bins <= most_bins, "bins", bins, "1 to 65536");
  }

  static void require_weights(const std::vector<double>& weights, const char* field) {
    for (std::size_t k = 0; k < weights.size(); ++k)
      require(is_finite(weights[k]) && weights[k] >= 0, {field, k}, weights[k], "a finite weight >= 0");
  }

  static void check(const StopHistoryState& state) {
    const StopHistoryOptions& options = state.options;
    require_bins(options.bins);
    require(!is_nan(options.half_life) && options.half_life >= 1, "half_life", options.half_life,
            "at least 1 run");
    require(is_finite(options.prior) && options.prior >= 1e-6 && options.prior <= 1e9, "prior", options.prior,
            "1e-6 to 1e9 runs");
    require(is_finite(state.horizon) && state.horizon > 0, "horizon", state.horizon, "finite seconds > 0");
    require(is_finite(state.newest) && state.newest >= 1 && state.newest <= largest, "newest", state.newest,
            "a weight of 1 to 2^512");
    require(state.stops.size() == options.bins, "stops.size()", state.stops.size(), "one weight per bin");
    require(state.completions.size() == options.bins + 1, "completions.size()", state.completions.size(),
            "one weight per bin and one more");
    require_weights(state.stops, "stops");
    require_weights(state.completions, "completions");
    const double all = sum(state) / state.newest;
    require(is_finite(all) && all < 0x1p64, "sum of all weights", all, "fewer than 2^64 runs");
  }

  StopHistoryState state_;
  double growth_ = 1;
};

}  // namespace einet
