#include "architectures.hpp"
#include "atoms.hpp"
#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/paper/batch_expectation.hpp>
#include <einet/plan/lane_law.hpp>
#include <einet/plan/point_mass.hpp>

#include <cmath>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

using namespace einet;
using namespace einet::test;

// It refers to problem and law: temporaries are refused.
static_assert(std::is_constructible_v<BatchExpectation<5, Uniform>, const Problem<5>&, const Uniform&>);
static_assert(!std::is_constructible_v<BatchExpectation<5, Uniform>, const Problem<5>&, Uniform>);
static_assert(!std::is_constructible_v<BatchExpectation<5, Uniform>, Problem<5>, const Uniform&>);
static_assert(!std::is_constructible_v<BatchExpectation<5, Uniform>, Problem<5>, Uniform>);

namespace {

template <std::size_t N>
std::vector<ExitPlan<N>> random_plans(std::mt19937_64& random, std::size_t count) {
  std::vector<ExitPlan<N>> plans(count);
  for (auto& plan : plans) {
    const std::uint64_t one_in = 1 + random() % 4;
    for (std::size_t k = 0; k < N; ++k)  // also exits before problem.first, which must be ignored
      if (random() % one_in == 0) plan.insert(k);
  }
  return plans;
}

/// A problem of any kind in any state: before the start, in mid-run, or with little left of a law over
/// `total` and some of the outputs in time.
template <std::size_t N>
Problem<N> any_problem(std::mt19937_64& random, std::size_t run, double& total) {
  auto problem = random_problem<N>(random, even_tying_confidences[run % 6], even_idle_branches[run / 6 % 4],
                                   run % 2 == 1);
  total = problem.times.total();
  if (run % 5 == 4) {
    const double left[] = {0.5, 0.1, 0.02, 0.01, 1e-3, 1e-6};
    const double rest[] = {0.3, 0.999, 2};
    problem.elapsed = total * (1 - left[run / 5 % 6]);
    const double scale = left[run / 5 % 6] * rest[random() % 3];
    for (double& seconds : problem.times.conv) seconds *= scale;
    for (double& seconds : problem.times.branch) seconds *= scale;
  }
  return problem;
}

template <class Arch, std::size_t N, class Law>
void equals_cal_exp(const Problem<N>& problem, const Law& law, const std::vector<ExitPlan<N>>& plans) {
  const BatchExpectation<N, Law, Arch> score(problem, law);
  CHECK((lane_law<Law, Arch> || !score.in_lanes()));
  std::vector<float> worths(plans.size());
  score(plans, worths);
  const PlainProblem truth = plain(problem, law);
  std::size_t worst = 0;
  double most = 0;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const double off = std::abs(static_cast<double>(worths[i]) - cal_exp(truth, bits(plans[i])));
    if (off <= most || std::isnan(most)) continue;
    most = off;
    worst = i;
  }
  CAPTURE(worst, plans.empty() ? "" : to_string(plans[worst]), score.in_lanes());
  CHECK(most <= score.error() + 1e-7);
}

template <class Arch, std::size_t N>
void batches_equal_cal_exp(std::uint64_t seed, std::size_t problems) {
  std::mt19937_64 random(seed);
  constexpr std::size_t group = BatchExpectation<N, Uniform, Arch>::group;
  for (std::size_t run = 0; run < problems; ++run) {
    double total = 0;
    const auto problem = any_problem<N>(random, run, total);
    const std::size_t lengths[] = {0, 1, group - 1, group, group + 1, 3 * group, 5 * group + 2};
    const auto plans = random_plans<N>(random, lengths[run % 7]);
    // Laws that end before the run does, and one at none of its times.
    for (const double share : {1.0, 0.7, 1.9}) {
      if (share != 1 && run % 3 != 0) continue;
      CAPTURE(N, group, seed, run, share, problem.first, problem.elapsed, total);
      const auto under = [&](const auto& law, const std::string& name) {
        INFO(name);
        equals_cal_exp<Arch>(problem, law, plans);
      };
      for_each_law(total * share, under);
      std::mt19937_64 moments(seed + run);
      for_each_law_with_atoms(moments, problem, total * share, under);
    }
  }
}

}  // namespace

