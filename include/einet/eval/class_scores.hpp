#pragma once
// The class scores of a profile, from which answers averaged over several exits are computed. For every
// output the most probable classes are known; all others share the remaining probability evenly.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/eval/temperature.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/answer.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace einet::eval {

/// Log-probabilities of the most probable classes, per sample and exit.
template <std::size_t N>
struct ClassScores {
  std::size_t classes = 0;           ///< of the network
  std::size_t listed = 0;            ///< classes known for each output, 1 … classes
  std::vector<std::int32_t> column;  ///< [samples][N][listed] class
  std::vector<float> log;            ///< [samples][N][listed] natural logarithm of its probability
  std::vector<std::int32_t> label;   ///< [samples] true class
  [[no_unique_address]] ExitCount<N> counted{};  ///< the number of exits, where it is known only at run time

  [[nodiscard]] constexpr std::size_t exit_count() const noexcept { return counted.exit_count(); }
  [[nodiscard]] std::size_t samples() const noexcept { return label.size(); }
  [[nodiscard]] std::span<const std::int32_t> classes_of(std::size_t sample,
                                                         std::size_t exit) const noexcept {
    return std::span(column).subspan((sample * exit_count() + exit) * listed, listed);
  }
  [[nodiscard]] std::span<const float> logs_of(std::size_t sample, std::size_t exit) const noexcept {
    return std::span(log).subspan((sample * exit_count() + exit) * listed, listed);
  }

  /// Every `stride`-th sample from `first` on, as ConfidenceProfile::every.
  /// @throws std::invalid_argument if `stride` is 0
  [[nodiscard]] ClassScores every(std::size_t stride, std::size_t first) const {
    einet::detail::expect(stride > 0, "class scores", "stride", stride, "at least 1");
    ClassScores part{classes, listed, {}, {}, {}, counted};
    for (std::size_t s = first; s < samples(); s += stride) {
      part.label.push_back(label[s]);
      const auto begin = static_cast<std::ptrdiff_t>(s * exit_count() * listed);
      const auto end = static_cast<std::ptrdiff_t>((s + 1) * exit_count() * listed);
      part.column.insert(part.column.end(), column.begin() + begin, column.begin() + end);
      part.log.insert(part.log.end(), log.begin() + begin, log.begin() + end);
    }
    return part;
  }
};

/// @throws std::invalid_argument naming the field whose length, or the element whose value, does not fit
template <std::size_t N>
void validate(const ClassScores<N>& scores) {
  constexpr const char* what = "class scores";
  einet::detail::expect_exits(what, scores.counted);
  const std::size_t exits = scores.exit_count();
  einet::detail::expect(scores.listed >= 1 && scores.listed <= scores.classes, what, "listed", scores.listed,
                        "1 to " + einet::detail::number(scores.classes));
  // Checked by divisions, because a product of sizes from a file can overflow.
  const auto fits = [&](std::size_t values) {
    return values % exits == 0 && values / exits % scores.listed == 0 &&
           values / exits / scores.listed == scores.samples();
  };
  for (const auto& [name, values] :
       {std::pair("column.size()", scores.column.size()), std::pair("log.size()", scores.log.size())})
    einet::detail::expect(fits(values), what, name, values,
                          einet::detail::number(exits) + " exits of " + einet::detail::number(scores.listed) +
                              " listed classes for " + einet::detail::number(scores.samples()) + " samples");
  for (std::size_t i = 0; i < scores.column.size(); ++i) {
    if (scores.column[i] < 0 || static_cast<std::size_t>(scores.column[i]) >= scores.classes)
      einet::detail::expect(false, what, {"column", i}, scores.column[i],
                            "0 to " + einet::detail::number(scores.classes - 1));
    einet::detail::expect(scores.log[i] <= 0 && is_finite(scores.log[i]), what, {"log", i}, scores.log[i],
                          "the logarithm of a probability");
  }
}

/// The temperature of the highest likelihood for each exit; 1 without samples.
/// @pre the scores are valid
template <std::size_t N>
[[nodiscard]] std::array<double, most_exits<N>> fit_temperatures(const ClassScores<N>& scores) {
  std::array<double, most_exits<N>> temperature;
  temperature.fill(1);
  for (std::size_t k = 0; k < scores.exit_count() && scores.samples() > 0; ++k) {
    std::vector<float> values;
    std::vector<std::int32_t> truth;
    for (std::size_t s = 0; s < scores.samples(); ++s) {
      const auto row = scores.logs_of(s, k);
      values.insert(values.end(), row.begin(), row.end());
      const auto named = scores.classes_of(s, k);
      const auto found = std::find(named.begin(), named.end(), scores.label[s]);
      // If as many classes are listed as there are, one that is missing has probability 0, as has the last.
      const auto last = static_cast<std::int32_t>(scores.listed) - 1;
      truth.push_back(found != named.end()              ? static_cast<std::int32_t>(found - named.begin())
                      : scores.listed == scores.classes ? last
                                                        : -1);
    }
    temperature[k] = fit_temperature({values, scores.listed, scores.classes, truth});
  }
  return temperature;
}

