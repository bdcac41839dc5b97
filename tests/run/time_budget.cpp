#include "catch.hpp"
#include "counting_new.hpp"
#include "support.hpp"

#include <einet/plan/time_profile.hpp>
#include <einet/run/time_budget.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

using namespace einet;
using namespace einet::test;

static_assert(std::is_trivially_copyable_v<TimeBudget>);
static_assert(noexcept(std::declval<TimeBudget&>().observe(1.0)));
static_assert(noexcept(std::declval<const TimeBudget&>().price()));
static_assert(noexcept(std::declval<const TimeBudget&>().fit()));

namespace {

/// A network with what it can win: x seconds after the first exit, a sample has won gain·(1 -
/// exp(-x/patience)) of worth. It is run on, exit by exit, while an exit wins more than the price of its
/// time.
struct Plant {
  double first;     ///< seconds of the first exit
  double beyond;    ///< seconds of all others
  double patience;  ///< seconds
  std::size_t exits;
  double decades;  ///< over which the gains of samples are spread, evenly in the logarithm, up to .6

  [[nodiscard]] double won(double gain, double seconds) const {
    return gain * (1 - std::exp(-(seconds - first) / patience));
  }

  [[nodiscard]] double busy(double price, double gain) const {
    double seconds = first;
    const double step = beyond / static_cast<double>(exits - 1);
    const double kept = std::exp(-step / patience);
    double next = gain * (1 - kept);  // what the next exit wins
    for (std::size_t k = 1; k < exits && next > price * step; ++k) {
      seconds += step;
      next *= kept;
    }
    return seconds;
  }

  [[nodiscard]] std::vector<double> gains(std::mt19937_64& random, std::size_t count) const {
    std::uniform_real_distribution<double> uniform(-decades, 0);
    std::vector<double> all(count);
    for (double& one : all) one = .6 * std::pow(10, uniform(random));
    return all;
  }

  [[nodiscard]] double mean(double price, const std::vector<double>& gains) const {
    double sum = 0;
    for (const double gain : gains) sum += busy(price, gain);
    return sum / static_cast<double>(gains.size());
  }

  /// On a machine that takes `factor` times as long.
  [[nodiscard]] Plant times(double factor) const {
    return {factor * first, factor * beyond, factor * patience, exits, decades};
  }
};

/// visit(plant) for networks of many shapes.
template <class Visit>
void for_each_plant(Visit&& visit) {
  for (const double unit : {1., 2e-5})
    for (const double first : {.02, .2, .6})
      for (const double patience : {.03, .1, .4})
        for (const std::size_t exits : {2U, 5U, 40U})
          for (const double decades : {.3, 2., 5.}) {
            CAPTURE(unit, first, patience, exits, decades);
            visit(Plant{first * unit, (1 - first) * unit, patience * unit, exits, decades});
          }
}

/// Mean seconds of the samples, each at the price of its time; each sample's price and seconds to `each`.
double run(
    TimeBudget& budget, const Plant& plant, const std::vector<double>& gains,
    const std::function<void(double, double)>& each = [](double, double) {}) {
  double sum = 0;
  for (const double one : gains) {
    const double price = budget.price();
    const double busy = plant.busy(price, one);
    if (budget.fit() == BudgetFit::ample) REQUIRE(price == 0);
    if (budget.fit() == BudgetFit::scarce) REQUIRE(price * budget.per_sample() > 80);
    budget.observe(busy);
    each(price, busy);
    sum += busy;
  }
  return sum / static_cast<double>(gains.size());
}

constexpr int thousand = 1000;

}  // namespace

