// A known deadline, live: how often the shipped network has an answer in time, and how often a right one, by
// the margin that the planner keeps. The margins come from repeated runs on this machine, just before.

#include "runner/commands.hpp"
#include "runner/demo_network.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace einet::bench {

namespace {

constexpr std::size_t N = DemoNetwork::exits;

struct Kept {
  std::string name;
  PlannerOptions options;
  double insurance = 0;  ///< probability that the stop comes at any time before the deadline
  std::size_t answered = 0, right = 0, exits = 0;
};

/// Runs all images with all margins in turns, so that all meet the same machine.
void compare(DemoNetwork& demo, const TimeProfile<N>& times, const QuadraticPredictor<N>& predictor,
             double deadline, std::vector<Kept> margins, std::size_t rounds) {
  using Law = Mixture<PointMass, Uniform>;
  using Deadline = Planner<QuadraticPredictor<N>, Law>;
  LocalSlot<DemoNetwork::Output> slot;
  std::vector<ElasticRunner<const nn::InferenceNetwork<example::classes>, Deadline, decltype(slot)>> runners;
  for (const Kept& kept : margins)
    runners.emplace_back(
        demo.network,
        Deadline{times, predictor,
                 Law{{1 - kept.insurance, kept.insurance}, PointMass{deadline}, Uniform{deadline}},
                 kept.options},
        slot);
  const std::size_t runs = rounds * demo.inputs.size();
  for (std::size_t run = 0; run < runs; ++run)
    for (std::size_t m = 0; m < margins.size(); ++m) {
      demo.load(run);
      const StopAfter stop{SteadyClock{}, SteadyClock::now() + deadline};
      const auto result = runners[m].run(demo.features, stop);
      if (!result.answer) continue;
      margins[m].answered += 1;
      margins[m].right += result.answer->label == demo.label(run) ? 1U : 0U;
      margins[m].exits += result.ran.count();
    }
  for (const Kept& kept : margins) {
    const auto share = [&](std::size_t part) {
      return static_cast<double>(part) / static_cast<double>(runs);
    };
    std::printf("%9.3f  %-34s %9.4f %9.4f %9.2f\n", deadline * 1e3, kept.name.c_str(), share(kept.answered),
                share(kept.right), share(kept.exits));
  }
  std::fflush(stdout);
}

}  // namespace

int deadline(int count, char** arguments) try {
  std::size_t images = 2000;
  const std::string_view word = count > 0 ? arguments[0] : "";
  if (word == "--help") {
    std::printf(
        "bench_runner deadline [IMAGES]: most images to run, of every second shipped one (default %zu)\n",
        images);
    return 0;
  }
  if (const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), images);
      !word.empty() && (error != std::errc() || end != word.data() + word.size() || images == 0)) {
    std::fprintf(stderr, "bench_runner deadline: IMAGES is '%s', expected a whole number > 0\n",
                 arguments[0]);
    return 2;
  }
  DemoNetwork demo(1);
  demo.inputs.clear();
  std::vector<std::uint8_t> labels;
  for (std::size_t k = 0; k < demo.images.count && demo.inputs.size() < images; k += 2) {
    demo.inputs.emplace_back(demo.network.input().size());
    example::fill(demo.images, k, demo.trained, demo.inputs.back());
    labels.push_back(demo.images.labels[k]);
  }
  demo.images.labels = labels;
  const auto fitting = confidence_samples(demo.profile.every(2, 1));
  const QuadraticPredictor<N> predictor{fit_quadratic(fitting.view())};
  const auto measured = demo.measure(501);
  const double total = measured.median.total();
  std::printf(
      "T = %.3f ms; of 501 runs half took less than %.3f times the sum of the medians, 90 %% than %.3f, "
      "99 %% than %.3f\n",
      total * 1e3, measured.margin(.5), measured.margin(.9), measured.margin(.99));
  std::printf("%9s  %-34s %9s %9s %9s\n", "ms", "margin", "answered", "right", "exits");
  std::vector<Kept> margins{{"none, rigid", {.follow_pace = false}}, {"none", {}}};
  for (const double reliability : {.9, .95, .99}) {
    const double margin = measured.margin(reliability);
    margins.push_back({"for " + std::to_string(reliability).substr(0, 4) +
                           " of the runs: " + std::to_string(margin).substr(0, 5),
                       {.margin = margin}});
  }
  for (const double reliability : {.9, .99})
    margins.push_back({"for " + std::to_string(reliability).substr(0, 4) + ", and 0.01 stops before it",
                       {.margin = measured.margin(reliability)},
                       .01});
  for (const double share : {.3, .5, .8})
    compare(demo, measured.median, predictor, share * total, margins, 10);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner deadline: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
