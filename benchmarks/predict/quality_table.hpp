#pragma once
// How good predictors are: a row for each on one profile, and a summary over all profiles.

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/fitting.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/swept.hpp>
#include <einet/eval/threshold_walk.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/input_samples.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/fixed_plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

namespace einet::bench {

/// Mean square errors of the predictions for all exits to come, after every prefix.
struct PredictionErrors {
  double confidence = 0;   ///< of their confidences
  double correctness = 0;  ///< of their correctness: Brier score
};

template <class Predictor, std::size_t N, class Observation>
PredictionErrors prediction_errors(Predictor predictor, const ConfidenceProfile<N>& on,
                                   const ExitPlan<N>& plan, const Observation& observe) {
  const auto samples = input_samples(on, plan, observe);
  PredictionErrors sum;
  double count = 0;
  for (std::size_t s = 0; s < on.samples(); ++s) {
    predictor.reset();
    for (std::size_t k = 0; k + 1 < N; ++k) {
      predictor.observe(k, samples.inputs[s][k]);
      for (std::size_t j = k + 1; j < N; ++j, ++count) {
        const double said = predictor.confidences()[j];
        const double off = said - static_cast<double>(on.confidence[s][j]);
        const double wrong = said - (on.correct(s, j) ? 1. : 0.);
        sum.confidence += off * off;
        sum.correctness += wrong * wrong;
      }
    }
  }
  return {sum.confidence / count, sum.correctness / count};
}

/// The results of one predictor on one profile.
struct QualityRow {
  std::string predictor;
  PredictionErrors errors;
  eval::Interval gain;      ///< accuracy minus that of the best static plan
  eval::Interval priced{};  ///< where time has a price, minus that of a threshold along the best static plan
};

/// Judges predictors on one half of a profile with the product's runner, under a uniform stop and with
/// planning time charged; prints a row for each.
template <std::size_t N>
class QualityTable {
 public:
  /// @param fitting the other half: the best static plan is the best for its accuracies
  /// @param priced whether to judge by planning at a price, too; it must outlive the table then
  QualityTable(std::string profile, const TimeProfile<N>& times, const ConfidenceProfile<N>& fitting,
               const ConfidenceProfile<N>& judged, bool csv, bool priced)
      : profile_(std::move(profile)),
        times_(times),
        law_(times.total()),
        fitting_(fitting),
        judged_(judged),
        csv_(csv) {
    plan_ = eval::best_static_plan(times, fitting, law_);
    const PriorPredictor<N> prior{fitting.accuracy()};
    const auto run = eval::replayed(Planner{times, prior, law_, FixedPlan<N>{plan_}}, times, judged, law_, 0);
    static_ = run.correct;
    busy_ = run.busy;
    if (priced)
      walk_ =
          eval::swept_frontier(
              [&](double enough) {
                return Planner{times, prior, law_, eval::ThresholdWalk<N>{plan_, static_cast<float>(enough)}};
              },
              eval::thresholds_along(plan_, fitting), times, fitting, judged, law_, 0)
              .mean_correct(0, busy_);
    if (!csv)
      std::printf("\n%s\n%-36s %8s %8s %8s  %-32s %6s %9s  %s\n", profile_.c_str(), "predictor", "MSE",
                  "Brier", "accuracy", "minus best static plan [95 %]", "exits", "planning",
                  priced ? "priced minus threshold [95 %]" : "");
    print({"best static plan " + to_string(plan_),
           prediction_errors(prior, judged, plan_, ConfidenceOnly{}),
           {}},
          run, 0);
  }

  template <class Predictor>
  void add(const std::string& name, const Predictor& predictor) {
    constexpr ConfidenceOnly observe;
    const Planner planner{times_, predictor, law_};
    const double charge = eval::median_planning_seconds(planner, judged_, 200, observe);
    const auto run = eval::replayed(planner, times_, judged_, law_, charge, observe);
    std::vector<double> difference(run.correct.size());
    for (std::size_t s = 0; s < difference.size(); ++s) difference[s] = run.correct[s] - static_[s];
    QualityRow row{name, prediction_errors(predictor, judged_, plan_, observe),
                   eval::bootstrap_mean(difference)};
    if (!walk_.empty()) row.priced = priced(predictor, charge);
    print(row, run, charge);
  }

