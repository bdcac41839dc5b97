#include "catch.hpp"
#include "sanitized.hpp"
#include "support.hpp"

#include <einet/einet.hpp>
#include <einet/io/profile_file.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

constexpr std::size_t any_exits = up_to(64);

/// Samples of a profile, run by a planner at a price, under the uniform law, with nobody stopping them.
/// Fitted on the odd samples.
class PricedRuns {
 public:
  explicit PricedRuns(const std::filesystem::path& path, std::size_t samples)
      : times_(io::load_time_profile<any_exits>(path)),
        planner_(times_, QuadraticPredictor<any_exits>{
                             fit_quadratic(io::load_confidence_profile<any_exits>(path).every(2, 1))}) {
    const auto even = io::load_confidence_profile<any_exits>(path).every(2, 0);
    judged_ = even.every((std::max)(even.samples() / samples, std::size_t{1}), 0);
  }

  struct Ran {
    double busy = 0;
    bool correct = false;
  };

  Ran operator()(std::size_t sample, double price) {
    planner_.set_price(price);
    planner_.reset();
    Ran ran;
    std::size_t part = 0;
    while (const auto exit = planner_.next_exit()) {
      while (part <= *exit) ran.busy += times_.conv[part++];
      ran.busy += times_.branch[*exit];
      planner_.observe(*exit, judged_.confidence[sample][*exit], ran.busy);
      ran.correct = judged_.correct(sample, *exit);
    }
    return ran;
  }

  /// Mean seconds and accuracy at a constant price.
  std::array<double, 2> mean(double price) {
    std::array<double, 2> sum{};
    for (std::size_t sample = 0; sample < samples(); ++sample) {
      const Ran ran = (*this)(sample, price);
      sum[0] += ran.busy / static_cast<double>(samples());
      sum[1] += (ran.correct ? 1 : 0) / static_cast<double>(samples());
    }
    return sum;
  }

  [[nodiscard]] std::size_t samples() const { return judged_.samples(); }
  [[nodiscard]] double total() const { return times_.total(); }

 private:
  TimeProfile<any_exits> times_;
  Planner<QuadraticPredictor<any_exits>> planner_;
  ConfidenceProfile<any_exits> judged_;
};

std::vector<std::filesystem::path> profiles() {
  const std::filesystem::path shipped = EINET_SOURCE_DIR "/examples/data";
  std::vector<std::filesystem::path> all{shipped / "profiles/resnet50_cifar100.safetensors"};
  if (cases(10) < 10) return all;
  all.push_back(shipped / "profile.safetensors");
  for (const char* name : {"b_alexnet_cifar10", "vgg16_mnist", "vgg16_cifar10", "msdnet21_cifar10"})
    all.push_back(shipped / "profiles" / (std::string(name) + ".safetensors"));
  for (const char* name : {"vgg16_cifar100_plan_aware", "msdnet21_cifar100"})
    if (const auto path = outside_data() / "profiles" / (std::string(name) + ".safetensors");
        std::filesystem::exists(path))
      all.push_back(path);
  return all;
}

/// Orders of the samples: shuffled, and by the seconds that they take at two prices.
std::vector<std::vector<std::size_t>> orders(PricedRuns& runs, std::mt19937_64& random, double price) {
  std::vector<std::size_t> any(runs.samples());
  std::iota(any.begin(), any.end(), std::size_t{0});
  std::shuffle(any.begin(), any.end(), random);
  std::vector<std::vector<std::size_t>> all{any};
  for (const double at : {0., price}) {
    std::vector<double> seconds(runs.samples());
    for (const std::size_t sample : any) seconds[sample] = runs(sample, at).busy;
    std::vector<std::size_t> sorted = any;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](std::size_t a, std::size_t b) { return seconds[a] < seconds[b]; });
    all.push_back(sorted);
    std::reverse(sorted.begin(), sorted.end());
    all.push_back(sorted);
    for (std::size_t k = 0; k + 200 <= sorted.size(); k += 200)
      std::swap_ranges(sorted.begin() + static_cast<std::ptrdiff_t>(k),
                       sorted.begin() + static_cast<std::ptrdiff_t>(k + 100),
                       sorted.end() - static_cast<std::ptrdiff_t>(k + 100));
    all.push_back(sorted);
  }
  return all;
}

}  // namespace