TEST_CASE("a thousand samples in any order take the budget on average, unless the last ones cannot use it",
          "[run][time_budget]") {
  const std::uint64_t seed = 1500;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for_each_plant([&](const Plant& plant) {
    std::vector<double> samples = plant.gains(random, thousand);
    const double most = plant.mean(0, samples);
    for (const double share : {.02, .1, .4, .8, .95}) {
      const double wanted = plant.first + share * (most - plant.first);
      for (const std::string order : {"shuffled", "easy first", "hard first", "blocks"}) {
        if (order == "easy first") std::sort(samples.begin(), samples.end());
        if (order == "hard first") std::reverse(samples.begin(), samples.end());
        if (order == "blocks")
          for (std::size_t k = 0; k + 200 <= thousand; k += 200)
            std::reverse(samples.begin() + static_cast<std::ptrdiff_t>(k),
                         samples.begin() + static_cast<std::ptrdiff_t>(k + 100));
        if (order == "shuffled") std::shuffle(samples.begin(), samples.end(), random);
        CAPTURE(share, order, wanted);
        TimeBudget budget{wanted};
        const double mean = run(budget, plant, samples);
        CHECK(mean <= 1.02 * wanted);
        if (order == "shuffled" || budget.price() > 0) CHECK(mean >= .98 * wanted);
      }
    }
  });
}

TEST_CASE("a budget beyond what the network takes ends at its limit and says so", "[run][time_budget]") {
  std::mt19937_64 random(1501);
  for_each_plant([&](const Plant& plant) {
    const std::vector<double> samples = plant.gains(random, 4 * thousand);
    const double most = plant.mean(0, samples);
    TimeBudget ample{1.2 * most}, scarce{.8 * plant.first}, met{.7 * plant.first + .3 * most};
    run(ample, plant, samples);
    CHECK(ample.fit() == BudgetFit::ample);
    CHECK(ample.price() == 0);
    run(scarce, plant, samples);
    CHECK(scarce.fit() == BudgetFit::scarce);
    CHECK_THAT(scarce.price() * scarce.per_sample(), WithinAbs(83.6, .1));
    run(met, plant, samples);
    CHECK(met.fit() == BudgetFit::met);
  });
  CHECK(to_string(BudgetFit::met) == std::string("met"));
  CHECK(to_string(BudgetFit::ample) == std::string("ample"));
  CHECK(to_string(BudgetFit::scarce) == std::string("scarce"));
}

TEST_CASE("the mean comes back to the budget when the times become another machine's, early or late",
          "[run][time_budget]") {
  std::mt19937_64 random(1502);
  for_each_plant([&](const Plant& plant) {
    for (const double factor : {.3, 3.})
      for (const int before : {thousand / 2, 5 * thousand}) {
        if (before > thousand && cases(10) < 10) continue;
        const Plant other = plant.times(factor);
        const std::vector<double> samples = plant.gains(random, static_cast<std::size_t>(before));
        const double most = plant.mean(0, samples);
        const double low = (std::max)(plant.first, other.first);
        const double high = (std::min)(most, factor * most);
        if (low > .8 * high) continue;  // no budget is within both ranges
        TimeBudget budget{low + .3 * (high - low)};
        CAPTURE(factor, before, budget.per_sample());
        run(budget, plant, samples);
        run(budget, other, plant.gains(random, thousand / 2));
        double mean = 0;
        for (int k = 0; k < 3; ++k) mean += run(budget, other, plant.gains(random, thousand)) / 3;
        CHECK_THAT(mean / budget.per_sample(), WithinAbs(1, .03));
        CHECK(budget.fit() == BudgetFit::met);
      }
  });
}

TEST_CASE("a spell out of range is made up for within bounds", "[run][time_budget]") {
  const Plant plant{.1, .9, .2, 10, 2};
  std::mt19937_64 random(1503);
  for (const double factor : {.1, 10.}) {
    const Plant other = plant.times(factor);
    TimeBudget budget{.3};
    run(budget, plant, plant.gains(random, thousand));
    run(budget, other, plant.gains(random, 20 * thousand));
    CHECK(budget.fit() == (factor < 1 ? BudgetFit::ample : BudgetFit::scarce));
    // All that was kept or is owed, up to 1000 or 100 budgets, is used up or paid back, and no more.
    double beyond = 0, most = 0;
    run(budget, plant, plant.gains(random, 4 * thousand), [&](double, double busy) {
      beyond += busy / .3 - 1;
      most = (std::max)(most, beyond);
    });
    CHECK(most < (factor < 1 ? 1025 : 1));
    CHECK_THAT(beyond, WithinAbs(factor < 1 ? 1000 : -100, 25));
    CHECK_THAT(run(budget, plant, plant.gains(random, thousand)) / .3, WithinAbs(1, .02));
    CHECK(budget.fit() == BudgetFit::met);
  }
}

