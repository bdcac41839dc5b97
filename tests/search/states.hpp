#pragma once
// Problems of every kind, in every state of a run, under every law: before the start, after an exit, on time
// and late, with little of the law left, and with laws that end before or after the profile; some of the laws
// step exactly when outputs are ready.

#include "atoms.hpp"
#include "catch.hpp"
#include "plan/laws.hpp"
#include "problems.hpp"

#include <cstddef>
#include <cstdint>
#include <iomanip>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace einet::test {

/// A problem, the laws to solve it under, and what to print if that fails.
template <std::size_t N>
struct State {
  State(const Problem<N>& solved, double horizon, std::mt19937_64& moments, std::string told)
      : problem(solved), laws(all_laws(horizon)), text(std::move(told)) {
    for (NamedLaw& law : laws_with_atoms(moments, problem, horizon)) laws.push_back(std::move(law));
    std::ostringstream rest;
    rest << std::setprecision(17) << ", horizon " << horizon << ", first " << problem.first << ", elapsed "
         << problem.elapsed << ", in hand " << problem.in_hand << ", conv, branch, confidence";
    for (std::size_t k = 0; k < N && N <= 16; ++k)
      rest << " (" << problem.times.conv[k] << ", " << problem.times.branch[k] << ", "
           << problem.confidences[k] << ')';
    text += rest.str();
  }

  /// visit(problem, law) for each of the laws
  template <class Visit>
  void accept(Visit&& visit) const {
    for (const NamedLaw& law : laws) {
      INFO(law.name);
      visit(problem, law);
    }
  }

  Problem<N> problem;
  std::vector<NamedLaw> laws;
  std::string text;
};

/// A number of states, each made when it is asked for.
template <std::size_t N>
class States {
 public:
  explicit States(std::uint64_t seed) : seed_(seed), random_(seed), moments_(seed) {}

  State<N> next() {
    const std::size_t run = run_++;
    const Confidences kind = even_tying_confidences[run % 6];
    const Branches cost = even_idle_branches[run / 2 % 4];
    auto problem = random_problem<N>(random_, kind, cost, run % 3 != 0);
    double horizon = problem.times.total();
    if (run % 7 == 5) {  // the law is nearly over, and so is the run
      const double left[] = {0.5, 0.1, 0.01, 1e-4, 1e-6};
      const double scale = left[random_() % 5] * static_cast<double>(1 + random_() % 20) / 10;
      problem.elapsed = horizon * (1 - left[random_() % 5]);
      for (double& seconds : problem.times.conv) seconds *= scale;
      for (double& seconds : problem.times.branch) seconds *= scale;
    }
    if (run % 7 == 3) horizon *= 0.7;
    if (run % 7 == 6) horizon *= 1.9;
    return {problem, horizon, moments_, told(run)};
  }

  /// Times are small whole numbers and confidences eighths: plans tie to the last bits or differ by far more.
  State<N> next_tied() {
    const std::size_t run = run_++;
    Problem<N> problem;
    for (std::size_t k = 0; k < N; ++k) {
      problem.times.conv[k] = static_cast<double>(random_() % 3);
      problem.times.branch[k] = run % 2 == 0 ? 0 : static_cast<double>(random_() % 3);
      problem.confidences[k] = static_cast<float>(random_() % 9) / 8;
    }
    problem.times.conv[N - 1] += 1;
    if (run % 5 == 0) problem.confidences.fill(0.625f);
    if (run % 4 == 3) {
      problem.first = random_() % (N + 1);
      problem.elapsed = static_cast<double>(random_() % (N + 3));
      problem.in_hand = static_cast<float>(random_() % 9) / 8;
    }
    return {problem, problem.times.total(), moments_, told(run)};
  }

  /// Times are whole multiples of `unit`.
  State<N> next_in(double unit) {
    const std::size_t run = run_++;
    Problem<N> problem;
    for (std::size_t k = 0; k < N; ++k) {
      problem.times.conv[k] = static_cast<double>(random_() % 50) * unit;
      problem.times.branch[k] = static_cast<double>(random_() % 20) * unit;
      problem.confidences[k] = static_cast<float>(random_() % 1000) / 1000;
    }
    problem.times.conv[N - 1] += unit;
    if (run % 2 == 1) {
      problem.first = random_() % N;
      problem.elapsed = static_cast<double>(random_() % 60) * unit;
      problem.in_hand = static_cast<float>(random_() % 1000) / 1000;
    }
    return {problem, problem.times.total(), moments_, told(run)};
  }

 private:
  [[nodiscard]] std::string told(std::size_t run) const {
    return std::to_string(N) + " exits, seed " + std::to_string(seed_) + ", run " + std::to_string(run);
  }

  std::uint64_t seed_;
  std::mt19937_64 random_, moments_;
  std::size_t run_ = 0;
};

/// visit(problem, law) for all laws on each of a number of problems.
template <std::size_t N, class Visit>
void for_each_state(std::uint64_t seed, std::size_t problems, Visit&& visit) {
  States<N> states(seed);
  for (std::size_t run = 0; run < problems; ++run) {
    const State<N> state = states.next();
    INFO(state.text);
    state.accept(visit);
  }
}

/// The same for problems in which most plans tie.
template <std::size_t N, class Visit>
void for_each_tied(std::uint64_t seed, std::size_t problems, Visit&& visit) {
  States<N> states(seed);
  for (std::size_t run = 0; run < problems; ++run) {
    const State<N> state = states.next_tied();
    INFO(state.text);
    state.accept(visit);
  }
}

/// The same with times that are whole multiples of units, from the smallest number on.
template <std::size_t N, class Visit>
void for_each_unit(std::uint64_t seed, std::size_t problems, Visit&& visit) {
  for (const double unit : {0x1p-1074, 0x1p-1065, 0x1p-1040, 0x1p-1000, 0x1p-100, 0x1p900}) {
    States<N> states(seed);
    for (std::size_t run = 0; run < problems; ++run) {
      const State<N> state = states.next_in(unit);
      INFO(state.text);
      state.accept(visit);
    }
  }
}

}  // namespace einet::test
