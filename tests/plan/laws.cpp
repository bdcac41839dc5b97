// Promises of every stop-time law, and each law against its definition.

#include "plan/laws.hpp"

#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"
#include "support.hpp"

#include <einet/plan/expectation.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

/// visit(law, name) for laws of every kind as one type, for promises that do not depend on the type.
template <class Visit>
void for_each_function(double total, Visit&& visit) {
  for (const NamedLaw& law : all_laws(total)) visit(law.any, law.name);
}

template <std::size_t N>
ExitPlan<N> some_exits(std::mt19937_64& random, std::size_t first) {
  ExitPlan<N> plan;
  for (std::size_t k = first; k < N; ++k)
    if (random() % 2 == 0) plan.insert(k);
  return plan;
}

template <std::size_t N>
void equals_algorithm_1(const Problem<N>& problem, const ExitPlan<N>& plan) {
  CAPTURE(to_string(plan), problem.first, problem.elapsed);
  for_each_function(problem.times.total(), [&](const auto& law, const std::string& name) {
    CAPTURE(name);
    CHECK_THAT(expectation(problem, plan, law), WithinAbs(cal_exp(plain(problem, law), bits(plan)), 1e-9));
  });
}

/// `law` given that the stop has not come by `now`; if nothing of the law is left, the stop comes at once.
template <class Law>
struct Conditioned {
  Law law;
  double now;

  [[nodiscard]] double cdf(double seconds) const noexcept {
    if (seconds <= now) return 0;
    const double before = law.cdf(now);
    return before < 1 ? (law.cdf(seconds) - before) / (1 - before) : 1;
  }
};
template <class Law>
Conditioned(Law, double) -> Conditioned<Law>;

/// The worth of the last output of `plan`, or of the answer in hand.
template <std::size_t N>
float last_worth(const Problem<N>& problem, const ExitPlan<N>& plan) {
  float worth = problem.in_hand;
  for (std::size_t k = problem.first; k < N; ++k)
    if (plan.contains(k)) worth = problem.confidences[k];
  return worth;
}

}  // namespace

TEST_CASE("a law never falls and stays in [0, 1]", "[plan][laws]") {
  for_each_type_of_law(2.0, [](const auto& law, const std::string& name) {
    static_assert(stop_law<std::remove_cvref_t<decltype(law)>>);
    CAPTURE(name);
    double before = 0;
    for (double t = -0.5; t < 3; t += 1.0 / 512) {
      const double now = law.cdf(t);
      CHECK(now >= before);
      CHECK(now <= 1);
      if (t <= 0) CHECK(now == 0);
      before = now;
    }
    auto copy = law;
    copy = law;
    CHECK(copy.cdf(1.1) == law.cdf(1.1));
  });
}

TEST_CASE("a law over denormal seconds is still a law, and so is one asked for any time", "[plan][laws]") {
  for (const double total : {5e-324, 1e-320, 1e-310, 2.3e-308, 1e-300, 1e300}) {
    for_each_function(total, [&](const auto& law, const std::string& name) {
      CAPTURE(total, name);
      double before = 0;
      for (const double t : {-HUGE_VAL, -1.0, -5e-324, -0.0, 0.0, total / 4, total / 2, total / 4 * 3, total,
                             std::nextafter(total, HUGE_VAL), 1e305, HUGE_VAL}) {
        CAPTURE(t);
        CHECK(law.cdf(t) >= before);
        CHECK(law.cdf(t) <= 1);
        if (t <= 0) CHECK(law.cdf(t) == 0);
        before = law.cdf(t);
      }
    });
  }
}

TEST_CASE("expectation equals Algorithm 1 under every law", "[plan][laws]") {
  std::mt19937_64 random(61);
  for (std::size_t run = 0; run < cases(200); ++run) {
    const auto problem = random_problem<12>(random, Confidences::noisy, Branches::random, run % 2 == 1);
    CAPTURE(run);
    equals_algorithm_1(problem, some_exits<12>(random, problem.first));
  }
}

