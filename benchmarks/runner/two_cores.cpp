// What a second core brings if branches run on it beside the backbone: accuracy under uniform stops, replayed
// from profiles; and on the shipped network, how long a run takes and how soon it stops, live.

#include "runner/commands.hpp"
#include "runner/demo_network.hpp"

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/pipelined_replayed.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/parallel/tbb_companion.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/run/companion_thread.hpp>
#include <einet/run/pipelined_planner.hpp>
#include <einet/run/pipelined_runner.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace einet::bench {

namespace {

constexpr std::size_t N = DemoNetwork::exits;
constexpr std::size_t images = 50, turns = 41, stops = 2000;
constexpr double planning = 2e-6;  // seconds charged for every planning

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + .5)];
}

/// The default predictor is fitted to the odd samples; the even ones are judged.
template <std::size_t Exits>
void print_replay(const char* name, const TimeProfile<Exits>& times, const ConfidenceProfile<Exits>& whole) {
  const auto fitting = whole.every(2, 1), on = whole.every(2, 0);
  const QuadraticPredictor<Exits> predictor{fit_quadratic(fitting)};
  const Uniform law{times.total()};
  const auto in_turn = eval::replayed(Planner{times, predictor, law}, times, on, law, planning);
  const auto beside =
      eval::pipelined_replayed(PipelinedPlanner{times, predictor, law}, times, on, law, planning);
  const auto gain = eval::bootstrap_mean(eval::paired_differences(beside.correct, in_turn.correct));
  double conv = 0;
  for (std::size_t k = 0; k < times.exit_count(); ++k) conv += times.conv[k];
  std::printf("%-38s %5zu %8.3f %7.1f%% %7.2f%% %7.2f%% %+6.2f [%+.2f, %+.2f] %6.2f %6.2f\n", name,
              times.exit_count(), times.total() * 1e3, 100 * (1 - conv / times.total()),
              100 * in_turn.accuracy, 100 * beside.accuracy, 100 * gain.mean, 100 * gain.low, 100 * gain.high,
              in_turn.exits_per_image, beside.exits_per_image);
}

void print_replays(const TimeProfile<N>& measured, const ConfidenceProfile<N>& shipped) {
  std::printf("%-38s %5s %8s %8s %8s %8s %22s %6s %6s\n", "uniform stops, replayed", "exits", "T, ms",
              "branches", "in turn", "beside", "points gained", "exits", "an image");
  print_replay("shipped, times measured now", measured, shipped);
  const std::filesystem::path folder = EINET_SOURCE_DIR "/examples/data/profiles";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    const std::string name = path.stem().string();
    if (name.ends_with("_classic") || name.ends_with("_compressed")) continue;
    const std::size_t exits = io::read_exit_count(io::SafetensorsFile(path));
    with_exits<64>(exits, [&]<std::size_t Room>() {
      print_replay(name.c_str(), io::load_time_profile<Room>(path), io::load_confidence_profile<Room>(path));
    });
  }
}

/// Runs alternate on every image, because the machine's speed drifts.
template <class InTurn, class Beside>
void print_times(DemoNetwork& demo, nn::Features& kept, const char* name, InTurn& in_turn, Beside& beside,
                 double formula) {
  std::vector<double> ratios, fastest;
  for (std::size_t image = 0; image < images; ++image) {
    double one = 1, two = 1;
    for (std::size_t turn = 0; turn < turns; ++turn) {
      const std::size_t on = image % demo.inputs.size();
      demo.load(on);
      kept.load(demo.inputs[on]);
      one = (std::min)(one, in_turn.run(demo.features).elapsed);
      two = (std::min)(two, beside.run(kept).elapsed);
    }
    ratios.push_back(one / two);
    fastest.push_back(two);
  }
  std::printf("%-38s %10.1f %10.2f %10.2f\n", name, quantile(fastest, .5) * 1e6, quantile(ratios, .5),
              formula);
}

/// From a deadline at a random moment to the run's return.
template <class Runner, class Load>
void print_latency(const char* name, Runner& runner, nn::Features& features, const Load& load, double whole) {
  std::mt19937 random{3};
  std::uniform_real_distribution<double> uniform{0, whole};
  std::vector<double> seconds;
  for (std::size_t k = 0; k < stops; ++k) {
    load(k);
    const double moment = SteadyClock::now() + uniform(random);
    const auto result = runner.run(features, StopAfter{SteadyClock{}, moment});
    if (result.outcome == Outcome::deadline) seconds.push_back(SteadyClock::now() - moment);
  }
  std::printf("%-38s %10.1f %10.1f %10.1f\n", name, quantile(seconds, .5) * 1e6, quantile(seconds, .9) * 1e6,
              quantile(seconds, .99) * 1e6);
}

}  // namespace

int two_cores(int count, char** arguments) try {
  if (count > 0 && std::string_view(arguments[0]) == "--help") {
    std::printf(
        "bench_runner two_cores [replay]: branches beside the backbone, replayed on all profiles and live on "
        "the\n"
        "shipped network; with 'replay', without the live part\n");
    return 0;
  }
  const bool live = count == 0;
  if (!live && (count > 1 || std::string_view(arguments[0]) != "replay")) {
    std::fprintf(stderr, "bench_runner two_cores: '%s' is unknown; see --help\n", arguments[0]);
    return 2;
  }
  DemoNetwork demo(images);
  const auto times = demo.measure(101).median;
  print_replays(times, demo.profile);
  if (!live) return 0;

  const nn::InferenceNetwork<example::classes, nn::Maps::kept> kept{demo.trained.network};
  nn::Features features = kept.make_features();
  std::printf("\nmemory of features: %zu KiB shared, %zu KiB kept\n", demo.features.size() / 256,
              features.size() / 256);
  const PriorPredictor<N> prior{demo.profile.accuracy()};
  const FixedPlan<N> all{ExitPlan<N>::all()};
  LocalSlot<DemoNetwork::Output> slot, beside_slot;
  CompanionThread thread;
  parallel::TbbCompanion tbb;
  ElasticRunner in_turn{demo.network, Planner{times, prior, all}, slot};
  PipelinedRunner beside{kept, PipelinedPlanner{times, prior, all}, beside_slot, thread};
  PipelinedRunner by_tbb{kept, PipelinedPlanner{times, prior, all}, beside_slot, tbb};
  const double formula = times.total() / output_time(pipelined(Problem<N>{times}), ExitPlan<N>::all(), N - 1);
  std::printf("\n%-38s %10s %10s %10s\n", "all exits, live, a run at once", "us", "ratio", "formula");
  print_times(demo, features, "branches beside, a thread", in_turn, beside, formula);
  print_times(demo, features, "branches beside, oneTBB", in_turn, by_tbb, formula);

  std::printf("\n%-38s %10s %10s %10s\n", "from a stop to the return, us", "p50", "p90", "p99");
  const auto load = [&](std::size_t k) { demo.load(k); };
  const auto load_kept = [&](std::size_t k) { features.load(demo.inputs[k % demo.inputs.size()]); };
  print_latency("in turn", in_turn, demo.features, load, times.total());
  print_latency("branches beside, a thread", beside, features, load_kept, times.total());
  print_latency("branches beside, oneTBB", by_tbb, features, load_kept, times.total());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner two_cores: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