/// The outputs of all exits with their class scores, softened by one temperature per exit.
/// @tparam K at least the number of classes; any further ones have probability 0
template <std::size_t N, std::size_t K>
class ScoredOutputs : public ExitCount<N> {
 public:
  /// @throws std::invalid_argument if there are more than K classes, or as `validate(scores)`
  ScoredOutputs(const ClassScores<N>& scores, const std::array<double, most_exits<N>>& temperature)
      : ExitCount<N>(scores.counted),
        classes_(scores.classes),
        listed_(scores.listed),
        column_(scores.column),
        probability_(scores.log) {
    validate(scores);
    einet::detail::expect(classes_ <= K, "class scores", "classes", classes_,
                          "at most " + einet::detail::number(K));
    const std::size_t others = classes_ - listed_;
    for (std::size_t i = 0; i < probability_.size(); i += listed_) {
      const std::span<float> row = std::span(probability_).subspan(i, listed_);
      const double softer = temperature[i / listed_ % this->exit_count()];
      const double highest = *std::max_element(row.begin(), row.end());
      const double log_sum = -einet::detail::tempered(row, others, -1, softer).largest;
      for (float& value : row)
        value = static_cast<float>(std::exp((static_cast<double>(value) - highest) / softer - log_sum));
    }
  }

  [[nodiscard]] std::size_t samples() const noexcept {
    return probability_.size() / (this->exit_count() * listed_);
  }

  [[nodiscard]] Scores<K> operator()(std::size_t sample, std::size_t exit) const noexcept {
    EINET_ASSERT(sample < samples() && exit < this->exit_count());
    const std::size_t at = (sample * this->exit_count() + exit) * listed_;
    Scores<K> output;
    float left = 1;
    for (std::size_t i = 0; i < listed_; ++i) left -= probability_[at + i];
    const float other = classes_ > listed_ && left > 0 ? left / static_cast<float>(classes_ - listed_) : 0.f;
    std::fill_n(output.scores.begin(), classes_, other);
    output.confidence = -1;
    for (std::size_t i = 0; i < listed_; ++i) {
      const float probability = probability_[at + i];
      output.scores[static_cast<std::size_t>(column_[at + i])] = probability;
      if (probability <= output.confidence) continue;
      output.confidence = probability;
      output.label = column_[at + i];
    }
    output.confidence = (std::min)(output.confidence, 1.f);
    return output;
  }

 private:
  std::size_t classes_;
  std::size_t listed_;
  std::vector<std::int32_t> column_;  // [samples][N][listed]
  std::vector<float> probability_;    // [samples][N][listed], softened
};

/// One block of a profile with class scores: takes its profiled time and yields what the profile says.
template <std::size_t N, std::size_t K>
class ScoredBlock {
 public:
  ScoredBlock(const TimeProfile<N>& times, const ScoredOutputs<N, K>& outputs, std::size_t exit) noexcept
      : times_(&times), outputs_(&outputs), exit_(exit) {}
  ScoredBlock(const TimeProfile<N>&&, const ScoredOutputs<N, K>&, std::size_t) = delete;  // it would dangle
  ScoredBlock(const TimeProfile<N>&, const ScoredOutputs<N, K>&&, std::size_t) = delete;

  void advance(ReplayedSample& on) const noexcept { on.time->advance(times_->conv[exit_]); }
  [[nodiscard]] Scores<K> classify(const ReplayedSample& on) const noexcept {
    on.time->advance(times_->branch[exit_]);
    return (*outputs_)(on.sample, exit_);
  }

 private:
  const TimeProfile<N>* times_;
  const ScoredOutputs<N, K>* outputs_;
  std::size_t exit_;
};

/// The network that a profile with class scores stands for, as by `replay`. Both arguments must outlive it.
template <std::size_t N, std::size_t K>
[[nodiscard]] ReplayNetwork<ScoredBlock<N, K>, N> replay_scores(const TimeProfile<N>& times,
                                                                const ScoredOutputs<N, K>& outputs) {
  return einet::detail::replay_blocks<ScoredBlock<N, K>>(times, outputs);
}
template <std::size_t N, std::size_t K>
ReplayNetwork<ScoredBlock<N, K>, N> replay_scores(const TimeProfile<N>&&,
                                                  const ScoredOutputs<N, K>&) = delete;
template <std::size_t N, std::size_t K>
ReplayNetwork<ScoredBlock<N, K>, N> replay_scores(const TimeProfile<N>&,
                                                  const ScoredOutputs<N, K>&&) = delete;

}  // namespace einet::eval
