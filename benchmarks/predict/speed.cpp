// How long observing an exit and reading the confidences takes at N = 40; for the CS-Predictor in every
// format, how near that is to merely reading its weights, and what caching and skipping save. One thread.

#include "fastest.hpp"
#include "predict/commands.hpp"
#include "predict/cs_workload.hpp"
#ifdef EINET_BENCH_EIGEN
#include "predict/eigen_forward.hpp"
#endif

#include <einet/eval/dense_forward.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/weight_format.hpp>
#include <einet/predict/gaussian_fit.hpp>
#include <einet/predict/gaussian_predictor.hpp>
#include <einet/predict/table_fit.hpp>
#include <einet/predict/table_predictor.hpp>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

namespace einet::bench {

namespace {

constexpr std::size_t N = 40, H = 2048;
constexpr int repetitions = 25;

/// Registers `work()`, to be timed in turns with all others.
template <class Work>
void add(const std::string& name, Work work) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [work](benchmark::State& state) mutable {
                                 for (auto _ : state) work();
                               })
      ->Repetitions(repetitions)
      ->MinTime(.01)
      ->UseRealTime();
}

/// Observes the exits before `end` in one run after another, and reads all confidences after each.
template <class Predictor>
auto first_exits(Predictor predictor, const std::vector<Run<N>>& runs, std::size_t end) {
  return [predictor, &runs, end]() mutable {
    for (const Run<N>& run : runs) {
      predictor.reset();
      for (std::size_t k = 0; k < end; ++k) {
        predictor.observe(k, std::span<const float, 1>(&run[k], 1));
        auto seen = predictor.confidences();
        benchmark::DoNotOptimize(seen);
      }
    }
  };
}

constexpr std::size_t stretch = 8;  ///< exits for which one time is given

template <class Predictor>
void add_small(const std::string& name, const Predictor& predictor, const std::vector<Run<N>>& runs) {
  for (std::size_t end = stretch; end <= N; end += stretch)
    add(name + "/" + std::to_string(end), first_exits(predictor, runs, end));
}

template <class Times>
void print_small(const char* name, const Times& times, std::size_t runs, double wanted) {
  double before = 0, slowest = 0, all = 0;
  std::printf("%-20s", name);
  for (std::size_t end = stretch; end <= N; end += stretch) {
    all = times.at(std::string(name) + "/" + std::to_string(end)) / static_cast<double>(runs);
    slowest = (std::max)(slowest, (all - before) / stretch);
    std::printf(" %8.1f", (all - before) / stretch);
    before = all;
  }
  std::printf(" %9.1f %9.1f %9.0f\n", all / N, slowest, wanted);
}

/// A CS-Predictor in one format: the first copy alone, and enough copies that no weights are still in a cache
/// when they are read again.
template <class Format>
struct Contender {
  using Weights = CsWeights<N, H, Format>;
  std::vector<std::shared_ptr<const Weights>> copies;
  double read = 0, active = 0;  ///< bytes and columns of layer 2 per observation

  Contender(const CsParameters<N, H>& parameters, const std::vector<Run<N>>& runs) {
    copies.push_back(std::make_shared<const Weights>(parameters));
    constexpr double more_than_a_cache = 100e6;
    while (static_cast<double>(copies.size()) * bytes(*copies[0]) < more_than_a_cache)
      copies.push_back(std::make_shared<const Weights>(*copies[0]));
    for (const Run<N>& run : runs) {
      const Reading of_run = reading(*copies[0], run);
      read += of_run.bytes / static_cast<double>(runs.size() * N);
      active += of_run.active / static_cast<double>(runs.size());
    }
  }

  void add_all(const std::string& name, const std::vector<Run<N>>& runs) const {
    add(name + "/observe", first_exits(CsPredictor<N, H, Format>(copies[0]), runs, N));
    add(name + "/sum", [weights = copies[0]] { benchmark::DoNotOptimize(sum(*weights)); });
    std::vector<CsPredictor<N, H, Format>> predictors(copies.begin(), copies.end());
    add(name + "/observe, cold", [predictors, &run = runs[0]]() mutable {
      for (auto& predictor : predictors) predictor.reset();
      for (std::size_t k = 0; k < N; ++k)
        for (auto& predictor : predictors) {
          predictor.observe(k, std::span<const float, 1>(&run[k], 1));
          auto seen = predictor.confidences();
          benchmark::DoNotOptimize(seen);
        }
    });
    add(name + "/sum, cold", [all = copies] {
      for (const auto& weights : all) benchmark::DoNotOptimize(sum(*weights));
    });
  }

  template <class Times>
  void print(const std::string& name, const Times& times, std::size_t runs) const {
    const auto row = [&](const char* state, const std::string& suffix, double observations, double sums) {
      const double observed = times.at(name + "/observe" + suffix) / observations;
      const double summed = bytes(*copies[0]) * sums / times.at(name + "/sum" + suffix);
      std::printf("%-6s %-5s %9.1f %9.2f %9.0f %9.1f %9.1f %8.0f%%\n", name.c_str(), state, observed * 1e-3,
                  read * 1e-6, active, read / observed, summed, 100 * read / observed / summed);
    };
    const auto all = static_cast<double>(copies.size());
    row("warm", "", static_cast<double>(runs * N), 1);
    row("cold", ", cold", all * N, all);
  }
};

