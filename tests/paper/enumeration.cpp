#include "architectures.hpp"
#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "sanitized.hpp"
#include "search/states.hpp"
#include "support.hpp"

#include <einet/paper/enumeration.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

using namespace einet::test;
using einet::BasicEnumerationSearch;
using einet::EnumerationSearch;
using einet::Problem;
using einet::Uniform;

static_assert(einet::plan_search<EnumerationSearch, 14, Uniform>);
static_assert(einet::plan_search<EnumerationSearch, 14, einet::PointMass>);
static_assert(einet::plan_search<BasicEnumerationSearch<einet::simd::scalar>, 200, einet::TruncatedGaussian>);

namespace {

/// All plans of a problem, the best with at most a number of exits.
class AllPlans {
 public:
  struct Best {
    Bits plan;
    double worth = -HUGE_VAL;
    bool decided_by_rounding = false;  ///< others are neither clearly different nor equal to the last bits
  };

  explicit AllPlans(const PlainProblem& p) : free_(p.conv.size() - p.first) {
    for (std::size_t code = 0; code < (std::size_t{1} << free_); ++code) {
      Bits plan(p.conv.size(), false);
      for (std::size_t k = 0; k < free_; ++k) plan[p.first + k] = ((code >> k) & 1U) != 0;
      worths_.push_back(cal_exp(p, plan));
      plans_.push_back(plan);
    }
  }

  [[nodiscard]] Best best(std::size_t most) const {
    Best found;
    for (std::size_t i = 0; i < plans_.size(); ++i)
      if (ones(plans_[i]) <= most) found.worth = (std::max)(found.worth, worths_[i]);
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (ones(plans_[i]) > most) continue;
      const double gap = found.worth - worths_[i];
      if (gap > 1e-14 && gap < 1e-10) found.decided_by_rounding = true;
      if (gap <= 1e-14 && (found.plan.empty() || goes_before(plans_[i], found.plan))) found.plan = plans_[i];
    }
    return found;
  }

 private:
  std::size_t free_;
  std::vector<Bits> plans_;
  std::vector<double> worths_;
};

/// How often plans were compared, and how often rounding decided between them.
struct EnumerationCounts {
  std::size_t compared = 0;
  std::size_t unclear = 0;
};

template <class Arch, std::size_t N>
void equals_all_plans(const Problem<N>& problem, const NamedLaw& law, EnumerationCounts& counts) {
  const PlainProblem truth = plain(problem, law.any);
  const AllPlans all(truth);
  for (const std::size_t most : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{3},
                                 std::size_t{4}, std::size_t{5}, N - 1, N, EnumerationSearch{}.most}) {
    const AllPlans::Best expected = all.best(most);
    ++counts.compared;
    counts.unclear += expected.decided_by_rounding ? 1U : 0U;
    for (const bool prune : {true, false}) {
      const auto found = solved(BasicEnumerationSearch<Arch>{most, prune}, problem, law);
      CAPTURE(most, prune, to_string(found.plan), expected.plan);
      CHECK_THAT(found.worth, WithinAbs(expected.worth, 1e-9));
      CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-9));
      CHECK(found.plan.count() <= most);
      CHECK((!found.plan.next(0) || *found.plan.next(0) >= problem.first));
      CHECK(found.optimal == (most >= N - problem.first));
      CHECK(found.bound >= found.worth);
      if (!expected.decided_by_rounding) CHECK(bits(found.plan) == expected.plan);
    }
  }
}

template <class Arch, std::size_t N>
void equals_all_plans(std::uint64_t seed, std::size_t problems) {
  EnumerationCounts counts;
  for_each_state<N>(seed, problems, [&](const Problem<N>& problem, const NamedLaw& law) {
    equals_all_plans<Arch>(problem, law, counts);
  });
  CAPTURE(N, seed, counts.compared, counts.unclear);
  CHECK(counts.unclear * 10 <= counts.compared);
}