TEST_CASE("a thousand samples of a measured profile take the budget in any order", "[eval][time_budget]") {
  std::mt19937_64 random(1520);
  for (const auto& path : profiles()) {
    CAPTURE(path.string());
    PricedRuns runs(path, 1000);
    const double most = runs.mean(0)[0], first = runs.mean(1e4 / runs.total())[0];
    for (const double share : sanitized ? std::vector{.01, .6} : std::vector{.01, .03, .1, .3, .6, .9}) {
      TimeBudget budget{first + share * (most - first)};
      int number = 0;
      for (const auto& order : orders(runs, random, .1 / runs.total())) {
        CAPTURE(share, number++);
        budget = TimeBudget{budget.per_sample()};
        double mean = 0;
        for (const std::size_t sample : order) {
          const double busy = runs(sample, budget.price()).busy;
          budget.observe(busy);
          mean += busy / static_cast<double>(order.size());
        }
        CHECK(mean / budget.per_sample() < 1.02);
        // Samples that come first do not get what the later ones turn out not to need.
        if (number == 1 || budget.price() > 0) CHECK(mean / budget.per_sample() > .98);
      }
    }
  }
}

TEST_CASE("what the moving price of a budget costs in accuracy is little at first and later nothing",
          "[eval][time_budget]") {
  std::mt19937_64 random(1521);
  std::array<double, 2> loss{};  // in the first thousand samples, and in those after five thousand
  int settings = 0;
  for (const auto& path : profiles()) {
    PricedRuns runs(path, 1000);
    std::vector<std::array<double, 2>> constant;
    for (double log = 2; log > -6; log -= sanitized ? .3 : .1)
      constant.push_back(runs.mean(std::pow(10, log) / runs.total()));
    constant.push_back(runs.mean(0));
    std::vector<std::size_t> order(runs.samples());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (const double share : sanitized ? std::vector{.2, .5} : std::vector{.1, .35, .7}) {
      TimeBudget budget{constant.front()[0] + share * (constant.back()[0] - constant.front()[0])};
      for (int round = 0; round < 10; ++round) {
        std::shuffle(order.begin(), order.end(), random);
        std::array<double, 2> mean{};
        for (const std::size_t sample : order) {
          const auto ran = runs(sample, budget.price());
          budget.observe(ran.busy);
          mean[0] += ran.busy / static_cast<double>(order.size());
          mean[1] += (ran.correct ? 1 : 0) / static_cast<double>(order.size());
        }
        const auto above = std::find_if(constant.begin() + 1, constant.end() - 1,
                                        [&](const auto& point) { return point[0] >= mean[0]; });
        const auto& [from, worse] = *std::prev(above);
        const auto& [to, better] = *above;
        const double at = to > from ? (mean[0] - from) / (to - from) : 0;
        const double lost = worse + at * (better - worse) - mean[1];
        if (round == 0) loss[0] += lost;
        if (round >= 5) loss[1] += lost / 5;
      }
      ++settings;
    }
  }
  CAPTURE(loss[0] / settings, loss[1] / settings);
  CHECK(loss[0] / settings < .0025);
  CHECK(loss[1] / settings < .001);
}

TEST_CASE("a runner that is stopped at random keeps the budget, and that of a machine three times as slow",
          "[eval][time_budget]") {
  const std::filesystem::path path = EINET_SOURCE_DIR "/examples/data/profile.safetensors";
  const auto profiled = io::load_time_profile<14>(path);
  const auto whole = io::load_confidence_profile<14>(path);
  const auto judged = whole.every(2, 0);
  const Planner planner{profiled, QuadraticPredictor<14>{fit_quadratic(whole.every(2, 1))}};
  TimeBudget budget = TimeBudget::of_total(profiled, .15);
  std::mt19937_64 random(1522);
  for (const double slower : {1., 3.}) {
    TimeProfile<14> times = profiled;
    for (std::size_t k = 0; k < 14; ++k) {
      times.conv[k] *= slower;
      times.branch[k] *= slower;
    }
    const auto network = replay(times, judged);
    VirtualTime time;
    const VirtualClock clock{time, .002 * profiled.total()};
    LocalSlot<Answer> slot;
    ElasticRunner runner{network, planner, slot, clock};
    std::uniform_real_distribution<double> stops(0, times.total());
    double busy = 0;
    for (std::size_t run = 0; run < 1500; ++run) {
      time.reset();
      runner.set_price(budget.price());
      const auto result =
          runner.run(ReplayedSample{random() % judged.samples(), &time}, StopAfter(clock, stops(random)));
      budget.observe(result.busy());
      if (run >= 500) busy += result.busy() / 1000;
    }
    CAPTURE(slower);
    CHECK_THAT(busy / budget.per_sample(), WithinAbs(1, .03));
  }
  CHECK(budget.fit() == BudgetFit::met);
}
