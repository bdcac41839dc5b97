#include "architectures.hpp"
#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/paper/uniform_increments.hpp>
#include <einet/plan/expectation.hpp>

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

/// Adds exits in random order and compares what each would add, and has added, with Algorithm 1.
template <class Arch, std::size_t N>
void adds_in_random_order(std::mt19937_64& random, const Problem<N>& problem, const Uniform& law) {
  const PlainProblem truth = plain(problem, law);
  UniformIncrements<N, Arch> growing(problem, law);
  const double equal = 1e-12 * (std::max)(1.0, problem.price * (law.horizon() - problem.elapsed));
  Bits plan(N, false);
  for (;;) {
    CAPTURE(to_string(growing.plan()));
    const double worth = cal_exp(truth, plan);
    CHECK_THAT(growing.worth(), WithinAbs(worth, equal));
    CHECK(bits(growing.plan()) == plan);
    double most = -HUGE_VAL;
    std::vector<std::size_t> open;
    for (std::size_t k = problem.first; k < N; ++k) {
      if (plan[k]) continue;
      Bits longer = plan;
      longer[k] = true;
      CHECK_THAT(growing.gain(k), WithinAbs(cal_exp(truth, longer) - worth, equal));
      most = (std::max)(most, growing.gain(k));
      open.push_back(k);
    }
    const std::optional<std::size_t> best = growing.best_addition();
    REQUIRE(best.has_value() == !open.empty());
    if (open.empty()) return;
    CHECK(std::find(open.begin(), open.end(), *best) != open.end());
    CHECK(growing.gain(*best) >= most - 1.1 * equal);
    for (const std::size_t k : open)
      if (k > *best) CHECK(growing.gain(k) < most - 0.9 * equal);
    const std::size_t next = open[random() % open.size()];
    growing.insert(next);
    plan[next] = true;
  }
}

template <class Arch, std::size_t N>
void tells_what_exits_add(std::uint64_t seed, std::size_t problems) {
  std::mt19937_64 random(seed);
  std::size_t applied = 0;
  for (std::size_t run = 0; run < problems; ++run) {
    const auto problem = random_problem<N>(random, even_tying_confidences[run % 6],
                                           even_idle_branches[run / 6 % 4], run % 2 == 1);
    const double total = problem.times.total();
    for (const double horizon : {total, 1.9 * total, 0.6 * total}) {
      CAPTURE(N, seed, run, problem.first, problem.elapsed, total, horizon);
      const Uniform law{horizon};
      const bool applies = UniformIncrements<N, Arch>::applies(problem, law);
      const double end = problem.elapsed + problem.rest();
      if (end < 0.999999 * horizon) CHECK(applies);
      if (end > 1.000001 * horizon || problem.elapsed >= horizon) CHECK_FALSE(applies);
      if (!applies) continue;
      ++applied;
      adds_in_random_order<Arch>(random, problem, law);
    }
  }
  CHECK(2 * applied >= problems);
}

}  // namespace

TEST_CASE("increments equal the difference of two expectations, in whatever order exits are added",
          "[plan][increments]") {
  using Arch = simd::default_arch;
  tells_what_exits_add<Arch, 1>(1, cases(48));
  tells_what_exits_add<Arch, 4>(2, cases(240));
  tells_what_exits_add<Arch, 5>(3, cases(240));
  tells_what_exits_add<Arch, 40>(4, cases(48));
}

TEST_CASE("increments are the same on every instruction set", "[plan][increments]") {
  for_each_arch([](auto arch) { tells_what_exits_add<decltype(arch), 11>(6, cases(72)); });
}

TEST_CASE("of exits that would add the same the last one is the best addition", "[plan][increments]") {
  Problem<11> problem;
  problem.times.branch.fill(0.5);
  problem.times.conv[0] = 1;
  problem.confidences.fill(0.5f);
  const Uniform law{problem.times.total()};
  for_each_arch([&](auto arch) {
    UniformIncrements<11, decltype(arch)> growing(problem, law);
    for (std::size_t left = 11; left-- > 0;) {  // the later ones only take time, and the same
      CHECK(growing.best_addition() == left);
      growing.insert(left);
    }
    CHECK_FALSE(growing.best_addition());
  });
}

TEST_CASE("without exits left increments know the answer in hand and nothing to add", "[plan][increments]") {
  const Problem<3> problem{{{1, 1, 1}, {1, 1, 1}}, {0.5f, 0.7f, 0.9f}, 0.25f, 3, 2.0};
  const UniformIncrements<3> growing(problem, Uniform{6});
  CHECK(growing.worth() == 0.25);
  CHECK_FALSE(growing.best_addition());
}

TEST_CASE("increments are refused if the law is not linear over the whole run", "[plan][increments]") {
  const Problem<2> problem{{{1, 1}, {1, 1}}, {0.5f, 0.75f}};
  using Growing = UniformIncrements<2>;
  CHECK(Growing::applies(problem, Uniform{4}));
  CHECK(Growing::applies(problem, Uniform{5}));
  CHECK_FALSE(Growing::applies(problem, Uniform{3.9}));
  Problem<2> late = problem;
  late.elapsed = 4;
  CHECK_FALSE(Growing::applies(late, Uniform{4}));
  CHECK_FALSE(Growing::applies(late, Uniform{3}));
  late.first = 2;
  CHECK_FALSE(Growing::applies(late, Uniform{4}));  // nothing of the law is left
}