/// The highest worth of at most three exits, by three nested loops.
template <std::size_t N>
double best_of_three(const Problem<N>& problem, const AnyLaw& law) {
  const double before = law.cdf(problem.elapsed);
  const double in_hand = static_cast<double>(problem.in_hand);
  const auto worth = [&](std::size_t k) { return static_cast<double>(problem.confidences[k]); };
  const auto busy_until = [&](double moment) {
    return problem.price * (moment - problem.elapsed) * (1 - before);
  };
  double best = in_hand * (1 - before);
  double reached1 = problem.elapsed;
  for (std::size_t i = problem.first; i < N; ++i) {
    reached1 += problem.times.conv[i];
    double reached2 = reached1 + problem.times.branch[i];
    const double at1 = law.cdf(reached2);
    const double sum1 = in_hand * (at1 - before);
    best = (std::max)(best, sum1 + worth(i) * (1 - at1) - busy_until(reached2));
    for (std::size_t j = i + 1; j < N; ++j) {
      reached2 += problem.times.conv[j];
      double reached3 = reached2 + problem.times.branch[j];
      const double at2 = law.cdf(reached3);
      const double sum2 = sum1 + worth(i) * (at2 - at1);
      best = (std::max)(best, sum2 + worth(j) * (1 - at2) - busy_until(reached3));
      for (std::size_t k = j + 1; k < N; ++k) {
        reached3 += problem.times.conv[k];
        const double ready = reached3 + problem.times.branch[k];
        const double at3 = law.cdf(ready);
        best = (std::max)(best, sum2 + worth(j) * (at3 - at2) + worth(k) * (1 - at3) - busy_until(ready));
      }
    }
  }
  return best / (1 - before);
}

template <std::size_t N>
void equals_three_loops(std::uint64_t seed, std::size_t problems, bool literally) {
  for_each_state<N>(seed, problems, [&](const Problem<N>& problem, const NamedLaw& law) {
    if (!(law.any.cdf(problem.elapsed) < 1)) return;
    const PlainProblem truth = plain(problem, law.any);
    const auto found = solved(EnumerationSearch{3}, problem, law);
    CHECK_THAT(found.worth, WithinAbs(best_of_three(problem, law.any), 1e-9));
    CHECK_THAT(found.worth, WithinAbs(cal_exp(truth, bits(found.plan)), 1e-9));
    CHECK(found.plan.count() <= 3);
    if (!literally) return;
    const auto all = solved(EnumerationSearch{3, false}, problem, law);
    CHECK(to_string(all.plan) == to_string(found.plan));
    CHECK_THAT(all.worth, WithinAbs(found.worth, 1e-13));
  });
}

}  // namespace

TEST_CASE("enumeration returns the best plan of at most m exits, under every law and in any state",
          "[search][enumeration]") {
  using Arch = einet::simd::default_arch;
  equals_all_plans<Arch, 1>(11, cases(42));
  equals_all_plans<Arch, 9>(13, cases(168));
}

TEST_CASE("enumeration finds the same on every instruction set", "[search][enumeration]") {
  for_each_arch([](auto arch) { equals_all_plans<decltype(arch), 9>(15, cases(21)); });
}

TEST_CASE("of plans of equal worth enumeration returns the one that precedes the others",
          "[search][enumeration]") {
  EnumerationCounts counts;
  for_each_tied<9>(16, cases(120), [&](const Problem<9>& problem, const NamedLaw& law) {
    equals_all_plans<einet::simd::default_arch>(problem, law, counts);
  });
  CHECK(counts.unclear * 20 <= counts.compared);
}

TEST_CASE("enumeration finds the same whatever the unit of time, denormal seconds included",
          "[search][enumeration]") {
  EnumerationCounts counts;
  for_each_unit<9>(17, cases(12), [&](const Problem<9>& problem, const NamedLaw& law) {
    equals_all_plans<einet::simd::default_arch>(problem, law, counts);
  });
  CHECK(counts.unclear * 20 <= counts.compared);
}

TEST_CASE("enumeration of three exits equals three nested loops on 40 and on 200 exits, pruned or not",
          "[search][enumeration]") {
  constexpr std::size_t many = sanitized ? 130 : 200;  // sanitizers take their time
  equals_three_loops<40>(18, cases(42), true);
  equals_three_loops<many>(19, cases(4), false);
  equals_three_loops<many>(20, 1, true);
}
