// Runs that drop to half speed on the way, with and without following the pace: replayed on the virtual
// clock, so that every sample meets the same slow-down at every moment of a grid. Fitted on the odd samples,
// judged on the even ones.

#include "runner/commands.hpp"

#include <einet/einet.hpp>
#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/timelines.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/profile/input_samples.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace einet::bench {

namespace {

constexpr std::size_t N = 14, moments = 10;
constexpr double slow = 2;
using Profile = ConfidenceProfile<N>;

/// The features of a slowed replay.
struct SlowedSample {
  std::size_t sample;
  VirtualTime* time;
  double from;  ///< the moment from which everything takes `slow` times as long

  void spend(double seconds) const noexcept {
    const double quick = std::clamp(from - time->seconds(), 0., seconds);
    time->advance(quick + slow * (seconds - quick));
  }
};

struct SlowedBlock {
  const TimeProfile<N>* times;
  const Profile* outputs;
  std::size_t exit;

  void advance(SlowedSample& on) const noexcept { on.spend(times->conv[exit]); }
  [[nodiscard]] Answer classify(const SlowedSample& on) const noexcept {
    on.spend(times->branch[exit]);
    return profiled_output(*outputs, on.sample, exit);
  }
};

/// Every sample with the slow-down at every moment of the grid, run to the end.
template <class Planner>
eval::Timelines replay_slowed(const Planner& planner, const TimeProfile<N>& times, const Profile& outputs,
                              double planning) {
  std::array<SlowedBlock, N> network;
  for (std::size_t k = 0; k < N; ++k) network[k] = {&times, &outputs, k};
  VirtualTime time;
  eval::RecordingSlot<N> slot{time};
  ElasticRunner runner{network, planner, slot, VirtualClock{time, planning}};
  eval::Timelines runs(outputs.samples() * moments, N);
  for (std::size_t run = 0; run < runs.size(); ++run) {
    time.reset();
    SlowedSample on{run / moments, &time, times.total() * static_cast<double>(run % moments) / moments};
    runner.run(on);
    for (std::size_t k = 0; k < slot.count(); ++k) {
      const auto& [ready, exit, answer] = slot[k];
      runs.push(run, {ready, static_cast<std::uint32_t>(exit), answer.confidence,
                      answer.label == outputs.label[on.sample]});
    }
  }
  return runs;
}

template <class Law>
void compare(const std::string& name, const TimeProfile<N>& times, const Profile& fitting,
             const Profile& judged, const Law& law) {
  const auto owned = confidence_samples(fitting);
  const QuadraticPredictor<N> predictor{fit_quadratic(owned.view())};
  const Planner rigid{times, predictor, law, {.follow_pace = false}};
  const Planner elastic{times, predictor, law};
  const double planning = eval::median_planning_seconds(elastic, fitting);
  const auto off = eval::judged(replay_slowed(rigid, times, judged, planning), rigid.law());
  const auto on = eval::judged(replay_slowed(elastic, times, judged, planning), elastic.law());
  std::vector<double> gain(
      judged.samples());  // per sample: differences between moments are not sampling error
  for (std::size_t run = 0; run < judged.samples() * moments; ++run)
    gain[run / moments] += (on.correct[run] - off.correct[run]) / moments;
  const auto interval = eval::bootstrap_mean(gain);
  std::printf("%-24s %9.4f %9.4f %+9.4f [%+.4f, %+.4f] %9.4f %9.4f\n", name.c_str(), off.accuracy,
              on.accuracy, interval.mean, interval.low, interval.high, off.no_answer_rate, on.no_answer_rate);
  std::fflush(stdout);
}

}  // namespace

int drift(int count, char** arguments) try {
  std::filesystem::path path = EINET_SOURCE_DIR "/examples/data/profile.safetensors";
  if (count > 0 && std::string_view(arguments[0]) == "--help") {
    std::printf(
        "bench_runner drift [PROFILE]: runs that drop to half speed at one of %zu moments, replayed from a\n"
        "profile of %zu exits (default: the shipped one)\n",
        moments, N);
    return 0;
  }
  if (count > 0) path = arguments[0];
  const io::SafetensorsFile file(path);
  const auto times = io::read_time_profile<N>(file);
  const auto whole = io::read_confidence_profile<N>(file);
  const auto fitting = whole.every(2, 1);
  const auto judged = whole.every(2, 0);
  const double total = times.total();
  std::printf("%s: half speed from a moment of 0, 0.1, ... 0.9 T on; T = %.3g ms; accuracy at the stop\n",
              path.filename().c_str(), total * 1e3);
  std::printf("%-24s %9s %9s %9s %18s %9s %9s\n", "", "", "", "", "", "no answer", "no answer");
  std::printf("%-24s %9s %9s %9s %18s %9s %9s\n", "stop-time law", "rigid", "follows", "gain",
              "95 % interval", "rigid", "follows");
  compare("uniform on [0, T]", times, fitting, judged, Uniform{});
  compare("uniform on [0, 2T]", times, fitting, judged, Uniform{2 * total});
  compare("Gaussian, T/2, T/4", times, fitting, judged, TruncatedGaussian::of_horizon(0.5, 0.25));
  for (const double share : {0.25, 0.5, 0.75, 1.0, 1.5})
    compare("deadline " + std::to_string(share).substr(0, 4) + " T", times, fitting, judged,
            PointMass{share * total});
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner drift: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
