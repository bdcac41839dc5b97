// Whatever the confidences of a problem are, searches stay in bounds, end, and take an invalid probability
// for the nearest end of [0, 1], NaN for 0.

#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "sanitized.hpp"
#include "search/all_searches.hpp"
#include "support.hpp"

#include <einet/paper/batch_expectation.hpp>
#include <einet/paper/uniform_increments.hpp>
#include <einet/plan/expectation.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <string>

using namespace einet;
using namespace einet::test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr std::array<float, 10> odd{NAN,
                                    -NAN,
                                    infinity,
                                    -infinity,
                                    2.f,
                                    -1.f,
                                    -0.f,
                                    1.0000001f,
                                    -std::numeric_limits<float>::denorm_min(),
                                    std::numeric_limits<float>::max()};

float read(float worth) {
  return worth > 1 ? 1.f : worth > 0 ? worth : 0.f;
}

template <std::size_t N>
void every_search_takes(const Problem<N>& problem) {
  Problem<N> clean = problem;
  clean.in_hand = read(problem.in_hand);
  for (float& worth : clean.confidences) worth = read(worth);
  for_each_law(problem.times.total(), [&]<class Law>(const Law& law, const std::string& kind) {
    CAPTURE(kind);
    for (const auto& search : all_searches<N, Law>()) {
      const Found<N> found = search.find(problem, law);
      const Found<N> expected = search.find(clean, law);
      CAPTURE(search.name, problem.confidences, problem.in_hand, problem.first);
      CHECK(to_string(found.plan) == to_string(expected.plan));
      CHECK(found.worth == expected.worth);
      CHECK(found.bound == expected.bound);
      CHECK(found.optimal == expected.optimal);
      CHECK(expectation(problem, found.plan, law) == expectation(clean, found.plan, law));
    }
    const std::array plans{ExitPlan<N>{}, ExitPlan<N>::all()};
    std::array<float, 2> worths{};
    BatchExpectation score(problem, law);
    score(plans, worths);
    for (std::size_t i = 0; i < 2; ++i)
      CHECK_THAT(static_cast<double>(worths[i]),
                 WithinAbs(expectation(problem, plans[i], law), score.error() + 1e-7));
  });
  const Uniform law{problem.elapsed + 2 * problem.rest() + 1e-3};
  UniformIncrements<N> growing(problem, law);
  std::size_t added = 0;
  while (const auto exit = growing.best_addition()) {
    growing.insert(*exit);
    CHECK_THAT(growing.worth(), WithinAbs(expectation(problem, growing.plan(), law), 1e-9));
    REQUIRE(++added <= N);
  }
}

}  // namespace

TEST_CASE("searches take an invalid probability for the nearest valid one, at every exit",
          "[search][worths]") {
  constexpr std::size_t n = 12;
  std::mt19937_64 random(1);
  for (std::size_t place = 0; place <= n; place += sanitized ? 3 : 1)
    for (const float worth : odd) {
      auto problem = random_problem<n>(random, Confidences::noisy, Branches::random, place % 2 == 1);
      (place < n ? problem.confidences[place] : problem.in_hand) = worth;
      every_search_takes(problem);
    }
}

TEST_CASE("searches take problems with only invalid probabilities", "[search][worths]") {
  constexpr std::size_t n = 40;
  std::mt19937_64 random(2);
  for (std::size_t run = 0; run < cases(30); ++run) {
    auto problem = random_problem<n>(random, Confidences::noisy, even_idle_branches[run % 4], run % 2 == 1);
    const bool alike = run % 3 == 0;
    for (float& worth : problem.confidences)
      worth = odd[alike ? run / 3 % odd.size() : random() % odd.size()];
    problem.in_hand = odd[random() % odd.size()];
    every_search_takes(problem);
  }
}
