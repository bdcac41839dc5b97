#include "catch.hpp"
#include "counting_new.hpp"
#include "support.hpp"

#include <einet/plan/law.hpp>
#include <einet/plan/stop_history.hpp>
#include <einet/plan/truncated_gaussian.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

using namespace einet;
using namespace einet::test;

static_assert(std::is_nothrow_move_constructible_v<StopHistory>);
static_assert(noexcept(std::declval<StopHistory&>().observe(1.0)));
static_assert(noexcept(std::declval<StopHistory&>().observe_completion(1.0)));
static_assert(noexcept(std::declval<StopHistory&>().observe_completion()));
static_assert(stop_law<decltype(std::declval<const StopHistory&>().law())>);

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr double no_end = std::numeric_limits<double>::infinity();

/// A normal stop time, in shares of a horizon of 2 s, drawn anew until it falls into the horizon.
double draw_stop(std::mt19937_64& random, double mean, double deviation) {
  std::normal_distribution<double> normal(2 * mean, 2 * deviation);
  for (;;)
    if (const double t = normal(random); t >= 0 && t < 2) return t;
}

/// The greatest distance between two distribution functions over [0, 2.5 s].
template <class Law, class Other>
double distance(const Law& law, const Other& other, double to = 2.5) {
  double most = 0;
  for (double t = 0; t <= to; t += 1.0 / 512) most = (std::max)(most, std::abs(law.cdf(t) - other.cdf(t)));
  return most;
}

/// What a sample of this size may stray from its law, by Kolmogorov, once in 10^9 (Massart's constant), and
/// what even filling of 64 bins adds where the density is 2.2 a horizon at most and its slope 10.
double kolmogorov(double observations) {
  return std::sqrt(std::log(2e9) / (2 * observations)) + 10.0 / (8 * 64 * 64);
}

struct Observation {
  double seconds;
  bool stop;
};

void tell(StopHistory& history, const Observation& seen) {
  seen.stop ? history.observe(seen.seconds) : history.observe_completion(seen.seconds);
}

/// Stops and completions, some beyond the horizon of 2 s, some exactly at edges of bins.
Observation random_observation(std::mt19937_64& random, bool only_stops) {
  const bool at_edge = random() % 4 == 0;
  const double share = at_edge ? static_cast<double>(random() % 12) / 10
                               : std::uniform_real_distribution<double>(0, 1.1)(random);
  return {2 * share, only_stops || random() % 3 != 0};
}

/// P(stop < edge k of the bins) with the weights of all observations computed one by one. The weight of runs
/// that ended by themselves goes to the mass after them, in proportion (Efron 1967); half of the runs of a
/// bin count before its stops and half after.
std::vector<double> direct(const std::vector<Observation>& all, const StopHistoryOptions& options) {
  struct Group {
    double weight = 0;
    bool stop = false;
  };
  const std::size_t bins = options.bins;
  std::vector<Group> groups(3 * bins + 1);  // ended early, stops, ended late; for every bin; and the end
  for (std::size_t k = 0; k < bins; ++k)
    groups[3 * k + 1] = {options.prior / static_cast<double>(bins), true};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double weight =
        std::pow(0.5, static_cast<double>(all.size() - 1 - i) / options.half_life);  // 0 for infinity
    const auto k = static_cast<std::size_t>(all[i].seconds / 2 * static_cast<double>(bins));
    if (k >= bins) {
      groups.back().weight += weight;
    } else if (all[i].stop) {
      groups[3 * k + 1].weight += weight;
    } else {
      groups[3 * k].weight += weight / 2;
      groups[3 * k + 2].weight += weight / 2;
    }
  }
  double total = 0;
  for (const Group& group : groups) total += group.weight;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].stop || g + 1 == groups.size()) continue;
    double behind = 0;
    for (std::size_t h = g + 1; h < groups.size(); ++h) behind += groups[h].weight;
    if (!(behind > 0)) continue;  // it stays what it is: no stop
    for (std::size_t h = g + 1; h < groups.size(); ++h) groups[h].weight *= 1 + groups[g].weight / behind;
    groups[g].weight = 0;
  }
  std::vector<double> cdf{0};
  for (std::size_t k = 0; k < bins; ++k) cdf.push_back(cdf.back() + groups[3 * k + 1].weight / total);
  return cdf;
}

