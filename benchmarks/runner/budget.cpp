// What is gained by skipping planning that costs more than it gains: replays of the shipped profile, with
// planning charged at its cost on this machine. Fitted on the odd samples, judged on the even ones.

#include "../examples/common/network_files.hpp"
#include "runner/commands.hpp"

#include <einet/einet.hpp>
#include <einet/eval/bootstrap.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/profile/input_samples.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace einet::bench {

namespace {

constexpr std::size_t N = example::exits;
using Profile = ConfidenceProfile<N>;

template <class Predictor, class Search>
void compare(const char* name, const TimeProfile<N>& times, const Profile& fitting, const Profile& judged,
             const Predictor& predictor, const Search& search, double dearer) {
  const Planner always{times, predictor, search};
  const Planner limited{times, predictor, Uniform{}, search, {}, PlanningBudget<N>{}};
  const double planning = dearer * eval::median_planning_seconds(always, fitting);
  const auto judge = [&](const auto& planner) {
    return eval::replayed(planner, times, judged, planner.law(), planning);
  };
  const eval::Replayed off = judge(always);
  const eval::Replayed on = judge(limited);
  std::vector<double> gain(judged.samples());
  for (std::size_t s = 0; s < judged.samples(); ++s) gain[s] = on.correct[s] - off.correct[s];
  const auto interval = eval::bootstrap_mean(gain);
  std::printf("%-38s %8.1f %8.4f %8.4f %+8.4f [%+.4f, %+.4f] %7.2f%% %7.2f%%\n", name, planning * 1e6,
              off.accuracy, on.accuracy, interval.mean, interval.low, interval.high, 100 * off.planning_share,
              100 * on.planning_share);
  std::fflush(stdout);
}

}  // namespace

int budget(int count, char** arguments) try {
  if (count > 0 && std::string_view(arguments[0]) == "--help") {
    std::printf("bench_runner budget: replays the profile in examples/data\n");
    return 0;
  }
  if (count > 0) {
    std::fprintf(stderr, "bench_runner budget: '%s' is unknown; see --help\n", arguments[0]);
    return 2;
  }
  const std::filesystem::path folder = EINET_SOURCE_DIR "/examples/data";
  const auto times = io::load_time_profile<N>(folder / example::profile_file);
  const auto whole = io::load_confidence_profile<N>(folder / example::profile_file);
  const auto fitting = whole.every(2, 1);
  const auto judged = whole.every(2, 0);
  const auto samples = confidence_samples(fitting);
  const QuadraticPredictor<N> quadratic{fit_quadratic(samples.view())};
  CsParameters<N, example::hidden> parameters;
  io::load_predictor(folder / example::predictor_file, parameters, example::predictor_identity(fitting));
  const CsPredictor<N, example::hidden> published{parameters};
  std::printf("%-38s %8s %8s %8s %8s %18s %8s %8s\n", "T of", "us a", "always", "by", "", "", "planning",
              "planning");
  std::printf("%.3f ms%*s %8s %8s %8s %8s %18s %8s %8s\n", times.total() * 1e3, 30, "", "planning", "planned",
              "budget", "gain", "95 % interval", "always", "budget");
  compare("quadratic, exact: the default", times, fitting, judged, quadratic, ExactSearch{}, 1);
  compare("the paper's: CS-Predictor, hybrid(4)", times, fitting, judged, published, HybridSearch{4}, 1);
  compare("  on a machine 4 times as slow at it", times, fitting, judged, published, HybridSearch{4}, 4);
  compare("  16 times", times, fitting, judged, published, HybridSearch{4}, 16);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner budget: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