/// How far the outputs in one format are from those in fp32.
template <class Format>
void print_error(const char* name, const Contender<Fp32>& exact, const Contender<Format>& contender,
                 const std::vector<Run<N>>& runs) {
  CsPredictor<N, H> reference(exact.copies[0]);
  CsPredictor<N, H, Format> predictor(contender.copies[0]);
  double worst = 0, squares = 0, count = 0;
  for (const Run<N>& run : runs) {
    reference.reset();
    predictor.reset();
    for (std::size_t k = 0; k + 1 < N; ++k) {
      reference.observe(k, std::span<const float, 1>(&run[k], 1));
      predictor.observe(k, std::span<const float, 1>(&run[k], 1));
      for (std::size_t j = k + 1; j < N; ++j, ++count) {
        const double off = std::fabs(static_cast<double>(predictor.confidences()[j]) -
                                     static_cast<double>(reference.confidences()[j]));
        worst = (std::max)(worst, off);
        squares += off * off;
      }
    }
  }
  std::printf("%-6s root mean square %.1e, worst %.1e\n", name, std::sqrt(squares / count), worst);
}

constexpr const char* help =
    "usage: bench_predict speed [--benchmark_...]\n"
    "  times observe() and confidences() of the predictors at N = 40; takes Google Benchmark's flags\n";

}  // namespace

int speed(int count, char** arguments) {
  if (count > 0 && (std::strcmp(arguments[0], "--help") == 0 || std::strcmp(arguments[0], "-h") == 0)) {
    std::fputs(help, stdout);
    return 0;
  }
  // Noise comes in waves: repetitions of product and baseline take turns unless the caller says otherwise.
  std::string program = "bench_predict", interleaved = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> words{program.data(), interleaved.data()};
  words.insert(words.end(), arguments, arguments + count);
  int left = static_cast<int>(words.size());
  words.push_back(nullptr);
  benchmark::Initialize(&left, words.data());
  if (left > 1) {
    std::fprintf(stderr, "bench_predict: speed does not know '%s'; see bench_predict speed --help\n",
                 words[1]);
    return 2;
  }

  const auto runs = confidence_runs<N>(1, 1), fitting_runs = confidence_runs<N>(500, 2);
  std::vector<FittingSamples<N>::Row> inputs(fitting_runs.size());
  for (std::size_t s = 0; s < inputs.size(); ++s)
    for (std::size_t k = 0; k < N; ++k) inputs[s][k][0] = fitting_runs[s][k];
  const FittingSamples<N> samples{inputs};
  add_small("TablePredictor", TablePredictor<N>{fit_table(samples, {Target::confidence})}, runs);
  add_small("GaussianPredictor", GaussianPredictor<N>{fit_gaussian(samples, {Target::confidence})}, runs);

  const auto parameters = he_parameters<N, H>(3);
  const Contender<Fp32> fp32(parameters, runs);
  const Contender<Bf16> bf16(parameters, runs);
  const Contender<Int8> int8(parameters, runs);
  fp32.add_all("fp32", runs);
  bf16.add_all("bf16", runs);
  int8.add_all("int8", runs);
  const auto add_dense = [&]<class Forward>(const char* name, std::shared_ptr<Forward> forward) {
    add(name, [forward, &runs, k = std::size_t{0}]() mutable {
      auto outputs = (*forward)(runs[0], k = k % N + 1);
      benchmark::DoNotOptimize(outputs);
    });
  };
  add_dense("dense", std::make_shared<eval::DenseForward<N, H>>(parameters));
#ifdef EINET_BENCH_EIGEN
  add_dense("Eigen", std::make_shared<EigenForward<N, H>>(parameters));
#endif

  Fastest fastest;
  benchmark::RunSpecifiedBenchmarks(&fastest);
  benchmark::ClearRegisteredBenchmarks();
  const auto& times = fastest.nanoseconds;

  std::printf("N = %zu, one thread, %zu float lanes; fastest of %d repetitions\n\n", N,
              xsimd::batch<float>::size, repetitions);
  std::printf("ns per observe() and confidences(), mean over groups of %zu exits\n%-20s", stretch, "");
  for (std::size_t end = stretch; end <= N; end += stretch)
    std::printf("   %2zu...%-2zu", end - stretch, end - 1);
  std::printf(" %9s %9s %9s\n", "all", "slowest", "wanted <");
  print_small("TablePredictor", times, runs.size(), 50);
  print_small("GaussianPredictor", times, runs.size(), 400);

  std::printf(
      "\nCS-Predictor, H = %zu, weights as He et al. initialise them, every exit observed.\n"
      "warm: weights where the last observation left them. cold: of one of %zu (%zu, %zu) copies in turn,\n"
      "driven out of the caches in between, as by the layers of a network. sum: of all weights.\n\n",
      H, fp32.copies.size(), bf16.copies.size(), int8.copies.size());
  std::printf("%-12s %9s %9s %9s %9s %9s %9s\n", "", "us", "MB", "columns", "GB/s", "sum GB/s", "of it");
  fp32.print("fp32", times, runs.size());
  bf16.print("bf16", times, runs.size());
  int8.print("int8", times, runs.size());
  std::printf("\nOutputs compared with those of fp32\n");
  print_error("bf16", fp32, bf16, runs);
  print_error("int8", fp32, int8, runs);
  const double cached = times.at("fp32/observe") / static_cast<double>(runs.size() * N);
  std::printf("\nForward pass that caches and skips nothing, fp32, warm%15s\n", "against fp32");
  for (const char* name : {"dense", "Eigen"})
    if (const auto at = times.find(name); at != times.end())
      std::printf("%-12s %9.1f us %9.2fx (wanted: 1.5x)\n", name, at->second * 1e-3, at->second / cached);
  return 0;
}

}  // namespace einet::bench
