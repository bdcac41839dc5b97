#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/plan/batch_expectation.hpp>

#include <random>
#include <string>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

template <std::size_t N>
std::vector<ExitPlan<N>> random_plans(std::mt19937_64& random, std::size_t count) {
  std::vector<ExitPlan<N>> plans(count);
  for (auto& plan : plans) {
    const std::uint64_t one_in = 1 + random() % 4;
    for (std::size_t k = 0; k < N; ++k)
      if (random() % one_in == 0) plan.insert(k);
  }
  return plans;
}

template <class Arch, std::size_t N>
void equals_algorithm_1(std::uint64_t seed, std::size_t problems) {
  std::mt19937_64 random(seed);
  constexpr std::size_t group = BatchExpectation<N, Uniform, Arch>::group;
  for (std::size_t run = 0; run < problems; ++run) {
    const Confidences kind = all_confidences[run % 4];
    const auto problem = random_problem<N>(random, kind, all_branches[run % 3], run % 2 == 1);
    const std::size_t lengths[] = {0, 1, group - 1, group, group + 1, 3 * group + 2};
    const auto plans = random_plans<N>(random, lengths[run % 6]);
    std::vector<float> worths(plans.size());
    for_each_law(problem.times.total(), [&](const auto& law, const std::string& name) {
      CAPTURE(N, seed, run, name, problem.first);
      const BatchExpectation<N, std::remove_cvref_t<decltype(law)>, Arch> score(problem, law);
      score(plans, worths);
      CHECK(score.error() < 2e-4);
      const PlainProblem truth = plain(problem, law);
      for (std::size_t i = 0; i < plans.size(); ++i)
        CHECK_THAT(static_cast<double>(worths[i]),
                   WithinAbs(cal_exp(truth, bits(plans[i])), score.error() + 2e-7));
    });
  }
}

}  // namespace

TEST_CASE("every plan of a batch is scored as by Algorithm 1", "[plan][batch]") {
  equals_algorithm_1<simd::default_arch, 1>(1, cases(30));
  equals_algorithm_1<simd::default_arch, 5>(2, cases(60));
  equals_algorithm_1<simd::default_arch, 40>(3, cases(60));
  equals_algorithm_1<simd::default_arch, 65>(4, cases(20));
  equals_algorithm_1<simd::default_arch, 256>(5, cases(6));
}

TEST_CASE("a batch is scored without vector instructions, too", "[plan][batch]") {
  equals_algorithm_1<simd::scalar, 40>(6, cases(30));
}

TEST_CASE("smooth laws are scored in lanes to 2e-5, steps one by one", "[plan][batch]") {
  std::mt19937_64 random(7);
  const auto problem = random_problem<40>(random, Confidences::rising, Branches::random, false);
  const double total = problem.times.total();
  const Uniform uniform{total};
  const TruncatedGaussian gaussian{0.5, 0.25, total};
  const PointMass deadline{total / 2};
  CHECK(BatchExpectation(problem, uniform).in_lanes());
  CHECK(BatchExpectation(problem, uniform).error() < 2e-5);
  CHECK(BatchExpectation(problem, gaussian).in_lanes());
  CHECK(BatchExpectation(problem, gaussian).error() < 2e-5);
  CHECK_FALSE(BatchExpectation(problem, deadline).in_lanes());
}

TEST_CASE("times of nothing or next to nothing are scored", "[plan][batch]") {
  const std::vector<ExitPlan<2>> plans{{}, {0}, {1}, {0, 1}};
  for (const double unit : {0.0, 5e-324, 1e-300}) {
    const Problem<2> problem{{{unit, unit}, {unit, unit}}, {0.5f, 0.75f}, 0.25f};
    const PointMass law{1};
    std::vector<float> worths(plans.size());
    BatchExpectation(problem, law)(plans, worths);
    CHECK(worths == std::vector<float>{0.25f, 0.5f, 0.75f, 0.75f});
  }
}