void compare(std::uint64_t seed, std::size_t count, bool only_stops, const StopHistoryOptions& options) {
  CAPTURE(seed, count, only_stops, options.bins, options.half_life, options.prior);
  std::mt19937_64 random(seed);
  StopHistory history(2.0, options);
  std::vector<Observation> all;
  double weight = 0;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(random_observation(random, only_stops));
    tell(history, all.back());
    weight = weight * std::pow(0.5, 1 / options.half_life) + 1;
  }
  CHECK_THAT(history.weight(), WithinRel(weight, 1e-11) || WithinAbs(0, 0));
  const auto truth = direct(all, options);
  const auto law = history.law();
  CHECK(law.horizon() == 2.0);
  for (std::size_t k = 0; k <= options.bins; ++k)
    CHECK_THAT(law.cdf(2.0 * static_cast<double>(k) / static_cast<double>(options.bins)),
               WithinAbs(truth[k], 1e-11));
}

}  // namespace

TEST_CASE("without observations the learned law is uniform", "[plan][stop_history]") {
  CHECK(StopHistory{std::chrono::milliseconds(250)}.horizon() == 0.25);
  for (const std::size_t bins : {1U, 7U, 64U, 65536U}) {
    const StopHistory history(3.0, {.bins = bins});
    CHECK(history.weight() == 0);
    const auto law = history.law();
    for (double t = 0; t <= 3; t += 1.0 / 64) CHECK_THAT(law.cdf(t), WithinAbs(t / 3, 1e-12));
    CHECK(law.cdf(3) == 1);
    CHECK(law.cdf(100) == 1);
  }
}

TEST_CASE("learning, forgetting and runs that ended early equal weights computed one by one",
          "[plan][stop_history]") {
  std::uint64_t seed = 70;
  for (const double half_life : {1.0, 1.5, 10.0, 300.0, no_end})
    for (const std::size_t count : {0U, 1U, 2U, 50U, 514U, 3000U})  // 513: counts are scaled back
      for (const bool only_stops : {true, false}) {
        compare(++seed, count, only_stops, {.bins = 16, .half_life = half_life, .prior = 1});
        compare(++seed, count, only_stops, {.bins = 1, .half_life = half_life, .prior = 1e-6});
        compare(++seed, count, only_stops, {.bins = 50, .half_life = half_life, .prior = 1000});
      }
}

TEST_CASE("a history by hand", "[plan][stop_history]") {
  StopHistory history(4.0, {.bins = 4, .half_life = 1, .prior = 1});
  history.observe(0.5);          // weighs 1/8 in the end
  history.observe(3.0);          // 1/4
  history.observe_completion();  // 1/2
  history.observe(4.0);          // 1: at the horizon there is nothing left to interrupt
  CHECK(history.weight() == 1.875);
  const auto law = history.law();
  CHECK_THAT(law.cdf(1), WithinAbs((0.125 + 0.25) / 2.875, 1e-15));
  CHECK_THAT(law.cdf(2), WithinAbs((0.125 + 0.5) / 2.875, 1e-15));
  CHECK_THAT(law.cdf(3.5), WithinAbs((0.125 + 0.75 + 0.25) / 2.875, 1e-15));
  CHECK_THAT(law.cdf(9), WithinAbs(1.375 / 2.875, 1e-15));
}

TEST_CASE("the learned law comes as near to the true one as its number of observations allows",
          "[plan][stop_history]") {
  for (const auto& [mean, deviation] : {std::pair{0.5, 0.25}, std::pair{0.5, 0.5}, std::pair{1.3, 0.2}}) {
    std::mt19937_64 random(71);
    const auto truth = TruncatedGaussian::of_horizon(mean, deviation).over(2.0);
    StopHistory history(2.0, {.half_life = no_end});
    std::size_t seen = 0;
    for (const std::size_t count : {10U, 100U, 1000U, 10000U, 100000U}) {
      for (; seen < count; ++seen) history.observe(draw_stop(random, mean, deviation));
      CAPTURE(mean, deviation, count);
      const auto n = static_cast<double>(count);
      CHECK(distance(history.law(), truth) < kolmogorov(n) + 2 / n);  // 2: the prior
    }
  }
}

