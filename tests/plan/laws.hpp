#pragma once
// Every stop-time law over a given time, for tests that must hold for all of them.

#include "any_law.hpp"

#include <einet/plan/callable_law.hpp>
#include <einet/plan/exponential.hpp>
#include <einet/plan/mixture.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/stop_history.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/plan/with_deadline.hpp>

#include <array>
#include <cmath>
#include <vector>

namespace einet::test {

/// A law learned from 60 runs, most of their stops early, some of the runs done before the stop.
inline PiecewiseLinear learned(double total) {
  StopHistory history(total, {.bins = 20, .half_life = 30, .prior = 1});
  for (int i = 1; i <= 60; ++i) {
    const double share = std::fmod(0.618 * i, 1.1);
    i % 4 == 0 ? history.observe_completion(share * total) : history.observe(share * share * total);
  }
  return history.law();
}

/// visit(law, name) for one law of every kind over `total` seconds, each of its own type.
template <class Visit>
void for_each_type_of_law(double total, Visit&& visit) {
  visit(Uniform{total}, "uniform");
  visit(TruncatedGaussian::of_horizon(0.5, 0.25).over(total), "Gaussian, deviation 0.25 T");
  visit(TruncatedGaussian::of_horizon(0.5, 0.5).over(total), "Gaussian, deviation 0.5 T");
  visit(TruncatedGaussian::of_horizon(1.3, 0.2).over(total), "Gaussian, mean beyond T");
  visit(PiecewiseLinear{std::array<double, 5>{3, 0, 1, 5, 0}, total, 2}, "histogram");
  visit(learned(total), "learned from exits");
  visit(PointMass{0.6 * total}, "deadline");
  visit(Mixture{std::array<double, 2>{0.5, 0.25}, Uniform{total}, PointMass{0.7 * total}}, "mixture");
  visit(Exponential{total}, "preempted at random");
  visit(WithDeadline{Exponential{total}, 0.9 * total}, "preempted at random, with a deadline");
  visit(CallableLaw{[total](double t) { return t > total / 3 ? (t > total ? 0.9 : 0.4) : 0.1; }}, "steps");
}

/// The same laws as few types, for promises that do not depend on the type.
inline std::vector<NamedLaw> all_laws(double total) {
  std::vector<NamedLaw> laws;
  for_each_type_of_law(total, [&](const auto& law, const char* name) { laws.emplace_back(law, name); });
  return laws;
}

/// visit(law, name) for each of these.
template <class Visit>
void for_each_law(double total, Visit&& visit) {
  for (const NamedLaw& law : all_laws(total)) law.accept([&](const auto& typed) { visit(typed, law.name); });
}

}  // namespace einet::test