TEST_CASE("time that is lost to hiccups and won by stops counts", "[run][time_budget]") {
  const Plant plant{.05, .95, .15, 10, 2};
  std::mt19937_64 random(1504);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (std::size_t round = 0; round < cases(20); ++round) {
    TimeBudget slow{.2}, stopped{.15};
    double slow_sum = 0, stopped_sum = 0;
    for (const double one : plant.gains(random, thousand)) {
      const double held_up = plant.busy(slow.price(), one) * (uniform(random) < .02 ? 10 : 1);
      slow.observe(held_up);
      slow_sum += held_up;
      const double cut = (std::min)(plant.busy(stopped.price(), one), uniform(random));
      stopped.observe(cut);
      stopped_sum += cut;
    }
    CHECK_THAT(slow_sum / thousand / .2, WithinAbs(1, .02));
    CHECK_THAT(stopped_sum / thousand / .15, WithinAbs(1, .02));
  }

  // A device that sleeps for an hour within a sample takes little from the others.
  TimeBudget asleep{.2};
  run(asleep, plant, plant.gains(random, thousand));
  const double before = asleep.price();
  asleep.observe(3600);
  run(asleep, plant, plant.gains(random, 150));
  CHECK(asleep.price() < 3 * before);
  CHECK_THAT(run(asleep, plant, plant.gains(random, thousand)) / .2, WithinAbs(1, .02));
}

TEST_CASE("a price that moves wins hardly less than the constant price of the same mean time",
          "[run][time_budget]") {
  std::mt19937_64 random(1505);
  double first = 0, settled = 0;
  int runs = 0;
  for (const double patience : {.05, .2})
    for (const double decades : {.5, 3.})
      for (const double wanted : {.06, .15, .3}) {
        const Plant plant{.03, .97, patience, 40, decades};
        std::vector<double> gains = plant.gains(random, thousand);
        // What a constant price takes and wins.
        const auto at = [&](double log) {
          std::array<double, 2> both{plant.mean(std::exp(log), gains), 0};
          for (const double gain : gains)
            both[1] += plant.won(gain, plant.busy(std::exp(log), gain)) / thousand;
          return both;
        };
        const auto loss = [&](TimeBudget& budget, int rounds) {
          double mean = 0, won = 0;
          for (int k = 0; k < rounds; ++k) {
            std::shuffle(gains.begin(), gains.end(), random);
            for (const double gain : gains) {
              const double busy = plant.busy(budget.price(), gain);
              budget.observe(busy);
              mean += busy / (rounds * thousand);
              won += plant.won(gain, busy) / (rounds * thousand);
            }
          }
          // The lower the price, the more time it takes.
          double high = 9, low = -20;
          while (high - low > .02) (at((high + low) / 2)[0] >= mean ? low : high) = (high + low) / 2;
          const auto [from, from_won] = at(high);
          const auto [to, to_won] = at(low);
          REQUIRE((from < mean && mean <= to));
          return from_won + (to_won - from_won) * (mean - from) / (to - from) - won;
        };
        TimeBudget budget{wanted};
        CAPTURE(patience, decades, wanted);
        const double at_first = loss(budget, 1);
        loss(budget, 4);
        const double later = loss(budget, 20);
        CHECK(at_first < .006);
        CHECK(later < .0015);
        first += at_first;
        settled += later;
        ++runs;
      }
  CAPTURE(first / runs, settled / runs);
  CHECK(first / runs < .002);
  CHECK(settled / runs < .0005);
}

TEST_CASE("a budget is the same in any unit of time", "[run][time_budget]") {
  const Plant plant{.05, .95, .15, 10, 2};
  std::mt19937_64 random(1506);
  TimeBudget seconds{.25}, longer{.25 * 1024};
  for (const double one : plant.gains(random, thousand)) {
    REQUIRE(longer.price() * 1024 == seconds.price());
    const double busy = plant.busy(seconds.price(), one);
    seconds.observe(busy);
    longer.observe(1024 * busy);
  }
}

