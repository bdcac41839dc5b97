// Cost of every exit on top of its branch, at N = 40 with blocks that do nothing: from the output to the next
// decision, and the shares of publishing, predicting and searching. Compared with the paper's own
// combination.

#include "predict/cs_workload.hpp"
#include "runner/commands.hpp"

#include <einet/einet.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/input_samples.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

namespace einet::bench {

namespace {

constexpr std::size_t N = 40, classes = 100, samples = 200;
constexpr int turns = 15;
using Output = Scores<classes>;
using Sample = Run<N>;

/// The profiled times of a run, varied a little as in real runs, so that there is a pace to follow.
class Shown {
 public:
  void reset() noexcept { seconds_ = 0; }
  void advance(double seconds) noexcept { seconds_ += seconds * 1.03; }
  [[nodiscard]] double seconds() const noexcept { return seconds_; }

 private:
  double seconds_ = 0;
};

/// Reads the real clock, but shows the time that the blocks would have taken if they did something.
class ShownClock {
 public:
  explicit ShownClock(const Shown& shown) noexcept : shown_(&shown) {}
  [[nodiscard]] double now() const noexcept {
    double real = SteadyClock::now();
    benchmark::DoNotOptimize(real);
    return shown_->seconds();
  }

 private:
  const Shown* shown_;
};

struct On {
  const Sample* sample;
  Shown* shown;
  Output* output;
};

/// Does nothing; its answer is ready.
struct Idle {
  std::size_t exit;
  const TimeProfile<N>* times;
  void advance(On& on) const noexcept { on.shown->advance(times->conv[exit]); }
  [[nodiscard]] Output classify(const On& on) const noexcept {
    on.shown->advance(times->branch[exit]);
    on.output->confidence = (*on.sample)[exit];
    return *on.output;
  }
};

struct Workload {
  TimeProfile<N> times;
  std::vector<Sample> runs = confidence_runs<N>(samples, 3);
  ConfidenceProfile<N> fitting;

