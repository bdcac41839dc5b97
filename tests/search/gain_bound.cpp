#include "atoms.hpp"
#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"
#include "support.hpp"

#include <einet/search/gain_bound.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

/// An output of a plan: its exit, its moment, and the probability that the run is not over by then.
struct PlannedOutput {
  std::size_t exit;
  double time;
  double held;
};

/// Walks along random plans of rising confidence, to which all others are inferior: the gain still to come
/// must not exceed the bound.
template <std::size_t N, class Law>
void bounds_every_plan(std::mt19937_64& random, const Problem<N>& problem, const Law& law) {
  const double left = 1 - law.cdf(problem.elapsed);
  if (!(left > 0) || problem.first == N) return;
  detail::GainBound<N, simd::default_arch, 64> bound(problem, left);
  bound.compute(law, bound.branches() / static_cast<double>(1 + random() % 3), 64);
  for (int plans = 0; plans < 8; ++plans) {
    std::vector<PlannedOutput> outputs;
    double time = problem.elapsed;
    float in_hand = problem.in_hand;
    const std::size_t one_in = 1 + random() % 3;
    for (std::size_t k = problem.first; k < N; ++k) {
      time += problem.times.conv[k];
      if (!(problem.confidences[k] > in_hand) || random() % one_in != 0) continue;
      in_hand = problem.confidences[k];
      time += problem.times.branch[k];
      outputs.push_back({k, time, (1 - law.cdf(time)) / left});
    }
    double to_come = 0;  // less the price of branches to come, and of all conv parts of the plan
    if (!outputs.empty())
      for (std::size_t k = problem.first; k <= outputs.back().exit; ++k)
        to_come -= problem.price * problem.times.conv[k];
    for (std::size_t i = outputs.size(); i-- > 0;) {
      const auto [k, ready, held] = outputs[i];
      const auto before = i > 0 ? std::optional(outputs[i - 1]) : std::nullopt;
      const float worth = before ? problem.confidences[before->exit] : problem.in_hand;
      const std::size_t cell = before ? bound.cell_at(before->exit, before->time) : 0;
      to_come += (static_cast<double>(problem.confidences[k]) - static_cast<double>(worth)) * held -
                 problem.price * problem.times.branch[k];
      CAPTURE(k, ready, cell);
      CHECK(static_cast<double>(bound.in_time(k)[cell]) + bound.error() >= held);
      const float promise = bound.gain(k)[cell] - worth * bound.in_time(k)[cell];
      CHECK(static_cast<double>(promise) + bound.error() >= to_come);
    }
  }
}

}  // namespace

TEST_CASE("no plan gains more than the bound, under every law and in any state", "[search][bound]") {
  constexpr std::size_t n = 12;
  std::mt19937_64 random(1);
  for (std::size_t run = 0; run < cases(480); ++run) {
    auto problem = random_problem<n>(random, even_tying_confidences[run % 6], even_idle_branches[run / 6 % 4],
                                     run % 2 == 1);
    if (run / 24 % 2 == 1)  // the time left is tiny compared with that elapsed
      problem.elapsed = problem.times.total() * std::pow(10.0, static_cast<double>(3 + random() % 13));
    const double horizon = problem.elapsed + problem.times.total();
    const auto under = [&](const auto& law, const std::string& name) {
      CAPTURE(run, name, problem.first, problem.elapsed);
      bounds_every_plan(random, problem, law);
    };
    for_each_law(horizon, under);
    for_each_law_with_atoms(random, problem, horizon, under);
  }
}
