#pragma once
// Checks that the values of every output in a confidence profile fit together: confidence, margin, entropy
// and the log-probabilities of the most probable classes are four views of one distribution. Plans from a
// profile whose columns were mixed up, or come from different models, are worthless.
//
// Bounds are wide enough for outputs computed in single precision: 0.001 of a probability and 0.01 of a
// margin or entropy, plus the rounding of the type that a column is stored in.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/io/file.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/run/output_shape.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace einet::io::detail {

/// How far a stored number may be from the computed one, as a share of it.
constexpr double rounding_of(Dtype dtype) noexcept {
  return dtype == Dtype::f16 ? 0x1p-10 : dtype == Dtype::bf16 ? 0x1p-7 : 0x1p-22;
}

/// The rounding of every column.
struct Roundings {
  double confidence = rounding_of(Dtype::f32), margin = confidence, entropy = confidence, log = confidence;
};

/// The most probable classes of every output.
struct TopScores {
  std::size_t listed = 0;              ///< of every output, >= 1
  std::vector<float> log;              ///< [samples][N][listed] natural logarithms of probabilities
  std::vector<std::int32_t> column{};  ///< [samples][N][listed] their classes; empty if not known
};

inline constexpr double probability_slack = 1e-3, shape_slack = 1e-2;

/// The largest entropy of an output over `classes` classes whose most probable one has `confidence`.
inline double largest_entropy(double confidence, double classes) noexcept {
  const double first = (std::min)(1.0, (std::max)(confidence, 1 / classes));
  const double others = 1 - first;
  return -first * std::log(first) - (others > 0 ? others * std::log(others / (classes - 1)) : 0);
}

/// One output of a profile, for error messages about it.
struct ProfiledOutput {
  const std::filesystem::path* path;
  std::size_t sample, exit;
  double confidence;
  std::size_t classes;  ///< 0: not known

  static std::string text(double value) { return einet::detail::number(static_cast<float>(value)); }

  [[noreturn]] void refuse(const char* tensor, double value, const std::string& wanted) const {
    EINET_THROW(FileError(*path, tensor_field(tensor),
                          "sample " + std::to_string(sample) + ", exit " + std::to_string(exit) + ": is " +
                              text(value) + ", expected " + wanted));
  }
  void expect_between(double low, double high, const char* tensor, double value) const {
    if (!(value >= low && value <= high))
      refuse(tensor, value,
             (high < HUGE_VAL ? text(low) + " to " + text(high) : "at least " + text(low)) +
                 " for the confidence " + text(confidence));
  }
};

/// Checks margin and entropy against the confidence. All zeros stand for an output that was not a number.
inline void expect_shape_fits(const ProfiledOutput& output, OutputShape shape, const Roundings& rounding) {
  if (output.confidence == 0 && shape == OutputShape{}) return;
  const double slack = probability_slack + rounding.confidence;
  const double least = (std::max)(0.0, output.confidence - slack);
  const double most = (std::min)(1.0, output.confidence + slack);
  const auto classes = static_cast<double>(output.classes);
  // The second class has at most all of the probability that the first leaves, and at least an even share of
  // it.
  const double margin = static_cast<double>(shape.margin);
  const double off = shape_slack + margin * rounding.margin;
  const double narrowest = least > 0 ? std::log(least / (1 - least)) : 0;
  const double widest =
      output.classes > 1 && most < 1 - slack ? std::log(most * (classes - 1) / (1 - most)) : HUGE_VAL;
  output.expect_between((std::max)(0.0, (std::min)(narrowest, static_cast<double>(widest_margin)) - off),
                        (std::max)(0.0, widest) + off, "margin", margin);
  const double entropy = static_cast<double>(shape.entropy);
  const double entropy_off = shape_slack + entropy * rounding.entropy;
  output.expect_between((std::max)(0.0, -std::log(most) - entropy_off),
                        output.classes > 0 ? largest_entropy(least, classes) + entropy_off : HUGE_VAL,
                        "entropy", entropy);
}