TEST_CASE("expectation equals Algorithm 1 under the laws as they are, each of its own type", "[plan][laws]") {
  std::mt19937_64 random(60);
  for (std::size_t run = 0; run < cases(50); ++run) {
    const auto problem = random_problem<12>(random, Confidences::noisy, Branches::random, run % 2 == 1);
    const auto plan = some_exits<12>(random, problem.first);
    for_each_type_of_law(problem.times.total(), [&](const auto& law, const std::string& name) {
      CAPTURE(run, name, to_string(plan), problem.first, problem.elapsed);
      CHECK_THAT(expectation(problem, plan, law), WithinAbs(cal_exp(plain(problem, law), bits(plan)), 1e-9));
    });
  }
}

TEST_CASE("expectation equals Algorithm 1 for one exit and for 256", "[plan][laws]") {
  std::mt19937_64 random(62);
  for (const Confidences kind : all_confidences)
    for (const Branches cost : all_branches)
      for (std::size_t run = 0; run < cases(10); ++run) {
        CAPTURE(static_cast<int>(kind), static_cast<int>(cost), run);
        const auto one = random_problem<1>(random, kind, cost, run % 2 == 1);
        equals_algorithm_1(one, some_exits<1>(random, one.first));
        const auto many = random_problem<256>(random, kind, cost, run % 2 == 1);
        equals_algorithm_1(many, some_exits<256>(random, many.first));
        equals_algorithm_1(many, ExitPlan<256>::all());
      }
}

TEST_CASE("of outputs at the same moment only the last one counts, under every law", "[plan][laws]") {
  std::mt19937_64 random(63);
  for (std::size_t run = 0; run < cases(200); ++run) {
    auto problem = random_problem<10>(random, Confidences::noisy, Branches::random, run % 2 == 1);
    for (std::size_t k = 0; k < 10; ++k) {
      if (random() % 3 != 0) problem.times.branch[k] = 0;
      if (random() % 2 == 0) problem.times.conv[k] = 0;
    }
    if (!(problem.times.total() > 0)) continue;
    const auto plan = some_exits<10>(random, problem.first);
    CAPTURE(run);
    equals_algorithm_1(problem, plan);
    ExitPlan<10> seen = plan;  // less those whose output is replaced at once
    for (std::size_t k = 0; k + 1 < 10; ++k)
      if (plan.contains(k) && plan.contains(k + 1) && problem.times.branch[k] == 0 &&
          problem.times.conv[k + 1] == 0 && problem.times.branch[k + 1] == 0)
        seen.erase(k);
    for_each_function(problem.times.total(), [&](const auto& law, const std::string& name) {
      CAPTURE(name);
      CHECK_THAT(expectation(problem, plan, law), WithinAbs(expectation(problem, seen, law), 1e-9));
    });
  }
}

TEST_CASE("from the end of the law on, a plan is worth its last output", "[plan][laws]") {
  std::mt19937_64 random(64);
  for (std::size_t run = 0; run < cases(100); ++run) {
    auto problem = random_problem<9>(random, Confidences::falling, Branches::random, true);
    problem.price = 0;
    const auto plan = some_exits<9>(random, problem.first);
    const double total = problem.times.total();
    const auto last = static_cast<double>(last_worth(problem, plan));
    CAPTURE(run, total, to_string(plan));
    for (const double now : {std::nextafter(total, HUGE_VAL), 1.5 * total, 1e3 * total, 1e300}) {
      problem.elapsed = now;
      for_each_function(total, [&](const auto& law, const std::string& name) {
        if (name == "preempted at random") return;  // it has no end
        CAPTURE(name, now);
        CHECK_THAT(expectation(problem, plan, law), WithinAbs(last, 1e-12));
      });
    }
    problem.elapsed = total;  // one of the laws has a step there
    equals_algorithm_1(problem, plan);
  }
}