TEST_CASE("runs that end before their stop do not make late stops seem rare", "[plan][stop_history]") {
  std::mt19937_64 random(72);
  const auto truth = TruncatedGaussian::of_horizon(0.5, 0.25).over(2.0);
  StopHistory anywhere(2.0, {.half_life = no_end});  // ended at any moment
  StopHistory early(2.0, {.half_life = no_end});     // all ended at 70 % of the horizon
  const std::size_t count = 200000;
  for (std::size_t i = 0; i < count; ++i) {
    const double stop = draw_stop(random, 0.5, 0.25);
    const double end = std::uniform_real_distribution<double>(0, 4)(random);
    tell(anywhere, {(std::min)(stop, end), stop < end});
    tell(early, {(std::min)(stop, 1.4), stop < 1.4});
  }
  // Half of the runs lasted long enough to see the last stops, so the uncertainty doubles.
  CHECK(distance(anywhere.law(), truth) < 2 * kolmogorov(static_cast<double>(count)));
  // 1.4 s lies in bin 44 of 64, which is not seen to its end; after it there is only the prior, which is
  // uniform.
  const auto law = early.law();
  CHECK(distance(law, truth, 44.0 / 32) < kolmogorov(static_cast<double>(count)));
  for (double t = 45.0 / 32; t < 2; t += 1.0 / 128)
    CHECK_THAT((1 - law.cdf(t)) / (1 - law.cdf(45.0 / 32)), WithinAbs((2 - t) / (2 - 45.0 / 32), 1e-9));
}

TEST_CASE("the law follows a change at the speed of its half-life", "[plan][stop_history]") {
  std::mt19937_64 random(73);
  const auto before = TruncatedGaussian::of_horizon(0.2, 0.1).over(2.0);
  const auto after = TruncatedGaussian::of_horizon(0.8, 0.1).over(2.0);
  StopHistory forgetting(2.0, {.half_life = 500});
  StopHistory keeping(2.0, {.half_life = no_end});
  const auto observe = [&](double mean, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const double stop = draw_stop(random, mean, 0.1);
      forgetting.observe(stop);
      keeping.observe(stop);
    }
  };
  observe(0.2, 20000);
  // Weights that shrink like this have the variance of 2 / ln 2 half-lives of equal ones.
  const double stray = kolmogorov(2 * 500 / std::log(2.0)) + 40.0 / (8 * 64 * 64) + 2 / forgetting.weight();
  CHECK(distance(forgetting.law(), before) < stray);
  CHECK_THAT(forgetting.weight(), WithinRel(1 / (1 - std::exp2(-1.0 / 500)), 1e-9));
  observe(0.8, 500);  // 1 s lies three deviations from both means
  CHECK_THAT(forgetting.law().cdf(1), WithinAbs(0.5, 0.01));
  CHECK_THAT(keeping.law().cdf(1), WithinAbs(20000.0 / 20500, 0.003));
  observe(0.8, 9500);
  CHECK(distance(forgetting.law(), after) < stray);
  CHECK_THAT(keeping.law().cdf(1), WithinAbs(20000.0 / 30000, 0.003));
}

TEST_CASE("a law is a snapshot that later observations leave alone", "[plan][stop_history]") {
  StopHistory history(1.0);
  const auto law = history.law();
  for (int i = 0; i < 100; ++i) history.observe(0.1);
  CHECK_THAT(law.cdf(0.5), WithinAbs(0.5, 1e-12));
  CHECK(history.law().cdf(0.5) > 0.95);
}

TEST_CASE("when every run reaches the horizon, a stop becomes ever less likely", "[plan][stop_history]") {
  StopHistory history(1.0, {.half_life = no_end, .prior = 2});
  for (int i = 0; i < 998; ++i) i % 2 == 0 ? history.observe_completion() : history.observe_completion(7);
  CHECK_THAT(history.law().cdf(5), WithinAbs(2.0 / 1000, 1e-12));
}

TEST_CASE("invalid observations are refused and counted, and change nothing", "[plan][stop_history]") {
  StopHistory history(1.0);
  history.observe(0.25);
  StopHistoryState before = history.state();
  for (const double bad : {no_number, -no_number, no_end, -no_end, -1.0, -5e-324}) {
    history.observe(bad);
    history.observe_completion(bad);
  }
  CHECK(history.refused() == 12);
  before.refused = 12;
  CHECK(history.state() == before);
  for (const double good : {0.0, -0.0, 5e-324, 1.0, (std::numeric_limits<double>::max)()})
    history.observe(good);
  CHECK(history.refused() == 12);
  CHECK_THAT(history.weight(), WithinAbs(6, 0.02));
}

