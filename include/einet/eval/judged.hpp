#pragma once
// How accurate runs are when the stop comes unpredictably: integrated over the stop-time law in closed form,
// sample by sample, so that there is no noise from sampling stops.

#include <einet/base/expect.hpp>
#include <einet/eval/seconds_until_stop.hpp>
#include <einet/eval/timelines.hpp>
#include <einet/plan/law.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace einet::eval {

/// Results of a planner on the samples of a profile; means over samples and over the stop-time law.
struct Replayed {
  std::vector<double> correct;  ///< [samples] probability that the answer in hand at the stop is right
  double accuracy = 0;          ///< mean of `correct`; no answer counts as wrong
  double no_answer_rate = 0;    ///< probability that there is no answer at the stop
  double exits_per_image = 0;   ///< outputs that are ready by the stop
  double planning_share = 0;    ///< share of planning in the time of an uninterrupted run
  double busy = 0;              ///< seconds that a run takes if nobody stops it
  double busy_until_stop = 0;   ///< the same, cut by the stop
};

/// Judges the runs under stops by `law`. A stop after the last answer of a run finds that answer.
/// @param law with a horizon, if its kind needs one; it may differ from the law that was planned for
template <stop_law Law>
[[nodiscard]] Replayed judged(const Timelines& runs, const Law& law) {
  Replayed sum;
  sum.correct.reserve(runs.size());
  for (std::size_t sample = 0; sample < runs.size(); ++sample) {
    const auto answers = runs[sample];
    double correct = 0;
    for (std::size_t k = 0; k < answers.size(); ++k) {
      const double ready = 1 - law.cdf(answers[k].ready);
      const double next = k + 1 < answers.size() ? 1 - law.cdf(answers[k + 1].ready) : 0;
      if (answers[k].correct) correct += ready - next;
      sum.exits_per_image += ready;
    }
    sum.correct.push_back(correct);
    sum.accuracy += correct;
    sum.no_answer_rate += answers.empty() ? 1 : law.cdf(answers.front().ready);
    sum.busy += runs.busy(sample);
    sum.busy_until_stop += seconds_until_stop(law, runs.busy(sample));
  }
  if (const auto samples = static_cast<double>(runs.size()); samples > 0) {
    sum.accuracy /= samples;
    sum.no_answer_rate /= samples;
    sum.exits_per_image /= samples;
    sum.busy /= samples;
    sum.busy_until_stop /= samples;
  }
  sum.planning_share = runs.planning_share();
  return sum;
}

/// Accuracy against time: the share of samples whose answer in hand at each of these moments is right. No
/// answer counts as wrong; an answer that is ready exactly at the moment counts.
/// @param moments seconds since the start, in any order
[[nodiscard]] inline std::vector<double> accuracy_curve(const Timelines& runs,
                                                        std::span<const double> moments) {
  std::vector<double> right(moments.size());
  for (std::size_t sample = 0; sample < runs.size(); ++sample) {
    const auto answers = runs[sample];
    for (std::size_t i = 0; i < moments.size(); ++i) {
      bool correct = false;
      for (std::size_t k = 0; k < answers.size() && answers[k].ready <= moments[i]; ++k)
        correct = answers[k].correct;
      right[i] += correct ? 1 : 0;
    }
  }
  if (runs.size() > 0)
    for (double& share : right) share /= static_cast<double>(runs.size());
  return right;
}

/// Difference between two strategies for each of the same samples, as `bootstrap_mean` takes it for a paired
/// comparison.
/// @throws std::invalid_argument naming both lengths if they differ
[[nodiscard]] inline std::vector<double> paired_differences(std::span<const double> ours,
                                                            std::span<const double> theirs) {
  einet::detail::expect(ours.size() == theirs.size(), "paired_differences", "theirs.size()", theirs.size(),
                        einet::detail::number(ours.size()) + " samples as of ours");
  std::vector<double> difference(ours.size());
  for (std::size_t s = 0; s < ours.size(); ++s) difference[s] = ours[s] - theirs[s];
  return difference;
}

}  // namespace einet::eval
