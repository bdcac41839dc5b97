// A real network shares a processor with a task of higher priority that comes in bursts, as a 5G baseband
// does: nobody can foresee when. Whenever a burst begins, an answer is wanted. What is in hand then?
//
// The bursts are real, by a thread under SCHED_FIFO where that is permitted. So they preempt the network in
// the middle of whatever it does.

#include "bursts/baseband.hpp"
#include "common/arguments.hpp"
#include "common/chart.hpp"
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

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
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
  std::filesystem::path narrow;  // weights of a narrower network, if there is one
  std::size_t bursts = 500;
  std::vector<double> calms{1};  // from burst to burst on average, in times of a whole run
  std::uint64_t seed = 1;
  std::filesystem::path svg;
};

/// What one processor has to do: the network runs image after image, at most one between two bursts.
struct Device {
  Device(const std::filesystem::path& weights, const Files& files)
      : trained(load_network(weights)),
        network(trained.network),
        features(network.make_features()),
        images(einet::data::load_idx(files.images, files.labels)) {
    expect_images(images, files.images, trained);
    for (std::size_t k = 0; k < images.count; ++k)
      fill(images, k, trained, inputs.emplace_back(network.input().size()));
    const auto load = [&](einet::nn::Features& f, std::size_t k) { f.load(inputs[k % inputs.size()]); };
    times = einet::measure_times<N>(network, features, load, {.warm_up = 5, .repeats = 101}).median;
  }

  Trained trained;
  Network network;
  einet::nn::Features features;
  einet::data::Dataset images;
  std::vector<std::vector<float>> inputs{};
  einet::TimeProfile<N> times{};
};