  [[nodiscard]] const ExitPlan<N>& best_static_plan() const noexcept { return plan_; }
  [[nodiscard]] const std::vector<QualityRow>& rows() const noexcept { return rows_; }

 private:
  /// The mean over all busy times up to that of the best static plan.
  template <class Predictor>
  [[nodiscard]] eval::Interval priced(const Predictor& predictor, double charge) const {
    const auto planner_of = [&](double price) { return Planner{times_, predictor, law_, {.price = price}}; };
    const auto frontier = eval::swept_frontier(planner_of, eval::usual_prices(times_.total()), times_,
                                               fitting_, judged_, law_, charge);
    return eval::bootstrap_mean(eval::paired_differences(frontier.mean_correct(0, busy_), walk_));
  }

  void print(const QualityRow& row, const eval::Replayed& run, double charge) {
    std::printf(csv_ ? "%s,%s,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.4f,%.9f"
                     : "%.0s%-36s %8.4f %8.4f %8.4f  %+.4f [%+.4f, %+.4f]       %6.2f %7.0f ns",
                profile_.c_str(), row.predictor.c_str(), row.errors.confidence, row.errors.correctness,
                run.accuracy, row.gain.mean, row.gain.low, row.gain.high, run.exits_per_image,
                csv_ ? charge : charge * 1e9);
    if (!walk_.empty())
      std::printf(csv_ ? ",%.6f,%.6f,%.6f" : "  %+.4f [%+.4f, %+.4f]", row.priced.mean, row.priced.low,
                  row.priced.high);
    std::printf("\n");
    std::fflush(stdout);
    rows_.push_back(row);
  }

  std::string profile_;
  TimeProfile<N> times_;
  Uniform law_;
  const ConfidenceProfile<N>& fitting_;
  const ConfidenceProfile<N>& judged_;
  bool csv_;
  ExitPlan<N> plan_;
  std::vector<double> static_;
  double busy_ = 0;           // seconds of the best static plan
  std::vector<double> walk_;  // mean over all busy times up to that; empty: no prices are tried
  std::vector<QualityRow> rows_;
};

/// Prints the gains of the predictors over all profiles, which all have the same rows in the same order.
/// @param priced whether prices were tried
inline void print_summary(const std::vector<std::vector<QualityRow>>& profiles, bool priced) {
  std::printf("\nover %zu profiles: accuracy minus that of the best static plan\n%-36s %8s %8s %8s %8s%s\n",
              profiles.size(), "predictor", "mean", "worst", "Brier", "MSE",
              priced ? "  priced: mean, worst" : "");
  const auto count = static_cast<double>(profiles.size());
  for (std::size_t r = 1; r < profiles.front().size(); ++r) {
    double sum = 0, worst = 1, brier = 0, square = 0, priced_sum = 0, priced_worst = 1;
    bool significant = false;
    for (const auto& rows : profiles) {
      sum += rows[r].gain.mean;
      worst = (std::min)(worst, rows[r].gain.mean);
      significant = significant || rows[r].gain.high < 0;
      priced_sum += rows[r].priced.mean;
      priced_worst = (std::min)(priced_worst, rows[r].priced.mean);
      brier += rows[r].errors.correctness;
      square += rows[r].errors.confidence;
    }
    std::printf("%-36s %+8.5f %+8.4f %8.4f %8.4f", profiles.front()[r].predictor.c_str(), sum / count, worst,
                brier / count, square / count);
    if (priced) std::printf("  %+8.5f %+8.4f", priced_sum / count, priced_worst);
    std::printf("%s\n", significant ? "  significantly worse somewhere" : "");
  }
}

}  // namespace einet::bench
