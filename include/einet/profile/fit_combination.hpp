#pragma once
// Fits the weights of a CombinedAnswer to held-out samples.
//
// The answer at exit i is softmax(Σ_j w_ij m_j log p_j), where p_j are exit j's probabilities and m_j says
// whether it was run. Its cross entropy is convex in row i of the weights, so Newton's method finds the
// optimum. A plan may run any exits: for every sample some sets of exits are drawn, large and small ones
// alike, so that one matrix serves them all.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/random_bits.hpp>
#include <einet/plan/exits.hpp>
#include <einet/run/combined_answer.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace einet {

/// How a combination is fitted.
struct CombinationFitOptions {
  std::size_t draws = 2;   ///< sets of exits drawn for every sample, at least 1
  double ridge = 1e-4;     ///< penalty of half the squared distance from the newest output alone, >= 0
  std::uint64_t seed = 1;  ///< of the sets
};

namespace detail {

/// The row of weights of one exit, on its way to the optimum.
class CombinationRow {
 public:
  explicit CombinationRow(std::size_t newest)
      : best_(newest + 1, 0.),
        at_(newest + 1, 0.),
        slope_(newest + 1),
        curvature_((newest + 1) * (newest + 1)) {
    best_.back() = at_.back() = 1;
  }

  /// Begins a pass over the samples.
  void begin() {
    loss_ = 0;
    std::fill(slope_.begin(), slope_.end(), 0.);
    std::fill(curvature_.begin(), curvature_.end(), 0.);
  }

  /// Adds the loss of one sample and its gradient, and its Hessian by another share, which may be 0.
  /// @param run exits that were run, in order; the last is the newest
  /// @param logs [classes][exits]
  void add(std::span<const std::size_t> run, std::span<const double> logs, std::size_t exits,
           std::size_t label, double share, double curvature_share) {
    const std::size_t classes = logs.size() / exits, n = run.size();
    chance_.assign(classes, 0.);
    double highest = -std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < classes; ++c) {
      for (const std::size_t j : run) chance_[c] += at_[j] * logs[c * exits + j];
      highest = (std::max)(highest, chance_[c]);
    }
    const double own = chance_[label];
    double sum = 0;
    for (double& value : chance_) sum += value = std::exp(value - highest);
    loss_ += share * (highest + std::log(sum) - own);
    mean_.assign(n, 0.);
    for (std::size_t c = 0; c < classes; ++c) {
      chance_[c] /= sum;
      for (std::size_t a = 0; a < n; ++a) mean_[a] += chance_[c] * logs[c * exits + run[a]];
    }
    for (std::size_t a = 0; a < n; ++a) slope_[run[a]] += share * (mean_[a] - logs[label * exits + run[a]]);
    if (curvature_share > 0) add_curvature(run, logs, exits, curvature_share);
  }

  /// Ends a pass: takes a Newton step from the best weights so far, a shorter one if the last was too long.
  /// @return false when there is nothing more to gain
  [[nodiscard]] bool step(double ridge) {
    const std::size_t size = at_.size();
    for (std::size_t a = 0; a < size; ++a) {
      const double off = at_[a] - (a + 1 == size ? 1. : 0.);
      loss_ += ridge / 2 * off * off;
      slope_[a] += ridge * off;
      curvature_[a * size + a] += ridge + 1e-12;
    }
    if (!(loss_ < least_)) {
      for (std::size_t a = 0; a < size; ++a) at_[a] = (at_[a] + best_[a]) / 2;
      return ++halved_ < 30;
    }
    const double gained = least_ - loss_;
    least_ = loss_;
    best_ = at_;
    halved_ = 0;
    if (gained < 1e-8) return false;
    descend();
    return true;
  }

  [[nodiscard]] const std::vector<double>& best() const noexcept { return best_; }

 private:
  /// The Hessian is the covariance of the logarithms under the answer's own probabilities.
  void add_curvature(std::span<const std::size_t> run, std::span<const double> logs, std::size_t exits,
                     double share) {
    const std::size_t n = run.size(), size = at_.size();
    moment_.assign(n * n, 0.);
    for (std::size_t c = 0; c < chance_.size(); ++c) {
      if (chance_[c] < 1e-6) continue;
      seen_.clear();
      for (std::size_t a = 0; a < n; ++a) seen_.push_back(logs[c * exits + run[a]] - mean_[a]);
      for (std::size_t a = 0; a < n; ++a) {
        const double part = chance_[c] * seen_[a];
        for (std::size_t b = 0; b <= a; ++b) moment_[a * n + b] += part * seen_[b];
      }
    }
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b <= a; ++b) curvature_[run[a] * size + run[b]] += share * moment_[a * n + b];
  }

  /// at_ -= curvature⁻¹ slope, by Cholesky's decomposition.
  void descend() {
    const std::size_t size = at_.size();
    std::vector<double>& rows = curvature_;
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        double rest = rows[i * size + j];
        for (std::size_t o = 0; o < j; ++o) rest -= rows[i * size + o] * rows[j * size + o];
        rows[i * size + j] = i == j ? std::sqrt((std::max)(rest, 1e-12)) : rest / rows[j * size + j];
      }
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t o = 0; o < i; ++o) slope_[i] -= rows[i * size + o] * slope_[o];
      slope_[i] /= rows[i * size + i];
    }
    for (std::size_t i = size; i-- > 0;) {
      for (std::size_t o = i + 1; o < size; ++o) slope_[i] -= rows[o * size + i] * slope_[o];
      slope_[i] /= rows[i * size + i];
      at_[i] -= slope_[i];
    }
  }

  std::vector<double> best_, at_;          // [newest + 1]
  std::vector<double> slope_, curvature_;  // of at_; the lower half of [newest + 1][newest + 1]
  double loss_ = 0, least_ = std::numeric_limits<double>::infinity();
  int halved_ = 0;
  std::vector<double> chance_, mean_, moment_, seen_;
};

}  // namespace detail

