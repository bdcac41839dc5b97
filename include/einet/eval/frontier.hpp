#pragma once
// Accuracy against the time for which a strategy keeps the device busy: what a strategy reaches by its knob
// (a price, a threshold, the choice of a static plan), and how two strategies compare at equal time, sample
// by sample, so that a difference has its paired interval.

#include <einet/base/expect.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/timelines.hpp>
#include <einet/plan/law.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace einet::eval {

/// A strategy with its knob in one place.
struct OperatingPoint {
  double knob = 0;
  double busy = 0;              ///< mean seconds that a run takes if nobody stops it
  double busy_until_stop = 0;   ///< the same, cut by the stop
  double accuracy = 0;          ///< mean of `correct`
  std::vector<double> correct;  ///< [samples] as in Replayed
  std::vector<double> seconds;  ///< [samples] that the run takes if nobody stops it; their mean is `busy`
};

/// @param law with a horizon, if its kind needs one
template <stop_law Law>
[[nodiscard]] OperatingPoint operating_point(const Timelines& runs, const Law& law, double knob = 0) {
  Replayed judged = eval::judged(runs, law);
  std::vector<double> seconds(runs.size());
  for (std::size_t s = 0; s < runs.size(); ++s) seconds[s] = runs.busy(s);
  return {knob,
          judged.busy,
          judged.busy_until_stop,
          judged.accuracy,
          std::move(judged.correct),
          std::move(seconds)};
}

/// Which points no mixture of others beats: the corners of the upper convex hull of all of them and of never
/// running, which takes no time and is never right. By rising busy time, up to the most accurate.
/// @param busy, accuracy one each per point
/// @return indices
[[nodiscard]] inline std::vector<std::size_t> upper_hull(std::span<const double> busy,
                                                         std::span<const double> accuracy) {
  einet::detail::expect(busy.size() == accuracy.size(), "upper_hull", "accuracy.size()", accuracy.size(),
                        einet::detail::number(busy.size()) + " points as of busy");
  std::vector<std::size_t> order(busy.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return busy[a] < busy[b]; });
  std::vector<std::size_t> hull;
  double best = 0;
  for (const std::size_t point : order) {
    if (!(accuracy[point] > best)) continue;
    best = accuracy[point];
    // A corner goes when the line from the one before it to the new point passes above it.
    while (!hull.empty()) {
      const std::size_t corner = hull.back();
      const bool first = hull.size() == 1;
      const double x = first ? 0 : busy[hull[hull.size() - 2]];
      const double y = first ? 0 : accuracy[hull[hull.size() - 2]];
      if ((accuracy[corner] - y) * (busy[point] - x) > (accuracy[point] - y) * (busy[corner] - x)) break;
      hull.pop_back();
    }
    hull.push_back(point);
  }
  return hull;
}

/// Points of one strategy on the same samples, joined by lines: between two of them, either is taken at
/// random, with such chances that the mean busy time is the one that is wanted. Below the first, a run is
/// left out at random; above the last, time stays unused.
class Frontier {
 public:
  /// @param points in any order; of those of equal busy time, the first counts
  /// @throws std::invalid_argument if there are none, or if they are of different numbers of samples
  explicit Frontier(std::vector<OperatingPoint> points) : points_(std::move(points)) {
    einet::detail::expect(!points_.empty(), "Frontier", "points.size()", points_.size(),
                          "at least one point");
    for (const OperatingPoint& point : points_)
      einet::detail::expect(point.correct.size() == samples() && point.seconds.size() == samples(),
                            "Frontier", "correct.size()", point.correct.size(),
                            einet::detail::number(samples()) + " samples as of the first point");
    std::stable_sort(points_.begin(), points_.end(),
                     [](const OperatingPoint& a, const OperatingPoint& b) { return a.busy < b.busy; });
    points_.erase(
        std::unique(points_.begin(), points_.end(),
                    [](const OperatingPoint& a, const OperatingPoint& b) { return a.busy == b.busy; }),
        points_.end());
  }

