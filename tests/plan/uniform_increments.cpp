#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/plan/expectation.hpp>
#include <einet/plan/uniform_increments.hpp>

#include <random>

using namespace einet;
using namespace einet::test;

namespace {

template <std::size_t N, class Arch = simd::default_arch>
void tells_what_exits_add(std::uint64_t seed, std::size_t problems) {
  std::mt19937_64 random(seed);
  for (std::size_t run = 0; run < problems; ++run) {
    const auto problem =
        random_problem<N>(random, all_confidences[run % 4], all_branches[run % 3], run % 2 == 1);
    const Uniform law{problem.times.total()};
    using Growing = UniformIncrements<N, Arch>;
    if (!Growing::applies(problem, law)) continue;
    const PlainProblem truth = plain(problem, law);
    Growing growing(problem, law);
    Bits plan(N, false);
    for (;;) {
      CAPTURE(N, seed, run, to_string(growing.plan()));
      const double worth = cal_exp(truth, plan);
      CHECK_THAT(growing.worth(), WithinAbs(worth, 1e-12));
      CHECK(bits(growing.plan()) == plan);
      double most = -1;
      std::vector<std::size_t> open;
      for (std::size_t k = problem.first; k < N; ++k) {
        if (plan[k]) continue;
        Bits longer = plan;
        longer[k] = true;
        CHECK_THAT(growing.gain(k), WithinAbs(cal_exp(truth, longer) - worth, 1e-12));
        most = (std::max)(most, growing.gain(k));
        open.push_back(k);
      }
      const auto best = growing.best_addition();
      REQUIRE(best.has_value() == !open.empty());
      if (open.empty()) break;
      CHECK(growing.gain(*best) >= most - 1e-12);
      for (const std::size_t k : open)
        if (k > *best) CHECK(growing.gain(k) < most - 0.9e-12);
      const std::size_t next = open[random() % open.size()];
      growing.insert(next);
      plan[next] = true;
    }
  }
}

}  // namespace

TEST_CASE("increments equal the difference of two expectations, in whatever order exits are added",
          "[plan][increments]") {
  tells_what_exits_add<1>(1, cases(20));
  tells_what_exits_add<4>(2, cases(100));
  tells_what_exits_add<5>(3, cases(100));
  tells_what_exits_add<40>(4, cases(30));
  tells_what_exits_add<100>(5, cases(4));
  tells_what_exits_add<9, simd::scalar>(6, cases(60));
}

TEST_CASE("increments are refused where the law is not linear over the whole run", "[plan][increments]") {
  const Problem<2> problem{{{1, 1}, {1, 1}}, {0.5f, 0.75f}};
  using Growing = UniformIncrements<2>;
  CHECK(Growing::applies(problem, Uniform{4}));
  CHECK(Growing::applies(problem, Uniform{5}));
  CHECK_FALSE(Growing::applies(problem, Uniform{3.9}));
  Problem<2> late = problem;
  late.elapsed = 4;
  CHECK_FALSE(Growing::applies(late, Uniform{4}));
  late.first = 2;
  CHECK_FALSE(Growing::applies(late, Uniform{4}));  // nothing of the law is left
}
