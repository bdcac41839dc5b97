// One of several objects of the same source, each for another instruction set, in one program. EINET_UNIT
// names the only function that others see.

#include "unit.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/einet.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>

#include <array>

namespace {

constexpr std::size_t exits = 12;

/// In (0, 1), the same whatever the instruction set.
double drawn(std::uint64_t seed, std::uint64_t counter) {
  return (static_cast<double>(einet::random_bits(seed, counter) >> 40) + .5) * 0x1p-24;
}

}  // namespace

void EINET_UNIT(std::uint64_t seed, Decided& decided) {
  einet::Problem<exits> problem;
  for (std::size_t k = 0; k < exits; ++k) {
    problem.times.conv[k] = drawn(seed, 3 * k);
    problem.times.branch[k] = drawn(seed, 3 * k + 1) / 2;
    problem.confidences[k] = static_cast<float>(drawn(seed, 3 * k + 2));
  }
  const double total = problem.times.total();
  const einet::Uniform law{total};
  decided.worths[0] = einet::ExactSearch{}(problem, law).worth;
  decided.worths[1] = einet::ExactSearch{}(problem, einet::PointMass{.6 * total}).worth;
  decided.worths[2] =
      einet::HybridSearch{2}(problem, einet::TruncatedGaussian::of_horizon(.5, .25).over(total)).worth;
  decided.worths[3] = einet::expectation(problem, einet::GreedySearch{}(problem, law).plan, law);
  decided.confidence = einet::softmax_answer(problem.confidences).confidence;

  einet::Planner planner{problem.times, einet::PriorPredictor<exits>{problem.confidences}};
  decided.run = 0;
  double elapsed = 0;
  std::size_t at = 0;
  while (const auto next = planner.next_exit()) {
    for (; at <= *next; ++at) elapsed += problem.times.conv[at];
    elapsed += problem.times.branch[*next];
    planner.observe(*next, problem.confidences[*next], elapsed);
    ++decided.run;
  }
  decided.lanes = einet::simd::width<float>;
}
