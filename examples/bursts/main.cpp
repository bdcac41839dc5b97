// A real network shares a processor with a task of higher priority that comes in bursts, as a 5G baseband
// does: nobody can foresee when. Whenever a burst begins, an answer is wanted. What is in hand then?
//
// The bursts are real, by a thread under SCHED_FIFO where that is permitted. So they preempt the network in
// the middle of whatever it does.

#include "bursts/baseband.hpp"
#include "common/arguments.hpp"
#include "common/files.hpp"
#include "common/network_files.hpp"

#include <einet/data/dataset.hpp>
#include <einet/einet.hpp>
#include <einet/eval/fitting.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/measure_times.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <time.h>

namespace {

using namespace example;
constexpr std::size_t N = einet::up_to(32);
using Network = einet::nn::InferenceNetwork<classes>;
using Output = einet::Scores<classes>;
using bursts::Slot;

struct Options {
  Files files;
  std::size_t bursts = 500;
  double calm = 1;  // from burst to burst on average, in times of a whole run
  std::uint64_t seed = 1;
};

/// What one processor has to do: the network runs image after image, at most one between two bursts.
struct Device {
  explicit Device(const Options& options)
      : trained(load_network(options.files.weights)),
        network(trained.network),
        features(network.make_features()),
        images(einet::data::load_idx(options.files.images, options.files.labels)) {
    expect_images(images, options.files.images, trained);
    for (std::size_t k = 0; k < images.count; ++k)
      fill(images, k, trained, inputs.emplace_back(network.input().size()));
  }

  Trained trained;
  Network network;
  einet::nn::Features features;
  einet::data::Dataset images;
  std::vector<std::vector<float>> inputs{};
};

/// That this thread has had the processor.
double processor_seconds() noexcept {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

enum class WhenPreempted { stop, resume };

/// Runs until all bursts are over, and prints a row of the table.
template <class Planner>
void row(const char* name, Device& device, const Planner& planner, WhenPreempted preempted,
         const Options& options, double whole) {
  Slot slot;
  einet::ElasticRunner runner{device.network, planner, slot};
  bursts::Rhythm rhythm{options.bursts, options.calm * whole, whole / 2, options.seed};
  bursts::Baseband baseband(slot, rhythm);
  double busy = 0;
  for (std::size_t image = 0; const auto calm = baseband.wait_for_calm(); ++image) {
    device.features.load(device.inputs[image % device.inputs.size()]);
    const double before = processor_seconds();
    if (preempted == WhenPreempted::stop) {
      runner.run(device.features, bursts::BurstBegan{&baseband, *calm});
    } else {
      runner.run(device.features);
      baseband.done_in_this_calm();
    }
    busy += processor_seconds() - before;
  }
  std::size_t answered = 0, right = 0;
  std::uint64_t told = 0;  // the newest run whose answer has been found
  for (const auto& found : baseband.found()) {
    if (!found.newest || found.run == told) continue;  // in a very short calm, no run begins
    ++answered;
    told = found.run;
    // Images are taken in turn, one in a run.
    const std::size_t image = (found.run - 1) % device.images.count;
    if (found.newest->output.label == device.images.labels[image]) ++right;
  }
  const double all = static_cast<double>(options.bursts) / 100;
  std::printf("%-40s%10.1f%10.1f%12.2f\n", name, static_cast<double>(answered) / all,
              static_cast<double>(right) / all, busy / whole / static_cast<double>(options.bursts));
}

void show(const Options& options) {
  Device device(options);
  const auto outputs = einet::io::load_confidence_profile<N>(options.files.profile);
  if (outputs.exit_count() != device.network.size())
    throw einet::io::FileError(options.files.profile, "", "has another number of exits than the network");
  const bool first = bursts::stay_on_one_processor();
  const auto times = einet::measure_times<N>(
      device.network, device.features,
      [&](einet::nn::Features& f, std::size_t k) { f.load(device.inputs[k % device.inputs.size()]); },
      {.warm_up = 5, .repeats = 101});
  const double whole = times.median.total();
  const einet::Exponential law{options.calm * whole};
  const auto last = einet::ExitPlan<N>{device.network.size() - 1};
  const auto fitting = outputs.every(2, 1);
  const einet::PriorPredictor<N> prior{fitting.accuracy(), times.median};
  const auto follow = [&](const einet::ExitPlan<N>& plan) {
    return einet::Planner{times.median, prior, law, einet::FixedPlan<N>{plan}};
  };
  std::printf("%zu bursts, %.2f ms apart on average; a run of the whole network takes %.2f ms\n%s\n\n",
              options.bursts, 1e3 * options.calm * whole, 1e3 * whole,
              first && bursts::may_preempt() ? "the bursts have real-time priority"
                                             : "no right to SCHED_FIFO: bursts compete as equals");
  std::printf("%-40s%10s%10s%12s\n", "", "answered", "right", "busy, runs");
  std::printf("%-40s%10s%10s%12s\n", "when a burst begins", "%", "%", "per burst");
  row("single exit, stopped: its work is lost", device, follow(last), WhenPreempted::stop, options, whole);
  row("single exit, resumed after the burst", device, follow(last), WhenPreempted::resume, options, whole);
  row("best static plan, stopped", device, follow(einet::eval::best_static_plan(times.median, fitting, law)),
      WhenPreempted::stop, options, whole);
  row("EINet, stopped", device,
      einet::Planner{times.median, einet::QuadraticPredictor<N>{einet::fit_quadratic(fitting)}, law},
      WhenPreempted::stop, options, whole);
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("bursts", [&] {
    Options options;
    CLI::App app{"Runs a network on a processor that a task of higher priority takes in bursts."};
    std::string network = "vgg16";
    app.add_option("--network", network, "a network that is shipped for CIFAR-10")
        ->check(CLI::IsMember({"vgg16", "resnet50", "msdnet21"}))
        ->capture_default_str();
    app.add_option("--bursts", options.bursts, "number of bursts")
        ->check(a_whole_number(1, 1'000'000))
        ->capture_default_str();
    app.add_option("--calm", options.calm,
                   "time from burst to burst on average, in runs of the whole network")
        ->check(a_number(.01, 100))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "seed of the bursts")
        ->check(a_whole_number(0, 1'000'000'000))
        ->capture_default_str();
    if (!read_command_line(app, argc, argv)) return 0;
    options.files = shipped_files(network);
    show(options);
    return 0;
  });
}