TEST_CASE("a time budget is seconds, a duration or a share of the network's total", "[run][time_budget]") {
  using namespace std::chrono_literals;
  CHECK(TimeBudget{5ms}.per_sample() == TimeBudget{.005}.per_sample());
  const TimeProfile<2> times{{1, 2}, {.5, .5}};
  CHECK(TimeBudget::of_total(times, .25).per_sample() == 1);
  CHECK(TimeBudget{1}.price() > 0);
  CHECK(TimeBudget{1}.fit() == BudgetFit::met);
}

TEST_CASE("a time budget that is none is refused by its field", "[run][time_budget]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinity, 0., -1., 1e-310})
    CHECK_THROWS_WITH(TimeBudget{bad}, ContainsSubstring("TimeBudget: per_sample is") &&
                                           ContainsSubstring("expected finite seconds >= 1e-300"));
  const TimeProfile<2> times{{1, 2}, {.5, .5}};
  for (const double bad : {nan, infinity, 0., -1.})
    CHECK_THROWS_WITH(TimeBudget::of_total(times, bad), ContainsSubstring("TimeBudget: share is"));
  CHECK_THROWS_WITH(TimeBudget::of_total(TimeProfile<2>{}, .5), ContainsSubstring("total"));

  const auto refuses = [&](const auto& spoil, const char* field) {
    TimeBudgetState state = TimeBudget{1}.state();
    spoil(state);
    CHECK_THROWS_AS(TimeBudget{state}, std::invalid_argument);
    CHECK_THROWS_WITH(TimeBudget{state}, ContainsSubstring(std::string("TimeBudget: ") + field + " is"));
  };
  for (const double bad : {nan, infinity, -infinity, -1e-9, 1.801})
    refuses([&](TimeBudgetState& state) { state.centre = bad; }, "centre");
  for (const double bad : {nan, infinity, -infinity, -1000.1, 100.1})
    refuses([&](TimeBudgetState& state) { state.debt = bad; }, "debt");
  refuses([&](TimeBudgetState& state) { state.per_sample = nan; }, "per_sample");
}

TEST_CASE("seconds that are none only count as refused, and no seconds make a price that is none",
          "[run][time_budget]") {
  TimeBudget budget{1};
  budget.observe(.5);
  const TimeBudgetState before = budget.state();
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1., -1e-300})
    budget.observe(bad);
  CHECK(budget.refused() == 4);
  TimeBudgetState after = budget.state();
  after.refused = before.refused;
  CHECK(after == before);
  const double most = (std::numeric_limits<double>::max)();
  for (const double seconds : {1e-300, 1., most}) {
    TimeBudget any{seconds};
    for (const double busy : {most, 0., 1., 1e-308, most, most, 0.}) {
      any.observe(busy);
      CHECK(std::isfinite(any.price()));
      CHECK(any.price() >= 0);
    }
  }
}

TEST_CASE("keeping a budget allocates nothing", "[run][time_budget]") {
  TimeBudget budget{1};
  const std::size_t before = allocations();
  for (int k = 0; k < 100; ++k) {
    budget.observe(.1 * k);
    static_cast<void>(budget.price());
    static_cast<void>(budget.fit());
  }
  CHECK(allocations() == before);
}

TEST_CASE("a budget restored from its state continues to the last bit", "[run][time_budget]") {
  const Plant plant{.05, .95, .15, 10, 2};
  std::mt19937_64 random(1507);
  TimeBudget budget{.2};
  run(budget, plant, plant.gains(random, 777));
  budget.observe(-1);
  TimeBudget restored{budget.state()};
  CHECK(restored.state() == budget.state());
  const std::vector<double> samples = plant.gains(random, thousand);
  CHECK(run(budget, plant, samples) == run(restored, plant, samples));
  CHECK(restored.state() == budget.state());
}
