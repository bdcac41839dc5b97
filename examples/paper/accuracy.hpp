#pragma once
// What the tables of accuracies share.

#include "paper/commands.hpp"

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>

#include <optional>
#include <string>

namespace paper {

/// What Table II says of a network of the same kind on the same data.
struct Published {
  const char* model;
  double best_static, ours;  ///< per cent
};

/// The paper's networks are wider and were trained longer: of the same kind is as close as we get.
inline std::optional<Published> published(const std::string& name) {
  if (name == "vgg16_cifar100") return Published{"VGG-16, CIFAR-100", 65.63, 66.08};
  if (name == "msdnet21_cifar100") return Published{"MSDNet21, CIFAR-100", 62.25, 63.92};
  return std::nullopt;
}

inline std::string percent(double share) {
  return text("%.2f", 100 * share);
}

/// Accuracy of one strategy minus that of another, with its paired interval.
inline einet::eval::Interval gain(const einet::eval::Replayed& ours, const einet::eval::Replayed& theirs) {
  return einet::eval::bootstrap_mean(einet::eval::paired_differences(ours.correct, theirs.correct));
}

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
