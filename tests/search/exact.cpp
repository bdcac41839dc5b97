#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/search/enumeration.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/greedy.hpp>
#include <einet/search/hybrid.hpp>

#include <random>
#include <string>

using namespace einet::test;
using einet::ExactSearch;
using einet::ExitPlan;
using einet::Found;
using einet::Problem;
using einet::Uniform;

static_assert(einet::search<ExactSearch, 14, Uniform>);
static_assert(einet::search<ExactSearch, 14, einet::PointMass>);

namespace {

template <std::size_t N>
void against_brute_force(std::uint64_t seed, std::size_t problems) {
  std::mt19937_64 random(seed);
  const ExactSearch exact;
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < problems; ++run) {
        CAPTURE(seed, static_cast<int>(kind), static_cast<int>(cost), run);
        const Problem<N> problem = random_problem<N>(random, kind, cost, run % 2 == 1);
        const Uniform law{problem.times.total()};
        const PlainProblem truth = plain(problem, law);
        const PlainFound best = brute_force(truth, N);
        const Found<N> found = exact(problem, law);
        CHECK(found.optimal);
        CHECK_THAT(found.worth, WithinAbs(best.worth, 1e-9));
        CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-12));
        CHECK_FALSE((found.plan.next(0) && *found.plan.next(0) < problem.first));
      }
}

}  // namespace

TEST_CASE("exact search equals brute force over all plans", "[search][exact]") {
  against_brute_force<1>(1, cases(20));
  against_brute_force<2>(2, cases(50));
  against_brute_force<5>(3, cases(100));
  against_brute_force<10>(4, cases(40));
}

TEST_CASE("exact search equals brute force on 14 exits", "[search][exact]") {
  against_brute_force<14>(5, cases(2));
}

TEST_CASE("no other search finds more than the exact one on 40 exits", "[search][exact]") {
  std::mt19937_64 random(6);
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < cases(20); ++run) {
        CAPTURE(static_cast<int>(kind), static_cast<int>(cost), run);
        const auto problem = random_problem<40>(random, kind, cost, run % 2 == 1);
        const Uniform law{problem.times.total()};
        const PlainProblem truth = plain(problem, law);
        const double exact = cal_exp(truth, bits(ExactSearch{}(problem, law).plan));
        CHECK(exact >= cal_exp(truth, bits(einet::GreedySearch{}(problem, law).plan)) - 1e-9);
        CHECK(exact >= cal_exp(truth, bits(einet::HybridSearch{2}(problem, law).plan)) - 1e-9);
        ExitPlan<40> guess;
        for (std::size_t k = problem.first; k < 40; ++k)
          if (random() % 4 == 0) guess.insert(k);
        CHECK(exact >= cal_exp(truth, bits(guess)) - 1e-9);
      }
}

TEST_CASE("among plans of equal worth the exact search skips what it can", "[search][exact]") {
  Problem<4> problem{{{1, 1, 1, 1}, {0, 0, 0, 0}}, {0.5f, 0.5f, 0.5f, 0.5f}};
  CHECK(ExactSearch{}(problem, Uniform{4}).plan == ExitPlan<4>{0});  // later ones add nothing
  problem.in_hand = 0.5f;
  CHECK(ExactSearch{}(problem, Uniform{4}).plan.empty());
  problem.in_hand = 0;
  problem.elapsed = 10;  // nothing is left of the law: the last of the best exits
  CHECK(ExactSearch{}(problem, Uniform{4}).plan == ExitPlan<4>{3});
  problem.confidences = {0.5f, 0.75f, 0.75f, 0.25f};
  CHECK(ExactSearch{}(problem, Uniform{4}).plan == ExitPlan<4>{2});
}

TEST_CASE("a problem without exits left is answered by the empty plan", "[search][exact]") {
  const Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.7f, 0.9f}, 0.25f, 3, 2.0};
  const Found<3> found = ExactSearch{}(problem, Uniform{6});
  CHECK(found.plan.empty());
  CHECK(found.worth == 0.25);
}

