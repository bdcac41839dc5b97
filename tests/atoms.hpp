#pragma once
// Stop-time laws with steps exactly when outputs of a problem are ready, with times added here as a run
// spends them: a search that adds times in another order lands on the wrong side of a step.

#include "any_law.hpp"

#include <einet/plan/mixture.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/uniform.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

namespace einet::test {

/// Some of the stops come at a few known moments, some are spread evenly up to a horizon, the rest never
/// come.
struct Atoms {
  std::array<double, 4> moment{}, mass{};
  double horizon = 1;
  double even = 0;

  [[nodiscard]] double cdf(double seconds) const noexcept {
    double below = seconds >= horizon ? even : seconds > 0 ? even * (seconds / horizon) : 0;
    for (std::size_t k = 0; k < moment.size(); ++k)
      if (seconds > moment[k]) below += mass[k];
    return below;
  }
};

/// A moment that matters to a problem: mostly that of an output of a random plan, from the state of the
/// problem or from the start, or the smallest step before or after it; otherwise the end of all parts, with
/// or without the last branch, the start or now.
template <std::size_t N>
double moment_of_note(std::mt19937_64& random, const Problem<N>& problem) {
  const auto kind = random() % 12;
  const bool all = kind == 0 || kind == 1;
  const bool from_start = all || kind == 2 || problem.first == N;
  double total = 0;
  double time = from_start ? 0 : problem.elapsed;
  const std::size_t first = from_start ? 0 : problem.first;
  const std::size_t end = all || random() % 2 == 0 ? N : first + 1 + random() % (N - first);
  const std::size_t quarters = 1 + random() % 4;  // about this many quarters of the exits are run
  for (std::size_t k = 0; k < N; ++k) {
    total += problem.times.conv[k];
    total += problem.times.branch[k];
  }
  for (std::size_t k = first; k < end; ++k) {
    time += problem.times.conv[k];
    if (all || k + 1 == end || random() % 4 < quarters) time += problem.times.branch[k];
  }
  if (kind == 3) return std::nextafter(time, 0.0);
  if (kind == 4) return std::nextafter(time, std::numeric_limits<double>::max());
  if (kind == 5) return std::fmax(0.0, total - problem.times.branch[N - 1]);
  if (kind == 6) return random() % 2 == 0 ? 0 : problem.elapsed;
  return time;
}

/// visit(law, name) for laws with such steps, alone and mixed with a uniform law over `horizon`, each of its
/// own type.
template <std::size_t N, class Visit>
void for_each_type_of_law_with_atoms(std::mt19937_64& random, const Problem<N>& problem, double horizon,
                                     Visit&& visit) {
  const double deadline = moment_of_note(random, problem);
  visit(PointMass{deadline}, "deadline at an output");
  constexpr std::array<std::array<double, 2>, 3> weights{{{0.5, 0.5}, {0.99, 0.01}, {0.3, 0.5}}};
  visit(Mixture{weights[random() % 3], PointMass{moment_of_note(random, problem)}, Uniform{horizon}},
        "deadline at an output, and evenly spread");
  for (int law = 0; law < 2; ++law) {
    Atoms atoms;
    double left = 1;
    for (std::size_t k = 0; k < atoms.moment.size(); ++k) {
      atoms.moment[k] = moment_of_note(random, problem);
      left -= atoms.mass[k] = left * static_cast<double>(random() % 9) / 16;
    }
    atoms.horizon = horizon;
    atoms.even = left * static_cast<double>(random() % 3) / 2;
    visit(atoms, "several deadlines at outputs");
  }
}

/// The same laws as one type.
template <std::size_t N>
std::vector<NamedLaw> laws_with_atoms(std::mt19937_64& random, const Problem<N>& problem, double horizon) {
  std::vector<NamedLaw> laws;
  for_each_type_of_law_with_atoms(random, problem, horizon,
                                  [&](const auto& law, const char* name) { laws.emplace_back(law, name); });
  return laws;
}

/// visit(law, name) for each of these.
template <std::size_t N, class Visit>
void for_each_law_with_atoms(std::mt19937_64& random, const Problem<N>& problem, double horizon,
                             Visit&& visit) {
  for (const NamedLaw& law : laws_with_atoms(random, problem, horizon))
    law.accept([&](const auto& typed) { visit(typed, law.name); });
}

}  // namespace einet::test