TEST_CASE("however little of a law is left, the worth of a plan lies between those of its outputs",
          "[plan][laws]") {
  std::mt19937_64 random(65);
  for (std::size_t run = 0; run < cases(100); ++run) {
    auto problem = random_problem<9>(random, Confidences::noisy, Branches::random, true);
    problem.price = 0;
    for (double& seconds : problem.times.conv) seconds *= 1e-9;  // so that outputs still come in time
    for (double& seconds : problem.times.branch) seconds *= 1e-9;
    const auto plan = some_exits<9>(random, problem.first);
    double least = static_cast<double>(problem.in_hand);
    double most = least;
    for (std::size_t k = problem.first; k < 9; ++k)
      if (plan.contains(k)) {
        least = (std::min)(least, static_cast<double>(problem.confidences[k]));
        most = (std::max)(most, static_cast<double>(problem.confidences[k]));
      }
    for (const double left : {1e-1, 1e-6, 1e-9, 1e-12, 1e-15, 2e-16}) {
      problem.elapsed = 1 - left;
      for_each_function(1.0, [&](const auto& law, const std::string& name) {
        CAPTURE(run, name, left);
        const double worth = expectation(problem, plan, law);
        CHECK(worth >= least - 1e-12);
        CHECK(worth <= most + 1e-12);
      });
    }
  }
}

TEST_CASE("a law conditioned on now is the same from now on as the law itself, if any of it is left",
          "[plan][laws]") {
  std::mt19937_64 random(66);
  for (std::size_t run = 0; run < cases(100); ++run) {
    const auto problem = random_problem<9>(random, Confidences::noisy, Branches::random, true);
    const auto plan = some_exits<9>(random, problem.first);
    for_each_function(problem.times.total(), [&](const auto& law, const std::string& name) {
      if (!(law.cdf(problem.elapsed) < 1)) return;
      CAPTURE(run, name);
      const Conditioned later{law, problem.elapsed};
      CHECK_THAT(expectation(problem, plan, later), WithinAbs(expectation(problem, plan, law), 1e-9));
    });
  }
}

TEST_CASE("a plan is worth the same whatever the unit of time, denormal seconds included", "[plan][laws]") {
  std::mt19937_64 random(67);
  for (std::size_t run = 0; run < cases(50); ++run) {
    auto problem = random_problem<9>(random, Confidences::noisy, Branches::random, false);
    problem.price = 0;
    std::uint64_t total = 0;
    const auto whole = [&](std::uint64_t below) {
      const std::uint64_t seconds = random() % below;
      total += seconds;
      return static_cast<double>(seconds);
    };
    for (double& seconds : problem.times.conv) seconds = whole(100);
    for (double& seconds : problem.times.branch) seconds = whole(5);
    for (; std::gcd(total, std::uint64_t{30}) != 1; ++total)  // no output at a step, where rounding decides
      problem.times.branch[8] += 1;
    const auto plan = some_exits<9>(random, 0);
    std::vector<double> worths;
    for_each_function(static_cast<double>(total), [&](const auto& law, const std::string&) {
      worths.push_back(expectation(problem, plan, law));
    });
    for (const double unit : {0x1p-1060, 0x1p-1040, 0x1p-500, 0x1p900}) {
      auto scaled = problem;
      for (double& seconds : scaled.times.conv) seconds *= unit;
      for (double& seconds : scaled.times.branch) seconds *= unit;
      std::size_t next = 0;
      for_each_function(static_cast<double>(total) * unit, [&](const auto& law, const std::string& name) {
        CAPTURE(run, unit, name);
        CHECK_THAT(expectation(scaled, plan, law), WithinAbs(worths[next++], 1e-9));
      });
    }
  }
}

TEST_CASE("denormal times among others change nothing", "[plan][laws]") {
  std::mt19937_64 random(68);
  for (std::size_t run = 0; run < cases(50); ++run) {
    auto problem = random_problem<9>(random, Confidences::noisy, Branches::free, false);
    const auto plan = some_exits<9>(random, 0);
    auto almost = problem;
    for (double& seconds : almost.times.branch) seconds = 5e-324;
    for_each_function(problem.times.total(), [&](const auto& law, const std::string& name) {
      CAPTURE(run, name);
      CHECK(expectation(almost, plan, law) == expectation(problem, plan, law));
    });
  }
}