/// Checks the log-probabilities of the most probable classes against the confidence and, unless null, the
/// margin.
inline void expect_scores_fit(const ProfiledOutput& output, const OutputShape* shape,
                              std::span<const float> log, const Roundings& rounding) {
  double sum = 0, off = probability_slack, highest = 0, least = 1, highest_off = 0, least_off = 0;
  double first = -HUGE_VAL, second = -HUGE_VAL;
  for (const float value : log) {
    const double exact = static_cast<double>(value), share = std::exp(exact);
    const double share_off = share > 0 ? -share * exact * rounding.log : 0;
    sum += share;
    off += share_off;
    if (share >= highest) highest_off = share_off;
    if (share <= least) least_off = share_off;
    highest = (std::max)(highest, share);
    least = (std::min)(least, share);
    second = (std::max)(second, (std::min)(first, exact));
    first = (std::max)(first, exact);
  }
  if (sum > 1 + off) output.refuse("top_logprob", sum, "at most 1 as the sum of all its probabilities");
  if (output.classes > 0) {
    const std::size_t others = output.classes - log.size();
    if (sum + static_cast<double>(others) * (least + least_off) < 1 - off)
      output.refuse("top_logprob", sum,
                    others == 0
                        ? "1 as the sum of all its probabilities"
                        : "more as the sum of all its probabilities, as the " + std::to_string(others) +
                              " other classes have no more than " + output.text(least) + " each");
  }
  if (std::abs(highest - output.confidence) > probability_slack + rounding.confidence + highest_off)
    output.refuse("confidence", output.confidence,
                  output.text(highest) + ", the highest probability in top_logprob");
  if (shape == nullptr || log.size() < 2) return;
  const double widest = static_cast<double>(widest_margin);
  const double margin = (std::min)(widest, static_cast<double>(shape->margin));
  const double wanted = (std::min)(widest, first - second);
  const double margin_off = shape_slack + margin * rounding.margin +
                            ((std::min)(widest, -first) + (std::min)(2 * widest, -second)) * rounding.log;
  if (std::abs(margin - wanted) > margin_off)
    output.refuse("margin", margin, output.text(wanted) + ", the difference of the first two in top_logprob");
}

/// Checks the most probable classes: none twice, and the predicted class the most probable of them.
/// @param sorted room to work in
inline void expect_columns_fit(const ProfiledOutput& output, std::int32_t predicted,
                               std::span<const float> log, std::span<const std::int32_t> column,
                               const Roundings& rounding, std::vector<std::int32_t>& sorted) {
  sorted.assign(column.begin(), column.end());
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    output.refuse("top_class", *twice, "every class at most once");
  const auto found =
      static_cast<std::size_t>(std::find(column.begin(), column.end(), predicted) - column.begin());
  const double highest = static_cast<double>(*std::max_element(log.begin(), log.end()));
  const double share = std::exp(highest);
  const double own = found < log.size() ? std::exp(static_cast<double>(log[found])) : 0;
  if (share - own > probability_slack - 2 * share * highest * rounding.log)
    output.refuse("predicted", predicted, "the most probable class of top_class");
}

/// @param classes of the network, 0 if not known
/// @param shapes_stored whether margins and entropies were stored, rather than computed from `scores`
/// @param scores of every output, or null
/// @throws FileError naming the column, the sample and the exit of a value that does not fit the others
template <std::size_t N>
void expect_consistent(const std::filesystem::path& path, const ConfidenceProfile<N>& profile,
                       std::size_t classes, bool shapes_stored, const TopScores* scores = nullptr,
                       const Roundings& rounding = {}) {
  const bool shapes = shapes_stored && profile.has_shapes();
  std::vector<std::int32_t> sorted;
  for (std::size_t s = 0; s < profile.size(); ++s)
    for (std::size_t k = 0; k < N; ++k) {
      const ProfiledOutput output{&path, s, k, static_cast<double>(profile.confidence[s][k]), classes};
      const OutputShape* const shape = shapes ? &profile.shape[s][k] : nullptr;
      if (shape != nullptr) expect_shape_fits(output, *shape, rounding);
      if (scores == nullptr) continue;
      const std::size_t at = (s * N + k) * scores->listed;
      const auto log = std::span(scores->log).subspan(at, scores->listed);
      expect_scores_fit(output, shape, log, rounding);
      if (!scores->column.empty())
        expect_columns_fit(output, profile.predicted[s][k], log,
                           std::span(scores->column).subspan(at, scores->listed), rounding, sorted);
    }
}

}  // namespace einet::io::detail
