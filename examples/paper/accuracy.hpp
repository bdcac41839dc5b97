#pragma once
// What the tables of accuracies share.

#include "paper/commands.hpp"
#include "paper/study.hpp"

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>

#include <cstddef>
#include <string>

namespace paper {

inline std::string percent(double share) {
  return text("%.2f", 100 * share);
}

/// Accuracy of one strategy minus that of another, with its paired interval.
inline einet::eval::Interval gain(const einet::eval::Replayed& ours, const einet::eval::Replayed& theirs) {
  return einet::eval::bootstrap_mean(einet::eval::paired_differences(ours.correct, theirs.correct));
}

/// Mean time of the device until the stop, as a share of T.
inline std::string device_time(const einet::eval::Replayed& judged, const Study& study) {
  return text("%.1f", 100 * judged.busy_until_stop / study.horizon());
}
inline constexpr auto device_time_note =
    "The device's time of a run ends with its plan or at the stop. A run that never ends before the stop "
    "takes "
    "half of T on average.";

/// Whether a difference is more than the choice of samples explains.
inline const char* verdict(const einet::eval::Interval& difference) {
  return difference.low > 0 ? "yes" : difference.high < 0 ? "no" : "undecided";
}

/// "3 of 5 networks"
inline std::string of_networks(std::size_t some, std::size_t all) {
  return text("%zu of %zu network%s", some, all, all == 1 ? "" : "s");
}

/// Whether a claim about all networks holds.
inline const char* verdict(std::size_t holding, std::size_t all) {
  return holding == all ? "yes" : holding == 0 ? "no" : "in part";
}

}  // namespace paper