TEST_CASE("every plan of a batch is scored as by Algorithm 1", "[plan][batch]") {
  using Arch = simd::default_arch;
  batches_equal_cal_exp<Arch, 1>(1, cases(200));
  batches_equal_cal_exp<Arch, 5>(2, cases(300));
  batches_equal_cal_exp<Arch, 40>(3, cases(200));
  batches_equal_cal_exp<Arch, 64>(4, cases(60));
  batches_equal_cal_exp<Arch, 65>(5, cases(60));
  batches_equal_cal_exp<Arch, 200>(7, cases(48));
}

TEST_CASE("a batch is scored alike on every instruction set", "[plan][batch]") {
  for_each_arch([](auto arch) {
    batches_equal_cal_exp<decltype(arch), 5>(8, cases(100));
    batches_equal_cal_exp<decltype(arch), 65>(9, cases(30));
  });
}

TEST_CASE("smooth laws are scored in lanes to 2e-5, steps one by one", "[plan][batch]") {
  std::mt19937_64 random(10);
  for (std::size_t run = 0; run < cases(100); ++run) {
    auto problem = random_problem<40>(random, Confidences::rising, all_branches[run % 3], false);
    problem.price = 0;
    const double total = problem.times.total();
    const auto smooth = [&](const auto& law) {
      CAPTURE(run);
      const BatchExpectation score(problem, law);
      CHECK(score.in_lanes());
      CHECK(score.error() < 2e-5);
    };
    smooth(Uniform{total});
    smooth(TruncatedGaussian::of_horizon(0.5, 0.25).over(total));
    smooth(TruncatedGaussian::of_horizon(0.5, 0.5).over(total));
    smooth(tabulated(TruncatedGaussian::of_horizon(0.5, 0.25).over(total), total));
    smooth(PiecewiseLinear{std::array<double, 5>{3, 0, 1, 5, 0}, total, 2});
    const PointMass deadline{total / 2};
    CHECK_FALSE(BatchExpectation(problem, deadline).in_lanes());
    const Mixture mixed{std::array<double, 2>{0.5, 0.25}, Uniform{total}, deadline};
    CHECK_FALSE(BatchExpectation(problem, mixed).in_lanes());
  }
}

TEST_CASE("a law too sharp for single precision is scored in double", "[plan][batch]") {
  std::mt19937_64 random(11);
  for (std::size_t run = 0; run < cases(30); ++run) {
    const auto problem = random_problem<40>(random, Confidences::noisy, Branches::random, false);
    const double total = problem.times.total();
    const auto sharp = TruncatedGaussian::of_horizon(0.4, 1e-5).over(total);
    CAPTURE(run);
    CHECK_FALSE(BatchExpectation(problem, sharp).in_lanes());
    equals_cal_exp<simd::default_arch>(problem, sharp, random_plans<40>(random, 20));
  }
}

TEST_CASE("a problem without exits left is worth the answer in hand", "[plan][batch]") {
  const Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.7f, 0.9f}, 0.25f, 3, 2.0};
  for_each_law(6, [&](const auto& law, const std::string& name) {
    CAPTURE(name);
    equals_cal_exp<simd::default_arch>(problem, law, {{}, {0}, {1, 2}});
  });
}

TEST_CASE("times of zero or nearly zero are scored", "[plan][batch]") {
  const std::vector<ExitPlan<3>> plans{{}, {0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}};
  for (const double unit : {5e-324, 1e-320, 2e-308, 1e-300, 1e-31, 1e-30, 1e30, 1e300}) {
    Problem<3> problem{{{2 * unit, unit, 0}, {unit, 3 * unit, 5 * unit}}, {0.5f, 0.75f, 0.625f}, 0.25f};
    for_each_law(12 * unit, [&](const auto& law, const std::string& name) {
      CAPTURE(unit, name);
      equals_cal_exp<simd::default_arch>(problem, law, plans);
      auto late = problem;
      late.first = 1;
      late.elapsed = 7 * unit;
      equals_cal_exp<simd::default_arch>(late, law, plans);
    });
  }
  const Problem<3> instant{{}, {0.5f, 0.75f, 0.625f}, 0.25f};
  for_each_law(1, [&](const auto& law, const std::string& name) {
    CAPTURE(name);
    equals_cal_exp<simd::default_arch>(instant, law, plans);
    auto late = instant;
    late.elapsed = 0.5;
    equals_cal_exp<simd::default_arch>(late, law, plans);
  });
}