  /// By rising busy time.
  [[nodiscard]] std::span<const OperatingPoint> points() const noexcept { return points_; }
  [[nodiscard]] std::size_t samples() const noexcept { return points_.front().correct.size(); }

  /// @param busy mean seconds, >= 0
  [[nodiscard]] double accuracy(double busy) const noexcept {
    const Line line = line_at(busy);
    return line.left.accuracy + line.slope() * (busy - line.left.busy);
  }

  /// Mean seconds until the stop of runs that take `busy` seconds if nobody stops them.
  [[nodiscard]] double busy_until_stop(double busy) const noexcept {
    const Line line = line_at(busy);
    return line.left.until_stop + line.share(busy) * (line.right.until_stop - line.left.until_stop);
  }

  /// accuracy(busy) sample by sample, for paired comparisons; it is the mean of these. A sample counts with
  /// the probability that it is right, less what the seconds that it takes beyond `busy` are worth at the
  /// slope of the line: which mixture takes `busy` seconds depends on the samples, too, and this is its part
  /// in how far chance goes (the linear term of the mean over resampled samples).
  [[nodiscard]] std::vector<double> correct(double busy) const {
    std::vector<double> sum(samples());
    add(line_at(busy), busy, 1, sum);
    return sum;
  }

  /// The mean of correct(busy) over busy times between two.
  /// @param from, to seconds, 0 <= from < to
  [[nodiscard]] std::vector<double> mean_correct(double from, double to) const {
    std::vector<double> sum(samples());
    double start = from;
    for (std::size_t k = 0; k <= points_.size() && start < to; ++k) {
      const double end = k < points_.size() ? (std::min)(to, points_[k].busy) : to;
      if (end <= start) continue;
      const double middle = start + (end - start) / 2;  // along a line, the mean is that of its middle
      add(line_at(middle), middle, (end - start) / (to - from), sum);
      start = end;
    }
    return sum;
  }

 private:
  struct Place {
    double busy = 0, until_stop = 0, accuracy = 0;
    const OperatingPoint* point = nullptr;  ///< null: never running
  };

  struct Line {
    Place left, right;
    [[nodiscard]] double width() const noexcept { return right.busy - left.busy; }
    [[nodiscard]] double slope() const noexcept {
      return width() > 0 ? (right.accuracy - left.accuracy) / width() : 0;
    }
    /// Chance of the right place.
    [[nodiscard]] double share(double busy) const noexcept {
      return width() > 0 ? (busy - left.busy) / width() : 1;
    }
  };

  [[nodiscard]] Place place(std::size_t k) const noexcept {
    return {points_[k].busy, points_[k].busy_until_stop, points_[k].accuracy, &points_[k]};
  }
  [[nodiscard]] Line line_before(std::size_t k) const noexcept {
    return {k == 0 ? Place{} : place(k - 1), place(k)};
  }
  [[nodiscard]] Line line_at(double busy) const noexcept {
    for (std::size_t k = 0; k < points_.size(); ++k)
      if (busy < points_[k].busy) return line_before(k);
    return {place(points_.size() - 1), place(points_.size() - 1)};
  }

  /// Adds `weight` times correct(busy) along a line.
  static void add(const Line& line, double busy, double weight, std::vector<double>& sum) {
    const double share = line.share(busy), slope = line.slope();
    const auto add_place = [&](const Place& place, double chance) {
      if (place.point == nullptr || chance <= 0) return;
      for (std::size_t s = 0; s < sum.size(); ++s)
        sum[s] += weight * chance * (place.point->correct[s] - slope * place.point->seconds[s]);
    };
    add_place(line.left, 1 - share);
    add_place(line.right, share);
    for (double& sample : sum) sample += weight * slope * busy;
  }

  std::vector<OperatingPoint> points_;
};

}  // namespace einet::eval
