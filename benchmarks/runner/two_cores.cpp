// What a second core brings if branches run on it beside the backbone: accuracy under uniform stops, replayed
// from profiles; and on the shipped network, how long a run takes and how soon it stops, live.

#include "runner/commands.hpp"
#include "runner/demo_network.hpp"

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/pipelined_replayed.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/nn/inference/shared_conv.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>
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
#include <utility>
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

/// Does its jobs on the calling thread, and notes what a second core would save: the shorter of both halves.
/// A machine whose cores are busy shows by it what the halves allow, without what handing over costs.
class TimingCompanion {
 public:
  void start(void (*job)(void*) noexcept, void* of) noexcept {
    const double begin = SteadyClock::now();
    job(of);
    done_ = SteadyClock::now();
    job_ = done_ - begin;
  }
  void join() noexcept { saved += (std::min)(job_, SteadyClock::now() - done_); }

  double saved = 0;

 private:
  double job_ = 0, done_ = 0;
};

/// Whole networks of random weights, all exits: in turn on one core, with their convolutions shared out over
/// two, and with branches beside the backbone.
void print_networks(CompanionThread& companion) {
  std::printf("\n%-38s %12s %10s %10s %10s\n", "all exits, random weights: one / two", "one core, us",
              "shared", "by halves", "beside");
  const auto print = [&](const char* name, nn::Graph graph) {
    nn::initialise(graph, 1);
    const nn::InferenceNetwork<example::classes> whole{std::as_const(graph)};
    const nn::InferenceNetwork<example::classes> shared{std::as_const(graph), {nn::share_convs(companion)}};
    TimingCompanion timing;
    const nn::InferenceNetwork<example::classes> halves{std::as_const(graph), {nn::share_convs(timing)}};
    const nn::InferenceNetwork<example::classes, nn::Maps::kept> kept{std::as_const(graph)};
    constexpr std::size_t most = up_to(16);
    TimeProfile<most> times(graph.exits());
    std::fill_n(times.conv.begin(), graph.exits(), 1e-4);
    const PriorPredictor<most> prior{std::vector<float>(graph.exits(), .5f)};
    const FixedPlan<most> all{ExitPlan<most>::all(graph.exits())};
    LocalSlot<DemoNetwork::Output> slot;
    ElasticRunner one{whole, Planner{times, prior, all}, slot};
    ElasticRunner two{shared, Planner{times, prior, all}, slot};
    ElasticRunner timed{halves, Planner{times, prior, all}, slot};
    PipelinedRunner beside{kept, PipelinedPlanner{times, prior, all}, slot, companion};
    nn::Features x = whole.make_features(), y = shared.make_features(), z = kept.make_features();
    std::vector<float> image(graph.image().size());
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = nn::random_normal(7, i);
    std::array<double, 4> fastest{1, 1, 1, 1};
    for (std::size_t turn = 0; turn < 3 * turns; ++turn) {
      x.load(image), y.load(image), z.load(image);
      fastest[0] = (std::min)(fastest[0], one.run(x).elapsed);
      fastest[1] = (std::min)(fastest[1], two.run(y).elapsed);
      fastest[2] = (std::min)(fastest[2], beside.run(z).elapsed);
      y.load(image);
      timing.saved = 0;
      const double both = timed.run(y).elapsed;
      fastest[3] = (std::min)(fastest[3], both - timing.saved);
    }
    std::printf("%-38s %12.1f %10.2f %10.2f %10.2f\n", name, fastest[0] * 1e6, fastest[0] / fastest[1],
                fastest[0] / fastest[3], fastest[0] / fastest[2]);
  };
  print("VGG-16, width 1", nn::vgg16());
  print("VGG-16, width 1/4", nn::vgg16({.width = .25}));
  print("ResNet-50, width 1", nn::resnet50());
  print("ResNet-50, width 1/2", nn::resnet50({.width = .5}));
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

  const nn::InferenceNetwork<example::classes, nn::Maps::kept> kept{std::as_const(demo.trained.network)};
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

  const nn::InferenceNetwork<example::classes> shared{std::as_const(demo.trained.network),
                                                      {nn::share_convs(thread)}};
  nn::Features shared_features = shared.make_features();
  ElasticRunner by_halves{shared, Planner{times, prior, all}, slot};
  print_latency(
      "convolutions shared", by_halves, shared_features,
      [&](std::size_t k) { shared_features.load(demo.inputs[k % demo.inputs.size()]); }, times.total());
  print_networks(thread);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner two_cores: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
