#include "catch.hpp"
#include "sanitized.hpp"
#include "support.hpp"

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/frontier.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <stdexcept>
#include <vector>

using namespace einet;
using einet::test::cases;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

namespace {

using eval::Frontier;
using eval::OperatingPoint;

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.) / static_cast<double>(values.size());
}

OperatingPoint point(std::vector<double> correct, std::vector<double> seconds, double knob = 0) {
  return {knob, mean(seconds), 0, mean(correct), std::move(correct), std::move(seconds)};
}

/// Samples that are harder or easier; harder ones take longer. Later points are more accurate and busier.
std::vector<OperatingPoint> random_points(std::mt19937_64& random, std::size_t samples, std::size_t points) {
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<std::vector<double>> correct(points), seconds(points);
  for (std::size_t s = 0; s < samples; ++s) {
    const double ease = unit(random);
    for (std::size_t k = 0; k < points; ++k) {
      const double depth = std::sqrt(static_cast<double>(k + 1) / static_cast<double>(points));
      correct[k].push_back(unit(random) < .2 + .7 * ease * depth ? unit(random) : 0);
      seconds[k].push_back(static_cast<double>(k + 1) * (1.5 - ease) * (.5 + unit(random)));
    }
  }
  std::vector<OperatingPoint> all;
  for (std::size_t k = 0; k < points; ++k)
    all.push_back(point(correct[k], seconds[k], static_cast<double>(k)));
  return all;
}

/// The frontier of some of the samples, each as often as it is named.
Frontier resampled(const std::vector<OperatingPoint>& points, const std::vector<std::size_t>& drawn) {
  std::vector<OperatingPoint> again;
  for (const OperatingPoint& from : points) {
    std::vector<double> correct, seconds;
    for (const std::size_t s : drawn) {
      correct.push_back(from.correct[s]);
      seconds.push_back(from.seconds[s]);
    }
    again.push_back(point(correct, seconds, from.knob));
  }
  return Frontier(again);
}

/// The best that a mixture of two points, or of one and never running, reaches without taking longer.
double best_mixture(const std::vector<double>& x, const std::vector<double>& y, double busy) {
  double best = 0;
  for (std::size_t a = 0; a <= x.size(); ++a)
    for (std::size_t b = 0; b < x.size(); ++b) {
      const double xa = a < x.size() ? x[a] : 0, ya = a < x.size() ? y[a] : 0;
      if (x[b] <= busy) best = (std::max)(best, y[b]);
      if (xa <= busy && x[b] >= busy && x[b] > xa)
        best = (std::max)(best, ya + (y[b] - ya) * (busy - xa) / (x[b] - xa));
    }
  return best;
}

}  // namespace

TEST_CASE("a point holds means and every sample of its runs", "[eval][frontier]") {
  eval::Timelines runs(2, 2);
  runs.push(0, {1, 0, .5f, true});
  runs.push(0, {3, 1, .5f, false});
  runs.set_seconds(0, 3.5, 0);
  runs.set_seconds(1, .5, 0);
  const auto made = eval::operating_point(runs, Uniform{4}, 7);
  CHECK(made.knob == 7);
  CHECK(made.correct == std::vector<double>{.5, 0});
  CHECK(made.seconds == std::vector<double>{3.5, .5});
  CHECK(made.accuracy == .25);
  CHECK(made.busy == 2);
  CHECK_THAT(made.busy_until_stop, WithinAbs((3.5 - 3.5 * 3.5 / 8 + .5 - .25 / 8) / 2, 1e-12));
}

TEST_CASE("mixtures of the hull's corners are as good as those of all pairs of points", "[eval][frontier]") {
  const std::uint64_t seed = 17;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<int> place(0, 12);  // few places, so that points coincide and lie on lines
  for (std::size_t round = 0; round < cases(2000); ++round) {
    std::vector<double> x, y;
    for (std::size_t k = 0, points = 1 + random() % 9; k < points; ++k) {
      x.push_back(place(random) / 4.);
      y.push_back(place(random) / 16.);
    }
    const auto hull = eval::upper_hull(x, y);
    std::vector<double> hull_x, hull_y;
    for (const std::size_t corner : hull) {
      hull_x.push_back(x[corner]);
      hull_y.push_back(y[corner]);
    }
    for (double busy = 0; busy < 3.2; busy += .1)
      CHECK_THAT(best_mixture(hull_x, hull_y, busy), WithinAbs(best_mixture(x, y, busy), 1e-12));
    // No corner is to spare.
    for (std::size_t gone = 0; gone < hull.size(); ++gone) {
      auto fewer_x = hull_x, fewer_y = hull_y;
      fewer_x.erase(fewer_x.begin() + static_cast<std::ptrdiff_t>(gone));
      fewer_y.erase(fewer_y.begin() + static_cast<std::ptrdiff_t>(gone));
      CHECK(best_mixture(fewer_x, fewer_y, hull_x[gone]) < hull_y[gone] - 1e-9);
    }
  }
  CHECK_THROWS_WITH(eval::upper_hull(std::vector<double>{1}, {}),
                    ContainsSubstring("accuracy.size() is 0, expected 1 points"));
  CHECK(eval::upper_hull({}, {}).empty());
}

