#pragma once
// At which price of time a planner uses how much of it.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace einet {

/// Mean seconds that runs keep the device busy, as a falling function of the price; linear between its
/// points.
class PriceCurve {
 public:
  static constexpr std::size_t most_points = 32;

  /// One price and what it brings.
  struct Point {
    double price;  ///< worth per second
    double busy;   ///< mean seconds of a run
  };

  /// @param points of rising price, the first 0; 2 to most_points of them. Where noise makes the busy time
  /// rise, it counts as that of the point before.
  /// @throws std::invalid_argument naming the point
  explicit PriceCurve(std::span<const Point> points) : count_(points.size()) {
    constexpr auto what = "PriceCurve";
    detail::expect(count_ >= 2 && count_ <= most_points, what, "number of points", count_, "2 to 32");
    detail::expect(points[0].price == 0, what, {"price", 0}, points[0].price, "0");
    for (std::size_t k = 0; k < count_; ++k) {
      detail::expect(is_finite(points[k].price) && (k == 0 || points[k].price > points[k - 1].price), what,
                     {"price", k}, points[k].price, "a finite price above the one before");
      detail::expect(is_finite(points[k].busy) && points[k].busy > 0, what, {"busy", k}, points[k].busy,
                     "finite seconds > 0");
      points_[k] = points[k];
      if (k > 0) points_[k].busy = (std::min)(points_[k].busy, points_[k - 1].busy);
    }
  }

  [[nodiscard]] std::span<const Point> points() const noexcept { return std::span(points_).first(count_); }

  /// Mean busy time at price 0, and at the highest price.
  [[nodiscard]] double most() const noexcept { return points_[0].busy; }
  [[nodiscard]] double least() const noexcept { return points_[count_ - 1].busy; }

  /// The lowest price at which runs take `busy` seconds on average; 0 if they never take more, the highest if
  /// they always do.
  [[nodiscard]] double price(double busy) const noexcept {
    if (!(busy < most())) return 0;
    std::size_t k = 1;
    while (k + 1 < count_ && points_[k].busy > busy) ++k;
    const Point &before = points_[k - 1], &after = points_[k];
    if (!(busy > after.busy)) return after.price;
    const double way = (before.busy - busy) / (before.busy - after.busy);
    return before.price + way * (after.price - before.price);
  }

  /// Mean seconds of runs at a price >= 0.
  [[nodiscard]] double busy(double price) const noexcept {
    std::size_t k = 1;
    while (k + 1 < count_ && points_[k].price < price) ++k;
    const Point &before = points_[k - 1], &after = points_[k];
    const double way = (std::clamp)((price - before.price) / (after.price - before.price), 0., 1.);
    return before.busy + way * (after.busy - before.busy);
  }

 private:
  std::size_t count_;
  std::array<Point, most_points> points_{};
};

}  // namespace einet
