#include "atoms.hpp"
#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/plan/expectation.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/uniform.hpp>

#include <cmath>
#include <random>
#include <string>

using namespace einet::test;
using einet::ExitPlan;
using einet::PointMass;
using einet::Problem;
using einet::Uniform;

namespace {

/// Half of the mass at once in the middle, a tenth never.
struct Stepped {
  double horizon;
  double cdf(double seconds) const noexcept {
    return 0.4 * Uniform{horizon}.cdf(seconds) + (seconds > horizon / 2 ? 0.5 : 0.0);
  }
};

template <std::size_t N, class Law>
void compare(std::uint64_t seed, const Law& law_of_total) {
  std::mt19937_64 random(seed);
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < cases(100); ++run) {
        CAPTURE(seed, static_cast<int>(kind), static_cast<int>(cost), run);
        const Problem<N> problem = random_problem<N>(random, kind, cost, run % 2 == 1);
        const auto law = law_of_total(problem.times.total());
        ExitPlan<N> plan;
        for (std::size_t k = problem.first; k < N; ++k)
          if (random() % 2 == 0) plan.insert(k);
        const double truth = cal_exp(plain(problem, law), bits(plan));
        CHECK_THAT(einet::expectation(problem, plan, law), WithinAbs(truth, 1e-12));
        for_each_law_with_atoms(random, problem, problem.times.total(),
                                [&](const auto& stepped, const std::string&) {
                                  CHECK_THAT(einet::expectation(problem, plan, stepped),
                                             WithinAbs(cal_exp(plain(problem, stepped), bits(plan)), 1e-12));
                                });
      }
}

}  // namespace

TEST_CASE("expectation equals Algorithm 1 interval by interval", "[plan][expectation]") {
  compare<14>(1, [](double total) { return Uniform{total}; });
  compare<14>(2, [](double total) { return Stepped{total}; });
  compare<1>(3, [](double total) { return Uniform{total}; });
  compare<100>(4, [](double total) { return Stepped{0.7 * total}; });
}

TEST_CASE("expectation of the example of the paper's Figure 7 by hand", "[plan][expectation]") {
  // Three exits, every part 1 s, every branch 1 s: T = 6 s. Plan 101: outputs at 2 s and 5 s.
  const Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.7f, 0.9f}};
  CHECK_THAT(einet::expectation(problem, ExitPlan<3>{0, 2}, Uniform{6}),
             WithinAbs((0 * 2 + 0.5 * 3 + 0.9 * 1) / 6, 1e-7));
}

TEST_CASE("if nothing is left of the law, a plan is worth its last output", "[plan][expectation]") {
  Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.25f, 0.75f}, 0.125f, 1, 9.0};
  CHECK(einet::expectation(problem, ExitPlan<3>{}, Uniform{6}) == 0.125);
  CHECK(einet::expectation(problem, ExitPlan<3>{1, 2}, Uniform{6}) == 0.75);
}

TEST_CASE("an output exactly at a step of a law is in time, one a moment later is not",
          "[plan][expectation]") {
  Problem<2> problem{{{0.5, 0.25}, {0.25, 0.5}}, {0.5f, 0.75f}, 0.125f};  // outputs at 0.75 s and 1.5 s
  const ExitPlan<2> both{0, 1};
  CHECK(einet::expectation(problem, both, PointMass{1.5}) == 0.75);
  CHECK(einet::expectation(problem, both, PointMass{std::nextafter(1.5, 0.0)}) == 0.5);
  CHECK(einet::expectation(problem, both, PointMass{0.75}) == 0.5);
  CHECK(einet::expectation(problem, both, PointMass{std::nextafter(0.75, 0.0)}) == 0.125);
  CHECK(einet::expectation(problem, both, PointMass{0}) == 0.125);
  problem.elapsed = 0.5;  // outputs at 1.25 s and 2 s; a deadline that is now leaves no time
  CHECK(einet::expectation(problem, both, PointMass{0.5}) == 0.125);
  CHECK(einet::expectation(problem, both, PointMass{std::nextafter(0.5, 0.0)}) == 0.75);  // it has passed
}

TEST_CASE("a single exit is worth its confidence for the time that it leaves", "[plan][expectation]") {
  const Problem<1> problem{{{1}, {0}}, {0.5f}, 0.25f};
  CHECK(einet::expectation(problem, ExitPlan<1>{0}, Uniform{4}) == 0.25 * 0.25 + 0.5 * 0.75);
  CHECK(einet::expectation(problem, ExitPlan<1>{}, Uniform{4}) == 0.25);
  const Problem<1> done{{{1}, {0}}, {0.5f}, 0.25f, 1, 1.0};  // nothing is left to run
  CHECK(einet::expectation(done, ExitPlan<1>{0}, Uniform{4}) == 0.25);
}

TEST_CASE("the shares of the answers in hand sum to one, and their weighted sum is the expectation",
          "[plan][expectation]") {
  std::mt19937_64 random(5);
  for (std::size_t run = 0; run < cases(200); ++run) {
    auto problem = random_problem<9>(random, Confidences::noisy, Branches::random, false);
    problem.price = 0;
    const Stepped law{problem.times.total()};
    ExitPlan<9> plan;
    for (std::size_t k = 0; k < 9; ++k)
      if (random() % 2 == 0) plan.insert(k);
    const auto share = einet::in_hand_shares(problem.times, plan, law);
    double sum = share[9];
    double worth = 0;
    for (std::size_t k = 0; k < 9; ++k) {
      if (!plan.contains(k)) CHECK(share[k] == 0);
      sum += share[k];
      worth += share[k] * static_cast<double>(problem.confidences[k]);
    }
    CHECK_THAT(sum, WithinAbs(1, 1e-12));
    CHECK_THAT(worth, WithinAbs(einet::expectation(problem, plan, law), 1e-12));
    if (const auto exit = plan.next(random() % 9)) {  // the whole mass where one of the outputs is ready
      const auto sure = einet::in_hand_shares(problem.times, plan,
                                              PointMass{einet::output_time(problem.times, plan, *exit)});
      CHECK(sure[*exit] == 1);
    }
  }
}