TEST_CASE("between two points a frontier is their mixture, and outside what can be had for the time",
          "[eval][frontier]") {
  const Frontier line({point({1, 1, 0, 1}, {4, 4, 4, 4}), point({1, 0, 0, 0}, {1, 0, 2, 1}),
                       point({0, 0, 0, 0}, {4, 4, 4, 4})});
  REQUIRE(line.points().size() == 2);
  CHECK(line.points()[0].busy == 1);
  CHECK(line.points()[1].accuracy == .75);
  CHECK(line.accuracy(0) == 0);
  CHECK(line.accuracy(.5) == .125);
  CHECK(line.accuracy(1) == .25);
  CHECK(line.accuracy(2.5) == .5);
  CHECK(line.accuracy(4) == .75);
  CHECK(line.accuracy(9) == .75);
  auto cut = std::vector(line.points().begin(), line.points().end());
  cut[0].busy_until_stop = .8;
  cut[1].busy_until_stop = 2;
  const Frontier stopped(cut);
  CHECK_THAT(stopped.busy_until_stop(.5), WithinAbs(.4, 1e-12));
  CHECK_THAT(stopped.busy_until_stop(3), WithinAbs(1.6, 1e-12));
  CHECK(stopped.busy_until_stop(4) == 2);
  CHECK(stopped.busy_until_stop(9) == 2);
  // Half of the runs by either point; a second is worth 1/6.
  const auto half = line.correct(2.5);
  CHECK_THAT(half[0], WithinAbs(1 - (2.5 - 2.5) / 6, 1e-12));
  CHECK_THAT(half[1], WithinAbs(.5 - (2 - 2.5) / 6, 1e-12));
  CHECK_THAT(half[2], WithinAbs(0 - (3 - 2.5) / 6, 1e-12));
  CHECK(line.correct(9) == std::vector<double>{1, 1, 0, 1});
}

TEST_CASE("the mean of a frontier's samples is its accuracy, and that of a range the area under it",
          "[eval][frontier]") {
  const std::uint64_t seed = 23;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> moment(0, 7);
  for (int round = 0; round < 20; ++round) {
    const Frontier made(random_points(random, 30, 1 + random() % 5));
    double from = moment(random), to = moment(random);
    if (to < from) std::swap(from, to);
    CHECK_THAT(mean(made.correct(from)), WithinAbs(made.accuracy(from), 1e-12));
    constexpr int slices = 20'000;
    double area = 0;
    for (int i = 0; i < slices; ++i) area += made.accuracy(from + (to - from) * (i + .5) / slices) / slices;
    CHECK_THAT(mean(made.mean_correct(from, to)), WithinAbs(area, 1e-6));
    // Sample by sample, too.
    std::vector<double> summed(made.samples());
    constexpr int fewer = 2000;
    for (int i = 0; i < fewer; ++i) {
      const auto at = made.correct(from + (to - from) * (i + .5) / fewer);
      for (std::size_t s = 0; s < at.size(); ++s) summed[s] += at[s] / fewer;
    }
    const auto exact = made.mean_correct(from, to);
    for (std::size_t s = 0; s < exact.size(); ++s) CHECK_THAT(exact[s], WithinAbs(summed[s], 2e-3));
  }
}

TEST_CASE("intervals at equal busy time are those of frontiers of resampled samples", "[eval][frontier]") {
  const std::uint64_t seed = 29;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  constexpr std::size_t samples = 400;
  const auto ours = random_points(random, samples, 4), theirs = random_points(random, samples, 3);
  const Frontier one(ours), other(theirs);
  const auto compare = [&](const std::vector<double>& differences, auto&& difference_of) {
    const auto linear = eval::bootstrap_mean(differences, 4000);
    std::uniform_int_distribution<std::size_t> draw(0, samples - 1);
    std::vector<double> all(4000);
    for (double& found : all) {
      std::vector<std::size_t> drawn(samples);
      for (std::size_t& s : drawn) s = draw(random);
      found = difference_of(resampled(ours, drawn), resampled(theirs, drawn));
    }
    std::sort(all.begin(), all.end());
    CHECK_THAT(linear.mean, WithinAbs(difference_of(one, other), 1e-12));
    const double width = all[3900] - all[100];
    CHECK_THAT(linear.low, WithinAbs(all[100], .06 * width));
    CHECK_THAT(linear.high, WithinAbs(all[3900], .06 * width));
  };
  for (const double busy : test::sanitized ? std::vector<double>{} : std::vector{.6, 1.7, 2.4})
    compare(eval::paired_differences(one.correct(busy), other.correct(busy)),
            [&](const Frontier& a, const Frontier& b) { return a.accuracy(busy) - b.accuracy(busy); });
  compare(eval::paired_differences(one.mean_correct(.5, 2.5), other.mean_correct(.5, 2.5)),
          [](const Frontier& a, const Frontier& b) {
            return mean(a.mean_correct(.5, 2.5)) - mean(b.mean_correct(.5, 2.5));
          });
}

TEST_CASE("a frontier without points or of different samples is refused", "[eval][frontier]") {
  CHECK_THROWS_WITH(Frontier({}), ContainsSubstring("Frontier: points.size() is 0"));
  CHECK_THROWS_WITH(Frontier({point({1, 0}, {1, 1}), point({1}, {2})}),
                    ContainsSubstring("Frontier: correct.size() is 1, expected 2 samples"));
}
