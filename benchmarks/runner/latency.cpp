// How long a run of the shipped network takes to return after a stop, with kernels that poll and with parts
// that run to their end; and how long reading the answer takes at that moment.

#include "runner/commands.hpp"
#include "runner/demo_network.hpp"

#include <einet/einet.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <sys/time.h>

namespace einet::bench {

namespace {

constexpr std::size_t N = DemoNetwork::exits;
using Output = DemoNetwork::Output;

/// A block whose parts run to their end even when asked to stop.
struct Deaf {
  const nn::ElasticBlock<example::classes>* block;
  void advance(nn::Features& features) const noexcept { block->advance(features); }
  [[nodiscard]] Output classify(const nn::Features& features) const noexcept {
    return block->classify(features);
  }
};

struct Distribution {
  std::vector<double> seconds;

  /// The value below which `share` of them lie.
  [[nodiscard]] double quantile(double share) {
    if (seconds.empty()) return 0;
    std::sort(seconds.begin(), seconds.end());
    return seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1) + .5)];
  }
  [[nodiscard]] double median() { return quantile(.5); }
  void print(const char* name, double unit) {
    std::printf("%-44s %7zu %9.2f %9.2f %9.2f %9.2f\n", name, seconds.size(), quantile(.5) * unit,
                quantile(.9) * unit, quantile(.99) * unit, quantile(1) * unit);
  }
};

/// When the timer's signal came, on the steady clock; 0 before. The signal goes to the running thread itself,
/// so that no second processor need be free.
std::atomic<double> asked{0};
static_assert(std::atomic<double>::is_always_lock_free);
extern "C" void note_alarm(int) {
  asked.store(SteadyClock::now(), std::memory_order_relaxed);
}

struct Asked {
  [[nodiscard]] bool stop_requested() const noexcept { return asked.load(std::memory_order_relaxed) != 0; }
};

/// From the signal, at a random moment, to the run's return.
template <class Runner>
Distribution stop_by_signal(DemoNetwork& demo, Runner& runner, std::size_t stops, double whole) {
  std::mt19937 random{1};
  std::uniform_int_distribution<suseconds_t> microseconds{1, static_cast<suseconds_t>(whole * 1e6)};
  Distribution found;
  for (std::size_t k = 0; k < stops; ++k) {
    asked = 0;
    itimerval timer{};
    timer.it_value.tv_usec = microseconds(random);
    setitimer(ITIMER_REAL, &timer, nullptr);
    // Repeats runs until the signal comes during one.
    for (Outcome outcome = Outcome::completed; outcome != Outcome::stopped;) {
      demo.load(k);
      if (asked != 0) break;  // between two runs
      outcome = runner.run(demo.features, Asked{}).outcome;
    }
    const double returned = SteadyClock::now();
    found.seconds.push_back(returned - asked);
  }
  return found;
}

/// Time that another thread takes to read the slot, at random moments of runs.
template <class Runner>
Distribution read_at_random(DemoNetwork& demo, Runner& runner, const LocalSlot<Output>& slot,
                            std::size_t reads, double whole) {
  Distribution found;
  std::atomic<bool> done{false};
  std::jthread reader([&] {
    std::mt19937 random{2};
    std::uniform_real_distribution<double> uniform{0, whole};
    for (std::size_t k = 0; k < reads; ++k) {
      const StopAfter due = stop_in(std::chrono::duration<double>(uniform(random)));
      while (!due.stop_requested()) continue;
      const double begin = SteadyClock::now();
      const auto answer = slot.read();
      benchmark::DoNotOptimize(answer);
      found.seconds.push_back(SteadyClock::now() - begin);
    }
    done = true;
  });
  for (std::size_t k = 0; !done; ++k) {
    demo.load(k);
    runner.run(demo.features);
  }
  reader.join();
  return found;
}

/// From a deadline to the run's return.
template <class Runner>
Distribution stop_at_deadline(DemoNetwork& demo, Runner& runner, std::size_t stops, double whole) {
  std::mt19937 random{3};
  std::uniform_real_distribution<double> uniform{0, whole};
  Distribution found;
  for (std::size_t k = 0; k < stops; ++k) {
    demo.load(k);
    const double moment = SteadyClock::now() + uniform(random);
    const auto result = runner.run(demo.features, StopAfter{SteadyClock{}, moment});
    const double returned = SteadyClock::now();
    if (result.outcome == Outcome::deadline) found.seconds.push_back(returned - moment);
  }
  return found;
}

