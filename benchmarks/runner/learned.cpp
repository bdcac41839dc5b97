// A law of the stop time learned from past stops: the runner feeds a history, the planner plans by what that
// has learned, and the result is judged under the law that the stops really follow. Fitted on the odd samples
// of a profile, run and judged on the even ones.

#include "runner/commands.hpp"

#include <einet/einet.hpp>
#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/profile/input_samples.hpp>

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

constexpr std::size_t N = 14;
using Profile = ConfidenceProfile<N>;

/// The moment before which a share of the stops come, by bisection.
template <class Law>
double quantile(const Law& law, double share, double high) {
  double low = 0;
  for (int step = 0; step < 60; ++step) {
    const double middle = (low + high) / 2;
    (law.cdf(middle) < share ? low : high) = middle;
  }
  return high;
}

template <class Law>
void compare(const char* name, const TimeProfile<N>& times, const QuadraticPredictor<N>& predictor,
             const Profile& fitting, const Profile& judged, const Law& given) {
  const Law truth = over(given, times.total());
  const auto accuracy = [&](const auto& planner) {
    const double planning = eval::median_planning_seconds(planner, fitting);
    return eval::replayed(planner, times, judged, truth, planning);
  };
  const eval::Replayed even = accuracy(Planner{times, predictor});
  std::printf("%-28s %-16s %9.4f\n", name, "even", even.accuracy);
  const auto print = [&](const std::string& planned_by, const eval::Replayed& other) {
    const auto gain = eval::bootstrap_mean(eval::paired_differences(other.correct, even.correct));
    std::printf("%-28s %-16s %9.4f %+9.4f [%+.4f, %+.4f]\n", "", planned_by.c_str(), other.accuracy,
                gain.mean, gain.low, gain.high);
    std::fflush(stdout);
  };

  StopHistory history{times.total()};
  const auto blocks = replay(times, judged);
  VirtualTime time;
  LocalSlot<Answer> slot;
  ElasticRunner runner{blocks, Planner{times, predictor, history.law()}, slot, VirtualClock{time}};
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> share(0, 1);
  std::size_t run = 0;
  for (const std::size_t runs : {30UL, 100UL, 300UL, 1000UL, 3000UL}) {
    for (; run < runs; ++run) {
      time.reset();
      ReplayedSample on{run % judged.samples(), &time};
      const double moment = quantile(truth, share(random), times.total());
      runner.run(on, StopAfter{VirtualClock{time}, moment}, history);
      if (run % 10 == 9) runner.set_law(history.law());
    }
    print("after " + std::to_string(runs), accuracy(Planner{times, predictor, history.law()}));
  }
  print("true", accuracy(Planner{times, predictor, truth}));
}

}  // namespace

int learned(int count, char** arguments) try {
  std::filesystem::path path = EINET_SOURCE_DIR "/examples/data/profile.safetensors";
  if (count > 0 && std::string_view(arguments[0]) == "--help") {
    std::printf(
        "bench_runner learned [PROFILE]: a profile of %zu exits (default: the shipped one)\n"
        "planned by a uniform law, by laws learned after several numbers of runs, and by the true one\n",
        N);
    return 0;
  }
  if (count > 0) path = arguments[0];
  const io::SafetensorsFile file(path);
  const auto times = io::read_time_profile<N>(file);
  const auto whole = io::read_confidence_profile<N>(file);
  const auto fitting = whole.every(2, 1);
  const auto judged = whole.every(2, 0);
  const auto samples = confidence_samples(fitting);
  const QuadraticPredictor<N> predictor{fit_quadratic(samples.view())};
  std::printf("%-28s %-16s %9s %9s %18s\n", path.filename().c_str(), "planned by", "accuracy", "gain",
              "95 % interval");
  compare("Gaussian, 0.3 T, 0.1 T", times, predictor, fitting, judged, TruncatedGaussian::of_horizon(.3, .1));
  compare("Gaussian, 0.8 T, 0.1 T", times, predictor, fitting, judged, TruncatedGaussian::of_horizon(.8, .1));
  compare("half uniform, half by 0.5 T", times, predictor, fitting, judged,
          Mixture{{.5, .5}, Uniform{}, PointMass{.5 * times.total()}});
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner learned: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
