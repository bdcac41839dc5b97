#pragma once
// The accuracy of the answer in hand as a curve over time.

#include <einet/eval/timelines.hpp>

#include <cstddef>
#include <vector>

namespace example::demo {

/// The share of the runs whose answer in hand is right, at each of `moments`.
/// @param moments rising, in seconds
/// @param late seconds by which every answer comes later than in `runs`
inline std::vector<double> accuracy_at(const std::vector<double>& moments, const einet::eval::Timelines& runs,
                                       double late) {
  std::vector<double> right(moments.size());
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const auto answers = runs[run];
    std::size_t ready = 0;
    for (std::size_t k = 0; k < moments.size(); ++k) {
      while (ready < answers.size() && answers[ready].ready + late <= moments[k]) ++ready;
      if (ready > 0 && answers[ready - 1].correct) ++right[k];
    }
  }
  for (double& each : right) each /= static_cast<double>(runs.size());
  return right;
}

}  // namespace example::demo