TEST_CASE("the exact search takes denormal times and a law that ends before the profile", "[search][exact]") {
  const Problem<2> tiny{{{5e-324, 5e-324}, {5e-324, 5e-324}}, {0.5f, 0.7f}};
  CHECK(ExactSearch{}(tiny, Uniform{2e-323}).worth >= 0);
  const Problem<3> late{{{1, 1, 1}, {0.1, 0.1, 0.1}}, {0.5f, 0.7f, 0.9f}};
  CHECK(ExactSearch{}(late, Uniform{1.5}).plan == ExitPlan<3>{0});  // the others come after every exit
}

namespace {

template <std::size_t N, class Search>
void under_every_law(std::uint64_t seed, std::size_t problems, const Search& exact) {
  std::mt19937_64 random(seed);
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < problems; ++run) {
        const Problem<N> problem = random_problem<N>(random, kind, cost, run % 2 == 1);
        for_each_law(problem.times.total(), [&](const auto& law, const std::string& name) {
          CAPTURE(seed, static_cast<int>(kind), static_cast<int>(cost), run, name);
          const PlainProblem truth = plain(problem, law);
          const Found<N> found = exact(problem, law);
          CHECK(found.optimal);
          CHECK_THAT(found.worth, WithinAbs(brute_force(truth, N).worth, 1e-9));
          CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-9));
        });
      }
}

/// The uniform law under another name, so that it is searched by labels.
struct Disguised {
  Uniform law;
  double cdf(double seconds) const noexcept { return law.cdf(seconds); }
};

}  // namespace

TEST_CASE("exact search equals brute force under every law", "[search][exact]") {
  under_every_law<1>(7, cases(10), ExactSearch{});
  under_every_law<4>(8, cases(30), ExactSearch{});
  under_every_law<9>(9, cases(12), ExactSearch{});
}

TEST_CASE("labels and longest paths come to the same worth under the uniform law", "[search][exact]") {
  std::mt19937_64 random(10);
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < cases(20); ++run) {
        CAPTURE(static_cast<int>(kind), static_cast<int>(cost), run);
        const auto problem = random_problem<40>(random, kind, cost, run % 2 == 1);
        const Uniform law{problem.times.total()};
        const auto by_labels = ExactSearch{}(problem, Disguised{law});
        CHECK(by_labels.optimal);
        CHECK_THAT(by_labels.worth, WithinAbs(ExactSearch{}(problem, law).worth, 1e-9));
      }
}

TEST_CASE("under no law does another search find more than the exact one on 40 exits", "[search][exact]") {
  std::mt19937_64 random(11);
  for (const Confidences kind : all_confidences)
    for (std::size_t run = 0; run < cases(10); ++run) {
      const auto problem = random_problem<40>(random, kind, Branches::random, run % 2 == 1);
      for_each_law(problem.times.total(), [&](const auto& law, const std::string& name) {
        CAPTURE(static_cast<int>(kind), run, name);
        const PlainProblem truth = plain(problem, law);
        const auto found = ExactSearch{}(problem, law);
        CHECK(found.optimal);
        const double exact = cal_exp(truth, bits(found.plan));
        CHECK(exact >= cal_exp(truth, bits(einet::GreedySearch{}(problem, law).plan)) - 1e-9);
        CHECK(exact >= cal_exp(truth, bits(einet::HybridSearch{2}(problem, law).plan)) - 1e-9);
      });
    }
}

TEST_CASE("a starved pool of labels is confessed, and a sound plan returned all the same",
          "[search][exact]") {
  std::mt19937_64 random(12);
  std::size_t starved = 0;
  for (std::size_t run = 0; run < 200; ++run) {
    const auto problem = random_problem<20>(random, Confidences::rising, Branches::random, false);
    const einet::TruncatedGaussian law{0.5, 0.25, problem.times.total()};
    const auto found = einet::BasicExactSearch<3>{}(problem, law);
    const auto best = ExactSearch{}(problem, law);
    starved += found.optimal ? 0U : 1U;
    if (found.optimal) CHECK_THAT(found.worth, WithinAbs(best.worth, 1e-9));
    CHECK(found.worth <= best.worth + 1e-9);
    CHECK_THAT(found.worth, WithinAbs(cal_exp(plain(problem, law), bits(found.plan)), 1e-9));
  }
  CHECK(starved > 0);
}