  Workload() {
    times.conv.fill(1e-3);
    times.branch.fill(2e-4);
    std::mt19937 random(4);
    std::uniform_real_distribution<float> share(0, 1);
    fitting.confidence = confidence_runs<N>(2000, 5);
    for (const Sample& run : fitting.confidence) {
      std::array<std::int32_t, N> predicted;
      for (std::size_t k = 0; k < N; ++k) predicted[k] = share(random) < run[k] ? 1 : 0;
      fitting.predicted.push_back(predicted);
      fitting.label.push_back(1);
    }
  }
};

/// The fastest of several turns, in nanoseconds.
template <class Work>
double fastest(const Work& work) {
  double best = INFINITY;
  for (int turn = 0; turn < turns; ++turn) {
    const double begin = SteadyClock::now();
    work();
    best = (std::min)(best, SteadyClock::now() - begin);
  }
  return best * 1e9;
}

struct Cost {
  double exits, whole, publish, predict, search;  // exits: per sample; the rest: ns per exit
};

/// @param skip_nothing observe every exit, whatever the plan is
template <class Predictor, class Search>
Cost cost(const Workload& load, const Predictor& predictor, const Search& search) {
  std::array<Idle, N> network;
  for (std::size_t k = 0; k < N; ++k) network[k] = {k, &load.times};
  Shown shown;
  Output output{};
  LocalSlot<Output> slot;
  const Planner planner{load.times, predictor, search};
  ElasticRunner runner{network, planner, slot, ShownClock{shown}};

  // What was run, and what was planned.
  struct Step {
    std::size_t exit;
    Problem<N> problem;
  };
  std::vector<std::vector<Step>> steps(load.runs.size());
  double exits = 0;
  for (std::size_t s = 0; s < load.runs.size(); ++s) {
    shown.reset();
    On on{&load.runs[s], &shown, &output};
    Planner copy = planner;
    copy.reset();
    std::size_t at = 0;
    while (const auto exit = copy.next_exit()) {
      for (; at <= *exit; ++at) {
        network[at].advance(on);
        copy.pass(at, shown.seconds());
      }
      const Output seen = network[*exit].classify(on);
      copy.observe(*exit, seen.confidence, shown.seconds());
      steps[s].push_back({*exit, copy.problem()});
      exits += 1;
    }
  }

  Cost result{exits / static_cast<double>(load.runs.size()), 0, 0, 0, 0};
  const auto run_all = [&](bool with_blocks) {
    for (const Sample& sample : load.runs) {
      shown.reset();
      On on{&sample, &shown, &output};
      if (with_blocks) {
        auto ran = runner.run(on);
        benchmark::DoNotOptimize(ran);
      } else {
        for (const Idle& block : network) block.advance(on);
        benchmark::DoNotOptimize(on);
      }
    }
  };
  result.whole = (fastest([&] { run_all(true); }) - fastest([&] { run_all(false); })) / exits;
  result.publish = fastest([&] {
                     for (const auto& of_sample : steps)
                       for (const Step& step : of_sample) slot.publish(output, step.exit);
                   }) /
                   exits;
  Predictor model = predictor;
  result.predict = fastest([&] {
                     for (std::size_t s = 0; s < steps.size(); ++s) {
                       model.reset();
                       for (const Step& step : steps[s]) {
                         model.observe(step.exit, std::span<const float, 1>(&load.runs[s][step.exit], 1));
                         auto seen = model.confidences();
                         benchmark::DoNotOptimize(seen);
                       }
                     }
                   }) /
                   exits;
  const Uniform law{load.times.total()};
  result.search = fastest([&] {
                    for (const auto& of_sample : steps)
                      for (const Step& step : of_sample) {
                        auto found = search(step.problem, law);
                        benchmark::DoNotOptimize(found);
                      }
                  }) /
                  exits;
  return result;
}

}  // namespace

int exits(int count, char** arguments) {
  const std::string_view word = count > 0 ? arguments[0] : "";
  if (word == "--help") {
    std::printf(
        "bench_runner exits: %zu samples of %zu exits, blocks that do nothing, answers of %zu classes,\n"
        "uniform law; the fastest of %d turns\n",
        samples, N, classes, turns);
    return 0;
  }
  if (count > 0) {
    std::fprintf(stderr, "bench_runner exits: '%s' is unknown; see --help\n", arguments[0]);
    return 2;
  }
  const Workload load;
  const auto owned = confidence_samples(load.fitting);
  const auto fitted = owned.view();
  const auto print = [&](const char* name, const Cost& c, double wanted) {
    std::printf("%-44s %6.1f %9.0f %9.0f %9.0f %9.0f %9.0f", name, c.exits, c.whole, c.publish, c.predict,
                c.search, c.whole - c.publish - c.predict - c.search);
    if (wanted > 0) std::printf(" %8.0f", wanted);
    std::printf("\n");
    std::fflush(stdout);
    return c.whole;
  };
  std::printf("%-44s %6s %9s %9s %9s %9s %9s %8s\n", "ns per exit that is run", "exits", "in all", "publish",
              "predict", "search", "others", "wanted");
  const double fixed =
      print("prior, fixed plan of all exits",
            cost(load, PriorPredictor<N>{load.fitting.accuracy()}, FixedPlan<N>{ExitPlan<N>::all()}), 0);
  const double ours = print("quadratic, exact: the default",
                            cost(load, QuadraticPredictor<N>{fit_quadratic(fitted)}, ExactSearch{}), 5000);
  print("table, exact", cost(load, TablePredictor<N>{fit_table(fitted, {})}, ExactSearch{}), 5000);
  const auto weights = std::make_shared<const CsWeights<N, 2048>>(he_parameters<N, 2048>(1));
  print("the paper's predictor, exact", cost(load, CsPredictor<N, 2048>{weights}, ExactSearch{}), 0);
  const double paper = print("the paper's: CS-Predictor H = 2048, hybrid(4)",
                             cost(load, CsPredictor<N, 2048>{weights}, HybridSearch{4}), 0);
  std::printf("the default costs 1/%.0f of the paper's, and %.0f ns more than running a plan that is fixed\n",
              paper / ours, ours - fixed);
  return 0;
}

}  // namespace einet::bench
