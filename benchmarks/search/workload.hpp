#pragma once
// Problems as product and baselines take them, and how searches are timed.

#include "fastest.hpp"

#include <einet/eval/plain_algorithms.hpp>
#include <einet/eval/random_problems.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

namespace einet::bench {

using eval::plain_best_of;
using eval::plain_expectation;
using eval::plain_hybrid;
using eval::PlainPlan;
using eval::PlainProblem;
using eval::PlainTable;
using eval::PlainUniform;
using eval::random_problems;

/// A problem under the uniform law, and under a Gaussian of deviation 0.25 T that product and baseline read
/// from tables of the same 1,024 bins.
template <std::size_t N>
struct Case {
  Problem<N> problem;
  Uniform uniform;
  PiecewiseLinear gaussian;
  PlainProblem<N> plain;
  PlainUniform plain_uniform;
  PlainTable plain_gaussian;

  explicit Case(const Problem<N>& p)
      : problem(p),
        uniform(p.times.total()),
        gaussian(tabulated(TruncatedGaussian::of_horizon(0.5, 0.25).over(p.times.total()), p.times.total())),
        plain(p),
        plain_uniform{plain.total},
        plain_gaussian(gaussian, p.times.total()) {}
};

template <std::size_t N>
[[nodiscard]] std::vector<Case<N>> random_cases(std::size_t count, std::uint64_t seed = 1) {
  std::vector<Case<N>> cases;
  for (const Problem<N>& problem : random_problems<N>(count, seed)) cases.emplace_back(problem);
  return cases;
}

/// Registers a benchmark that does `work(cases[i])` for one case after the other, over and over.
template <std::size_t N, class Work>
void add(const std::string& name, const std::vector<Case<N>>& cases, Work work) {
  benchmark::RegisterBenchmark(name.c_str(),
                               [&cases, work](benchmark::State& state) {
                                 std::size_t next = 0;
                                 for (auto _ : state) {
                                   auto found = work(cases[next]);
                                   benchmark::DoNotOptimize(found);
                                   next = next + 1 < cases.size() ? next + 1 : 0;
                                 }
                               })
      ->Repetitions(7)
      ->MinTime(0.02)
      ->UseRealTime();
}

/// The fewest nanoseconds per iteration of every registered benchmark; the flags must have been read before.
[[nodiscard]] inline std::map<std::string, double> measured() {
  Fastest fastest;
  benchmark::RunSpecifiedBenchmarks(&fastest);
  benchmark::ClearRegisteredBenchmarks();
  return std::move(fastest.nanoseconds);
}

}  // namespace einet::bench
