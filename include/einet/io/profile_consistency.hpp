#pragma once
// Checks that the values of every output in a confidence profile fit together: the confidence, the predicted
// class and the most probable classes are views of one distribution. Plans from a profile whose columns were
// mixed up, or come from different models, are worthless.
//
// Bounds are wide enough for outputs computed in single precision: 0.001 of a probability, plus the rounding
// of the type that a column is stored in.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/io/file.hpp>
#include <einet/io/safetensors.hpp>
#include <einet/io/top_scores.hpp>
#include <einet/profile/confidence_profile.hpp>

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

/// The rounding of the columns.
struct Roundings {
  double confidence, log;
};

inline constexpr double probability_slack = 1e-3;

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
};

/// Checks the log-probabilities of the most probable classes against the confidence.
inline void expect_scores_fit(const ProfiledOutput& output, std::span<const float> log,
                              const Roundings& rounding) {
  double sum = 0, off = probability_slack, highest = 0, least = 1, highest_off = 0, least_off = 0;
  for (const float value : log) {
    const double exact = static_cast<double>(value), share = std::exp(exact);
    const double share_off = share > 0 ? -share * exact * rounding.log : 0;
    sum += share;
    off += share_off;
    if (share >= highest) highest_off = share_off;
    if (share <= least) least_off = share_off;
    highest = (std::max)(highest, share);
    least = (std::min)(least, share);
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

/// @param scores of every output
/// @param classes of the network, 0 if not known
/// @throws FileError naming the column, the sample and the exit of a value that does not fit the others
template <std::size_t N>
void expect_consistent(const std::filesystem::path& path, const ConfidenceProfile<N>& profile,
                       const TopScores& scores, std::size_t classes, const Roundings& rounding) {
  std::vector<std::int32_t> sorted;
  for (std::size_t s = 0; s < profile.samples(); ++s)
    for (std::size_t k = 0; k < profile.exit_count(); ++k) {
      const ProfiledOutput output{&path, s, k, static_cast<double>(profile.confidence[s][k]), classes};
      const std::size_t at = (s * profile.exit_count() + k) * scores.listed;
      const auto log = std::span(scores.log).subspan(at, scores.listed);
      expect_scores_fit(output, log, rounding);
      if (!scores.column.empty())
        expect_columns_fit(output, profile.predicted[s][k], log,
                           std::span(scores.column).subspan(at, scores.listed), rounding, sorted);
    }
}

}  // namespace einet::io::detail