/// That this thread has had the processor.
double processor_seconds() noexcept {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

enum class WhenPreempted { stop, resume };

/// What a way to run was worth, as shares of 1, and the runs' time that it took per burst.
struct Worth {
  double answered, right, busy;
};

/// Runs until all bursts are over. Times are in seconds.
template <class Planner>
Worth worth_of(Device& device, const Planner& planner, WhenPreempted preempted,
               const bursts::Rhythm& rhythm) {
  Slot slot;
  einet::ElasticRunner runner{device.network, planner, slot};
  bursts::Baseband baseband(slot, rhythm);
  Worth worth{};
  for (std::size_t image = 0; const auto calm = baseband.wait_for_calm(); ++image) {
    device.features.load(device.inputs[image % device.inputs.size()]);
    const double before = processor_seconds();
    if (preempted == WhenPreempted::stop) {
      runner.run(device.features, bursts::BurstBegan{&baseband, *calm});
    } else {
      runner.run(device.features);
      baseband.done_in_this_calm();
    }
    worth.busy += processor_seconds() - before;
  }
  std::uint64_t told = 0;  // the newest run whose answer has been found
  for (const auto& found : baseband.found()) {
    if (!found.newest || found.run == told) continue;  // in a very short calm, no run begins
    told = found.run;
    worth.answered += 1;
    // Images are taken in turn, one in a run.
    const std::size_t image = (found.run - 1) % device.images.count;
    if (found.newest->output.label == device.images.labels[image]) worth.right += 1;
  }
  const auto all = static_cast<double>(rhythm.bursts);
  return {worth.answered / all, worth.right / all, worth.busy / all};
}

/// A way to run, with what it was worth for each mean time between two bursts.
struct Way {
  std::string name;
  std::vector<Worth> worths{};
};

void print(const std::vector<Way>& ways, std::size_t calm, double whole) {
  std::printf("\n%-40s%10s%10s%12s\n", "", "answered", "right", "busy, runs");
  std::printf("%-40s%10s%10s%12s\n", "when a burst begins", "%", "%", "per burst");
  for (const Way& way : ways) {
    const Worth& worth = way.worths[calm];
    std::printf("%-40s%10.1f%10.1f%12.2f\n", way.name.c_str(), 100 * worth.answered, 100 * worth.right,
                worth.busy / whole);
  }
}

Chart chart_of(const std::vector<Way>& ways, const std::vector<double>& calms) {
  Panel panel{""};
  for (const Way& way : ways) {
    Line line{way.name};
    for (std::size_t k = 0; k < calms.size(); ++k) {
      line.y.push_back(way.worths[k].right);
      line.marks.push_back({calms[k], way.worths[k].right});
    }
    panel.lines.push_back(std::move(line));
  }
  return {"Right answers in hand when a burst begins",
          "time between two bursts, in runs of the whole network",
          "share of all bursts",
          calms,
          {panel}};
}

void show(const Options& options) {
  const bool alone = bursts::stay_on_one_processor();
  Device device(options.files.weights, options.files);
  std::optional<Device> narrow;
  if (!options.narrow.empty()) narrow.emplace(options.narrow, options.files);
  const auto outputs = einet::io::load_confidence_profile<N>(options.files.profile);
  if (outputs.exit_count() != device.network.size())
    throw einet::io::FileError(options.files.profile, "", "has another number of exits than the network");
  const double whole = device.times.total();
  const auto fitting = outputs.every(2, 1);
  const einet::PriorPredictor<N> prior{fitting.accuracy(), device.times};
  const einet::QuadraticPredictor<N> quadratic{einet::fit_quadratic(fitting)};
  std::printf("%zu bursts; a run of the whole network takes %.2f ms\n%s\n", options.bursts, 1e3 * whole,
              alone && bursts::may_preempt() ? "the bursts have real-time priority"
                                             : "no right to SCHED_FIFO: bursts compete as equals");
  std::vector<Way> ways;
  for (std::size_t calm = 0; calm < options.calms.size(); ++calm) {
    const bursts::Rhythm rhythm{options.bursts, options.calms[calm] * whole, whole / 2, options.seed};
    const einet::Exponential law{rhythm.calm};
    std::size_t at = 0;
    const auto run = [&](const char* name, Device& on, const auto& planner, WhenPreempted preempted) {
      if (calm == 0) ways.push_back({name});
      ways[at++].worths.push_back(worth_of(on, planner, preempted, rhythm));
    };
    const auto follow = [&](const Device& on, const einet::ExitPlan<N>& plan) {
      return einet::Planner{on.times, prior, law, einet::FixedPlan<N>{plan}};
    };
    const auto last = einet::ExitPlan<N>{device.network.size() - 1};
    run("single exit, stopped: its work is lost", device, follow(device, last), WhenPreempted::stop);
    run("single exit, resumed after the burst", device, follow(device, last), WhenPreempted::resume);
    if (narrow) {
      run("narrower single exit, stopped", *narrow, follow(*narrow, last), WhenPreempted::stop);
      run("narrower single exit, resumed", *narrow, follow(*narrow, last), WhenPreempted::resume);
    }
    run("best static plan, stopped", device,
        follow(device, einet::eval::best_static_plan(device.times, fitting, law)), WhenPreempted::stop);
    run("EINet, stopped", device, einet::Planner{device.times, quadratic, law}, WhenPreempted::stop);
    std::printf("\n%.2f ms from burst to burst on average", 1e3 * rhythm.calm);
    print(ways, calm, whole);
  }
  if (narrow)
    std::printf("\nThe narrower network takes %.0f %% of the time.\n",
                100 * last_exit(narrow->times).total() / whole);
  if (!options.svg.empty()) draw(chart_of(ways, options.calms), options.svg);
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
    app.add_option("--calm", options.calms,
                   "time from burst to burst on average, in runs of the whole network; one or several")
        ->delimiter(',')
        ->check(a_number(.01, 1000))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "seed of the bursts")
        ->check(a_whole_number(0, 1'000'000'000))
        ->capture_default_str();
    app.add_option("--svg", options.svg, "draw right answers against the time between bursts to this file")
        ->check(a_path);
    if (!read_command_line(app, argc, argv)) return 0;
    options.files = shipped_files(network);
    if (network == "vgg16") options.narrow = shipped_files("vgg16_narrow").weights;
    std::ranges::sort(options.calms);
    options.calms.erase(std::unique(options.calms.begin(), options.calms.end()), options.calms.end());
    if (!options.svg.empty()) expect_writable(options.svg);
    show(options);
    return 0;
  });
}
