#include "catch.hpp"
#include "problems.hpp"
#include "support.hpp"

#include <einet/eval/frontier.hpp>
#include <einet/eval/static_plans.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <cstdint>
#include <random>
#include <vector>

using namespace einet;
using einet::test::cases;
using einet::test::WithinAbs;

namespace {

constexpr std::size_t plan_exits = 6;

/// The hull of all plans that there are.
template <class Law>
std::vector<ExitPlan<plan_exits>> by_enumeration(const Problem<plan_exits>& problem, const Law& law) {
  std::vector<ExitPlan<plan_exits>> plans;
  std::vector<double> busy, worth;
  for (unsigned bits = 1; bits < 1U << plan_exits; ++bits) {
    ExitPlan<plan_exits> plan;
    for (std::size_t k = 0; k < plan_exits; ++k)
      if ((bits >> k & 1U) != 0) plan.insert(k);
    plans.push_back(plan);
    busy.push_back(busy_seconds(problem, plan));
    worth.push_back(expectation(problem, plan, law));
  }
  std::vector<ExitPlan<plan_exits>> hull;
  for (const std::size_t corner : eval::upper_hull(busy, worth)) hull.push_back(plans[corner]);
  return hull;
}

template <class Law>
std::size_t compare(const Problem<plan_exits>& problem, const Law& law) {
  const auto found = eval::static_hull(problem.times, problem.confidences, law);
  const auto expected = by_enumeration(problem, law);
  CHECK(found == expected);
  return found.size();
}

}  // namespace

TEST_CASE("the hull of static plans is that of all plans there are", "[eval][static_plans]") {
  const std::uint64_t seed = 5;
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::size_t corners = 0;
  const std::size_t rounds = cases(300);
  for (std::size_t round = 0; round < rounds; ++round)
    for (const auto kind :
         {test::Confidences::rising, test::Confidences::noisy, test::Confidences::falling}) {
      auto problem = test::random_problem<plan_exits>(random, kind, test::Branches::random, false);
      problem.price = 0;
      const double total = problem.times.total();
      CAPTURE(round, static_cast<int>(kind));
      corners += compare(problem, Uniform{total});
      corners += compare(problem, TruncatedGaussian::of_horizon(.5, .3).over(total));
    }
  CHECK(corners > rounds * 6);  // they have more than one corner
}

TEST_CASE("the last plan of the hull is the best one, and without a right answer there is none",
          "[eval][static_plans]") {
  const TimeProfile<3> times{{1, 1, 1}, {.1, .1, .1}};
  const Uniform law{times.total()};
  const std::array<float, 3> accuracy{.5f, .6f, .9f};
  const auto hull = eval::static_hull(times, accuracy, law);
  CHECK(hull.back() == ExactSearch{}(Problem<3>{times, accuracy}, law).plan);
  CHECK(eval::static_hull(times, std::array<float, 3>{}, law).empty());
}
