#pragma once
// Problems of every kind, in every state of a run, under every law: before the start, behind an exit, on time
// and late, with little of the law left, and where the law ends before or after the profile does; among the
// laws such as step at the very moments at which outputs are ready.

#include "atoms.hpp"
#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace einet::test {

/// visit(problem, law) for all laws on each of so many problems.
template <std::size_t N, class Visit>
void for_each_state(std::uint64_t seed, std::size_t problems, Visit&& visit) {
  std::mt19937_64 random(seed);
  std::mt19937_64 moments(seed);
  for (std::size_t run = 0; run < problems; ++run) {
    const Confidences kind = even_tying_confidences[run % 6];
    const Branches cost = even_idle_branches[run / 2 % 4];
    auto problem = random_problem<N>(random, kind, cost, run % 3 != 0);
    double horizon = problem.times.total();
    if (run % 7 == 5) {  // the law is nearly over, and so is the run
      const double left[] = {0.5, 0.1, 0.01, 1e-4, 1e-6};
      const double scale = left[random() % 5] * static_cast<double>(1 + random() % 20) / 10;
      problem.elapsed = horizon * (1 - left[random() % 5]);
      for (double& seconds : problem.times.conv) seconds *= scale;
      for (double& seconds : problem.times.branch) seconds *= scale;
    }
    if (run % 7 == 3) horizon *= 0.7;
    if (run % 7 == 6) horizon *= 1.9;
    const auto under = [&](const auto& law, const std::string& name) {
      CAPTURE(N, seed, run, name, problem.first, problem.elapsed, horizon);
      visit(problem, law);
    };
    for_each_law(horizon, under);
    for_each_law_with_atoms(moments, problem, horizon, under);
  }
}

/// visit(problem, law) where times are small whole numbers and confidences eighths: what ties, ties to the
/// last bits, and what does not differs by far more.
template <std::size_t N, class Visit>
void for_each_tied(std::uint64_t seed, std::size_t problems, Visit&& visit) {
  std::mt19937_64 random(seed);
  std::mt19937_64 moments(seed);
  for (std::size_t run = 0; run < problems; ++run) {
    Problem<N> problem;
    for (std::size_t k = 0; k < N; ++k) {
      problem.times.conv[k] = static_cast<double>(random() % 3);
      problem.times.branch[k] = run % 2 == 0 ? 0 : static_cast<double>(random() % 3);
      problem.confidences[k] = static_cast<float>(random() % 9) / 8;
    }
    problem.times.conv[N - 1] += 1;
    if (run % 5 == 0) problem.confidences.fill(0.625f);
    if (run % 4 == 3) {
      problem.first = random() % (N + 1);
      problem.elapsed = static_cast<double>(random() % (N + 3));
      problem.in_hand = static_cast<float>(random() % 9) / 8;
    }
    const auto under = [&](const auto& law, const std::string& name) {
      CAPTURE(N, seed, run, name, problem.times.conv, problem.times.branch, problem.confidences,
              problem.in_hand, problem.first, problem.elapsed);
      visit(problem, law);
    };
    for_each_law(problem.times.total(), under);
    for_each_law_with_atoms(moments, problem, problem.times.total(), under);
  }
}

/// visit(problem, law) with times that are whole multiples of units from the smallest number on.
template <std::size_t N, class Visit>
void for_each_unit(std::uint64_t seed, std::size_t problems, Visit&& visit) {
  for (const double unit : {0x1p-1074, 0x1p-1065, 0x1p-1040, 0x1p-1000, 0x1p-100, 0x1p900}) {
    std::mt19937_64 random(seed);
    std::mt19937_64 moments(seed);
    for (std::size_t run = 0; run < problems; ++run) {
      Problem<N> problem;
      for (std::size_t k = 0; k < N; ++k) {
        problem.times.conv[k] = static_cast<double>(random() % 50) * unit;
        problem.times.branch[k] = static_cast<double>(random() % 20) * unit;
        problem.confidences[k] = static_cast<float>(random() % 1000) / 1000;
      }
      problem.times.conv[N - 1] += unit;
      if (run % 2 == 1) {
        problem.first = random() % N;
        problem.elapsed = static_cast<double>(random() % 60) * unit;
        problem.in_hand = static_cast<float>(random() % 1000) / 1000;
      }
      const auto under = [&](const auto& law, const std::string& name) {
        CAPTURE(N, seed, unit, run, name, problem.first);
        visit(problem, law);
      };
      for_each_law(problem.times.total(), under);
      for_each_law_with_atoms(moments, problem, problem.times.total(), under);
    }
  }
}

}  // namespace einet::test