TEST_CASE("horizons of denormal and of huge seconds work", "[plan][stop_history]") {
  for (const double horizon : {5e-324, 1e-310, 1e308}) {
    StopHistory history(horizon, {.bins = 4, .half_life = no_end, .prior = 1});
    history.observe(0);
    history.observe(horizon);
    CAPTURE(horizon);
    CHECK_THAT(history.law().cdf(horizon), WithinAbs(2.0 / 3, 1e-12));
  }
}

TEST_CASE("observing never allocates, however long", "[plan][stop_history]") {
  std::mt19937_64 random(74);
  StopHistory history(2.0, {.half_life = 1});
  const std::size_t before = allocations();
  for (int i = 0; i < 5000; ++i) {  // counts are scaled back several times
    history.observe(std::uniform_real_distribution<double>(-0.1, 2.1)(random));
    history.observe_completion(1.0);
    history.observe_completion();
    history.observe(no_number);
  }
  CHECK(allocations() == before);
}

TEST_CASE("a history restored from its state continues to the last bit", "[plan][stop_history]") {
  std::mt19937_64 random(75);
  for (const double half_life : {1.0, 33.3, no_end}) {
    StopHistory history(2.0, {.bins = 10, .half_life = half_life, .prior = 1});
    for (int i = 0; i < 1000; ++i) tell(history, random_observation(random, false));
    StopHistory restored(history.state());
    for (int i = 0; i < 1000; ++i) {
      const auto seen = random_observation(random, false);
      tell(history, seen);
      tell(restored, seen);
    }
    CHECK(restored.state() == history.state());
  }
}

TEST_CASE("an invalid history is refused by field", "[plan][stop_history]") {
  for (const double bad : {0.0, -1.0, no_number, no_end})
    CHECK_THROWS_WITH(StopHistory{bad}, ContainsSubstring("StopHistory: horizon"));
  for (const std::size_t bad : {std::size_t{0}, std::size_t{65537}, ~std::size_t{0}})
    CHECK_THROWS_WITH((StopHistory{1, {.bins = bad}}), ContainsSubstring("StopHistory: bins"));
  for (const double bad : {0.0, 0.99, -1.0, no_number, -no_end})
    CHECK_THROWS_WITH((StopHistory{1, {.half_life = bad}}), ContainsSubstring("StopHistory: half_life"));
  for (const double bad : {0.0, -1.0, 1e-7, 1e10, no_number, no_end})
    CHECK_THROWS_WITH((StopHistory{1, {.prior = bad}}), ContainsSubstring("StopHistory: prior"));
}

TEST_CASE("an impossible state of a history is refused by field", "[plan][stop_history]") {
  const StopHistoryState sound = StopHistory(1.0, {.bins = 3}).state();
  const auto refuses = [&](auto spoil, const char* field) {
    StopHistoryState state = sound;
    spoil(state);
    CHECK_THROWS_AS(StopHistory{state}, std::invalid_argument);
    CHECK_THROWS_WITH(StopHistory{state}, ContainsSubstring(field));
  };
  CHECK_NOTHROW(StopHistory{sound});
  for (const double bad : {no_number, no_end, -1.0, -5e-324}) {
    refuses([&](StopHistoryState& state) { state.stops[1] = bad; }, "stops[1]");
    refuses([&](StopHistoryState& state) { state.completions[3] = bad; }, "completions[3]");
  }
  for (const double bad : {no_number, no_end, 0.0, 0.5, 0x1p513})
    refuses([&](StopHistoryState& state) { state.newest = bad; }, "newest");
  refuses([](StopHistoryState& state) { state.stops[0] = 1e300; }, "sum of all weights");
  refuses([](StopHistoryState& state) { state.stops = {1.7e308, 1.7e308, 1.7e308}; }, "sum of all weights");
  refuses([](StopHistoryState& state) { state.stops.push_back(0); }, "stops.size()");
  refuses([](StopHistoryState& state) { state.completions.clear(); }, "completions.size()");
  refuses([](StopHistoryState& state) { state.horizon = 0; }, "horizon");
}
