// Product against baseline, measured in the same run: n = 40, one thread.

#include "search/tables.hpp"
#include "search/workload.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/paper/batch_expectation.hpp>
#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/search/exact.hpp>

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace einet::bench {

namespace {

constexpr std::size_t N = 40;
using Cases = std::vector<Case<N>>;

/// Plans to score, as product and baseline take them.
struct Plans {
  std::vector<ExitPlan<N>> packed;
  std::vector<PlainPlan<N>> plain;

  void push(const ExitPlan<N>& plan) {
    packed.push_back(plan);
    PlainPlan<N>& copy = plain.emplace_back();
    for (std::size_t k = 0; k < N; ++k) copy[k] = plan.contains(k);
  }
};

/// Plans as random search draws them.
Plans random_plans(std::size_t count) {
  Plans plans;
  for (std::size_t k = 0; k < count; ++k) plans.push(ExitPlan<N>::from_words({random_bits(1, k)}));
  return plans;
}

/// The first plans of enumeration: few exits, each plan like the next, so that the processor predicts
/// branches well.
Plans enumerated_plans(std::size_t count) {
  Plans plans;
  for (std::size_t i = 0; i < N && plans.packed.size() < count; ++i)
    for (std::size_t j = i + 1; j < N && plans.packed.size() < count; ++j)
      for (std::size_t k = j + 1; k < N && plans.packed.size() < count; ++k) plans.push(ExitPlan<N>{i, j, k});
  return plans;
}

struct Row {
  const char* work;
  const char* product;
  const char* baseline;
  double wanted_avx512, wanted_avx2;
  double units;  ///< of work per iteration
};

void add_expectations(const Cases& cases, const Plans& plans, const std::string& kind,
                      std::vector<float>& out) {
  add<N>("expectation/" + kind, cases, [&](const Case<N>& c) {
    const BatchExpectation<N, Uniform> score(c.problem, c.uniform);
    score(plans.packed, out);
    return out[0];
  });
  add<N>("plain expectation/" + kind, cases, [&](const Case<N>& c) {
    for (std::size_t i = 0; i < plans.plain.size(); ++i)
      out[i] = plain_expectation(c.plain, plans.plain[i], c.plain_uniform);
    return out[0];
  });
}

}  // namespace

void print_ratios() {
  const Cases cases = random_cases<N>(20);
  const Plans drawn = random_plans(2048), enumerated = enumerated_plans(2048),
              ten_thousand = random_plans(10'000);
  std::vector<float> out(2048);
  add_expectations(cases, drawn, "drawn", out);
  add_expectations(cases, enumerated, "enumerated", out);
  add<N>("greedy", cases, [](const Case<N>& c) { return GreedySearch{}(c.problem, c.uniform); });
  add<N>("hybrid", cases, [](const Case<N>& c) { return HybridSearch{4}(c.problem, c.uniform); });
  add<N>("hybrid, not pruned", cases, [](const Case<N>& c) {
    return HybridSearch{4, false}(c.problem, c.uniform);
  });
  add<N>("random", cases, [](const Case<N>& c) { return RandomSearch{}(c.problem, c.uniform); });
  add<N>("exact/uniform", cases, [](const Case<N>& c) { return ExactSearch{}(c.problem, c.uniform); });
  add<N>("exact/Gaussian", cases, [](const Case<N>& c) { return ExactSearch{}(c.problem, c.gaussian); });
  add<N>("greedy/Gaussian", cases, [](const Case<N>& c) { return GreedySearch{}(c.problem, c.gaussian); });
  add<N>("plain greedy", cases, [](const Case<N>& c) { return plain_hybrid(c.plain, c.plain_uniform, 0); });
  add<N>("plain greedy/Gaussian", cases,
         [](const Case<N>& c) { return plain_hybrid(c.plain, c.plain_gaussian, 0); });
  add<N>("plain hybrid", cases, [](const Case<N>& c) { return plain_hybrid(c.plain, c.plain_uniform, 4); });
  add<N>("plain random", cases,
         [&](const Case<N>& c) { return plain_best_of(c.plain, c.plain_uniform, ten_thousand.plain); });
  const auto ns = measured();

  constexpr Row rows[] = {
      {"expectation of a plan, drawn", "expectation/drawn", "plain expectation/drawn", 12, 7, 2048},
      {"expectation of a plan, enumerated", "expectation/enumerated", "plain expectation/enumerated", 12, 7,
       2048},
      {"greedy", "greedy", "plain greedy", 25, 15, 1},
      {"hybrid, m = 4", "hybrid", "plain hybrid", 200, 100, 1},
      {"  the same, every plan tried", "hybrid, not pruned", "plain hybrid", 0, 0, 1},
      {"random, 10,000 plans", "random", "plain random", 12, 7, 1},
      {"exact, uniform (by plain hybrid)", "exact/uniform", "plain hybrid", 2000, 1200, 1},
      {"exact, Gaussian (by plain greedy)", "exact/Gaussian", "plain greedy/Gaussian", 1.5, 1, 1},
      {"  greedy, Gaussian", "greedy/Gaussian", "plain greedy/Gaussian", 0, 0, 1},
  };
  const auto found = [&](const char* name) {
    const auto at = ns.find(name);
    return at == ns.end() ? 0.0 : at->second;
  };
  constexpr std::size_t lanes = simd::width<float>;
  std::printf("\nn = 40, one thread, %zu float lanes; fastest of 7 repetitions, ns\n", lanes);
  std::printf("%-36s %12s %12s %9s %8s\n", "work", "plain", "einet", "ratio", "wanted");
  for (const Row& row : rows) {
    const double product = found(row.product) / row.units, baseline = found(row.baseline) / row.units;
    if (product == 0 || baseline == 0) continue;
    std::printf("%-36s %12.1f %12.2f %8.1fx ", row.work, baseline, product, baseline / product);
    const double wanted = lanes >= 16 ? row.wanted_avx512 : row.wanted_avx2;
    if (wanted > 0)
      std::printf("%7gx\n", wanted);
    else
      std::printf("%8s\n", "");
  }

  std::printf("\nLike the paper's Table I (its figures for C, on another machine), ms per call\n");
  std::printf("%-28s %12s %12s %12s\n", "", "paper", "plain", "einet");
  std::printf("%-28s %12.4f %12.6f %12.6f\n", "accuracy expectation", 0.0003,
              found("plain expectation/enumerated") / 2048e6, found("expectation/enumerated") / 2048e6);
  std::printf("%-28s %12.4f %12.6f %12.6f\n", "hybrid search", 0.1277, found("plain hybrid") * 1e-6,
              found("hybrid") * 1e-6);
  std::printf("%-28s %12s %12s %12.6f\n", "exact search", "-", "-", found("exact/uniform") * 1e-6);
}

bool run_only(const std::string& search, std::size_t runs) {
  const Cases cases = random_cases<N>(20);
  double sum = 0;
  for (std::size_t run = 0; run < runs; ++run) {
    const Case<N>& c = cases[run % cases.size()];
    if (search == "exact-uniform")
      sum += ExactSearch{}(c.problem, c.uniform).worth;
    else if (search == "exact-gaussian")
      sum += ExactSearch{}(c.problem, c.gaussian).worth;
    else if (search == "greedy")
      sum += GreedySearch{}(c.problem, c.uniform).worth;
    else if (search == "hybrid")
      sum += HybridSearch{4}(c.problem, c.uniform).worth;
    else
      return false;
  }
  benchmark::DoNotOptimize(sum);
  return true;
}

}  // namespace einet::bench