/// The weights of the highest likelihood, over random sets of exits. Takes time in proportion to samples ·
/// draws · classes · N²; some thousand samples suffice.
/// @param label [samples] true classes
/// @param output_of output_of(sample, exit).scores are the probabilities of all classes, a contiguous range
/// @param exits how many, if that is known only at run time
/// @throws std::invalid_argument if there are no samples, a label is not a class, numbers of classes differ,
/// a score is negative or not finite, or for an option that cannot be
template <std::size_t N, class OutputOf>
[[nodiscard]] CombinationWeights<N> fit_combination(std::span<const std::int32_t> label,
                                                    const OutputOf& output_of, ExitCount<N> exits = {},
                                                    const CombinationFitOptions& options = {}) {
  constexpr const char* what = "fit_combination";
  detail::expect_exits(what, exits);
  detail::expect(!label.empty(), what, "samples", label.size(), "at least 1");
  detail::expect(options.draws >= 1, what, "draws", options.draws, "at least 1");
  detail::expect(is_finite(options.ridge) && options.ridge >= 0, what, "ridge", options.ridge,
                 "a finite number >= 0");
  const std::size_t n = exits.exit_count();
  std::size_t classes = 0;
  std::vector<double> logs;  // [classes][exits] of one sample
  const auto read = [&](std::size_t sample) {
    for (std::size_t k = 0; k < n; ++k) {
      const auto output = output_of(sample, k);
      const std::span<const float> scores(output.scores);
      if (classes == 0) {
        classes = scores.size();
        logs.resize(classes * n);
      }
      detail::expect(scores.size() == classes && classes > 0, what, "number of scores", scores.size(),
                     detail::number(classes) + ", as of the first output");
      for (std::size_t c = 0; c < classes; ++c) {
        detail::expect(is_finite(scores[c]) && scores[c] >= 0, what, {"scores", c}, scores[c],
                       "a probability");
        // As CombinedAnswer reads them.
        const float probability = (std::min)((std::max)(scores[c], (std::numeric_limits<float>::min)()), 1.f);
        logs[c * n + k] = std::log(static_cast<double>(probability));
      }
    }
    const std::int32_t truth = label[sample];
    if (truth < 0 || static_cast<std::size_t>(truth) >= classes)
      detail::refuse(what, {"label", sample}, detail::number(truth), "0 to " + detail::number(classes - 1));
  };

  constexpr int most_passes = 60;  // a handful in practice; more gain nothing that samples could tell
  std::vector<detail::CombinationRow> rows;
  for (std::size_t k = 0; k < n; ++k) rows.emplace_back(k);
  std::vector<bool> moving(n, true);
  std::vector<std::size_t> run;
  const double share = 1 / (static_cast<double>(label.size()) * static_cast<double>(options.draws));
  // The Hessian, which takes most of the time, only shows the way: where there are many sets, some suffice.
  const std::size_t sets = label.size() * options.draws, stride = (std::max)(sets / 1000, std::size_t{1});
  const std::size_t looked_at = (sets + stride - 1) / stride;
  const double curvature_share = 1 / static_cast<double>(looked_at);
  for (int pass = 0; pass < most_passes && std::find(moving.begin(), moving.end(), true) != moving.end();
       ++pass) {
    for (detail::CombinationRow& row : rows) row.begin();
    for (std::size_t sample = 0; sample < label.size(); ++sample) {
      read(sample);
      for (std::size_t draw = 0; draw < options.draws; ++draw) {
        const std::uint64_t seed = random_bits(options.seed, sample * options.draws + draw);
        const float kept = random_uniform(seed, n);
        run.clear();
        for (std::size_t k = 0; k < n; ++k) {
          run.push_back(k);
          if (moving[k])
            rows[k].add(run, logs, n, static_cast<std::size_t>(label[sample]), share,
                        (sample * options.draws + draw) % stride == 0 ? curvature_share : 0.);
          if (random_uniform(seed, k) >= kept) run.pop_back();
        }
      }
    }
    for (std::size_t k = 0; k < n; ++k) moving[k] = moving[k] && rows[k].step(options.ridge);
  }
  CombinationWeights<N> result(exits);
  for (std::size_t k = 0; k < n; ++k)
    std::transform(rows[k].best().begin(), rows[k].best().end(), &result.of(k, 0),
                   [](double weight) { return static_cast<float>(weight); });
  return result;
}

}  // namespace einet