/// What polling costs: whole runs with stops that never ask, in turns with runs that cannot be stopped.
template <class Runner, class DeafRunner>
void print_cost(DemoNetwork& demo, Runner& runner, DeafRunner& deaf) {
  constexpr std::size_t images = 50, turns = 21;
  std::stop_source source;
  const auto run = [&](auto& with, auto... stop) {
    const double begin = SteadyClock::now();
    with.run(demo.features, stop...);
    return SteadyClock::now() - begin;
  };
  // The fastest turn for each image, because any disturbance only delays.
  std::array<std::vector<double>, 4> fastest;
  fastest.fill(std::vector<double>(images, 1));
  for (std::size_t turn = 0; turn < turns; ++turn)
    for (std::size_t image = 0; image < images; ++image) {
      const auto keep = [&](std::size_t way, double seconds) {
        fastest[way][image] = (std::min)(fastest[way][image], seconds);
      };
      const auto load = [&] { demo.load(image); };
      load(), keep(0, run(runner));
      load(), keep(1, run(runner, source.get_token()));
      load(), keep(2, run(runner, stop_in(std::chrono::hours(1))));
      load(), keep(3, run(deaf, source.get_token()));
    }
  std::printf("\n%-44s %9s %9s\n", "whole run, all exits", "us", "ratio");
  constexpr std::array names{"never_stop", "std::stop_token", "deadline on the steady clock",
                             "std::stop_token, parts run to their end"};
  for (std::size_t way = 0; way < fastest.size(); ++way) {
    std::vector<double> ratios;
    for (std::size_t image = 0; image < images; ++image)
      ratios.push_back(fastest[way][image] / fastest[0][image]);
    std::printf("%-44s %9.1f %9.4f\n", names[way], Distribution{fastest[way]}.median() * 1e6,
                Distribution{ratios}.median());
  }
}

}  // namespace

int latency(int count, char** arguments) try {
  std::size_t stops = 5000;
  if (count > 0 && std::string_view(arguments[0]) == "--help") {
    std::printf(
        "bench_runner latency [STOPS]: runs of the shipped network that are stopped at random moments, %zu "
        "of\n"
        "every kind: how long until they return, and what being able to stop costs\n",
        stops);
    return 0;
  }
  if (count > 0) {
    char* end = nullptr;
    const unsigned long wanted = std::strtoul(arguments[0], &end, 10);
    if (count > 1 || *end != '\0' || wanted < 100 || wanted > 1000000) {
      std::fprintf(stderr,
                   "bench_runner latency: expected a number of stops from 100 to 1000000; see --help\n");
      return 2;
    }
    stops = wanted;
  }
  DemoNetwork demo(50);
  const auto times = demo.measure(51).median;
  const Planner planner{times, PriorPredictor<N>{demo.profile.accuracy()}, FixedPlan<N>{ExitPlan<N>::all()}};
  LocalSlot<Output> slot;
  std::array<Deaf, N> deaf_network;
  for (std::size_t k = 0; k < N; ++k) deaf_network[k] = {&demo.network[k]};
  ElasticRunner runner{demo.network, planner, slot};
  ElasticRunner deaf{deaf_network, planner, slot};
  const double whole = times.total();

  std::printf("shipped network, %.0f us a run with all exits, longest part %.0f us\n\n", whole * 1e6,
              *std::max_element(times.conv.begin(), times.conv.end()) * 1e6);
  std::printf("%-44s %7s %9s %9s %9s %9s\n", "from the stop to the run's return, us", "stops", "p50", "p90",
              "p99", "max");
  std::signal(SIGALRM, note_alarm);
  stop_by_signal(demo, runner, stops, whole).print("signal, kernels poll", 1e6);
  stop_by_signal(demo, deaf, stops, whole).print("signal, parts run to their end", 1e6);
  stop_at_deadline(demo, runner, stops, whole).print("deadline, kernels poll", 1e6);
  stop_at_deadline(demo, deaf, stops, whole).print("deadline, parts run to their end", 1e6);

  Distribution nothing;
  for (std::size_t k = 0; k < stops; ++k) {
    const double begin = SteadyClock::now();
    nothing.seconds.push_back(SteadyClock::now() - begin);
  }
  std::printf("\n%-44s\n", "from the stop to the answer, ns");
  read_at_random(demo, runner, slot, stops, whole).print("the slot read by another thread", 1e9);
  nothing.print("of that, reading the clock", 1e9);
  print_cost(demo, runner, deaf);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner latency: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
