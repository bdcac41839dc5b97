#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"

#include <einet/eval/plain_algorithms.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

using namespace einet;
using einet::test::WithinAbs;

namespace {

constexpr std::size_t plain_exits = 6;

test::Bits bits_of(const eval::PlainPlan<plain_exits>& plan) {
  return test::Bits(plan.begin(), plan.end());
}

/// Every quantity is a float: sums of a few of them are right to about 1e-6.
void compare_all_plans(const Problem<plain_exits>& problem, const auto& law, const auto& plain_law) {
  const eval::PlainProblem<plain_exits> plain(problem);
  const test::PlainProblem truth = test::plain(problem, law);
  std::vector<eval::PlainPlan<plain_exits>> few;
  for (std::size_t code = 0; code < 64; ++code) {
    eval::PlainPlan<plain_exits> plan{};
    for (std::size_t k = 0; k < plain_exits; ++k) plan[k] = ((code >> k) & 1U) != 0;
    CHECK_THAT(static_cast<double>(eval::plain_expectation(plain, plan, plain_law)),
               WithinAbs(test::cal_exp(truth, bits_of(plan)), 2e-6));
    if (code % 3 == 1) few.push_back(plan);
  }
  // Two plans may have the same worth but for rounding, so their worths are compared.
  for (const std::size_t enumerated : {0U, 1U, 2U, 6U}) {
    const auto found = eval::plain_hybrid(plain, plain_law, enumerated);
    CHECK_THAT(test::cal_exp(truth, bits_of(found.plan)),
               WithinAbs(test::hybrid(truth, enumerated).worth, 4e-6));
    CHECK_THAT(static_cast<double>(found.worth), WithinAbs(test::cal_exp(truth, bits_of(found.plan)), 2e-6));
  }
  const auto best = eval::plain_best_of(plain, plain_law, few);
  double highest = 0;
  for (const auto& plan : few) highest = (std::max)(highest, test::cal_exp(truth, bits_of(plan)));
  CHECK_THAT(static_cast<double>(best.worth), WithinAbs(highest, 2e-6));
}

}  // namespace

TEST_CASE("the plain algorithms find what an independent transcription in double finds",
          "[eval][plain_algorithms]") {
  const std::uint64_t seed = 12;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  for (const auto confidences : {test::Confidences::rising, test::Confidences::noisy})
    for (int round = 0; round < 10; ++round) {
      auto problem = test::random_problem<plain_exits>(random, confidences, test::Branches::random, false);
      problem.price = 0;
      const double total = problem.times.total();
      compare_all_plans(problem, Uniform{total}, eval::PlainUniform{static_cast<float>(total)});
      const auto gaussian = tabulated(TruncatedGaussian::of_horizon(0.5, 0.25).over(total), total);
      compare_all_plans(problem, gaussian, eval::PlainTable(gaussian, total));
    }
}
