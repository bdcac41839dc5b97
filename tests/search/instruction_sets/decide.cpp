// What the searches decide, for comparing builds for different instruction sets:
//   decide write FILE     plan and worth of every search on seeded problems, a line each
// decide compare FILE whether this build decides alike: the same plan, or worths within 1e-6

#include "any_law.hpp"
#include "problems.hpp"

#include <einet/paper/enumeration.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/plan/mixture.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/exact.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace {

using einet::test::AnyLaw;

#ifdef DECIDE_SCALAR
using Arch = einet::simd::scalar;
#else
using Arch = einet::simd::default_arch;
#endif

struct Decision {
  std::string plan;
  double worth;
};

template <std::size_t N, class Law>
void decide(const einet::Problem<N>& problem, const Law& law, std::vector<Decision>& decisions) {
  const auto with = [&](const auto& search) {
    const auto found = search(problem, law);
    decisions.push_back({to_string(found.plan), found.worth});
  };
  with(einet::BasicExactSearch<0, Arch>{});
  with(einet::BasicGreedySearch<Arch>{});
  with(einet::BasicEnumerationSearch<Arch>{3});
  with(einet::BasicHybridSearch<Arch>{2});
  with(einet::BasicRandomSearch<Arch>{200});
}

template <std::size_t N>
void decide_all(std::size_t problems, std::vector<Decision>& decisions) {
  std::mt19937_64 random(N);
  for (std::size_t run = 0; run < problems; ++run) {
    const auto problem = einet::test::random_problem<N>(random, einet::test::all_confidences[run % 4],
                                                        einet::test::all_branches[run % 3], run % 2 == 1);
    const double total = problem.times.total();
    decide(problem, einet::Uniform{total}, decisions);
    decide(problem, tabulated(einet::TruncatedGaussian::of_horizon(0.5, 0.25).over(total), total), decisions);
    decide(problem, AnyLaw(einet::PointMass{0.6 * total}), decisions);
    decide(problem,
           AnyLaw(einet::Mixture{std::array{0.5, 0.5}, einet::PointMass{total}, einet::Uniform{total}}),
           decisions);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 3 ? argv[1] : "";
  if (mode != "write" && mode != "compare") {
    std::cerr << "usage: decide write|compare FILE\n";
    return 2;
  }
  std::vector<Decision> decisions;
  decide_all<37>(300, decisions);  // not a multiple of any of their registers
  std::cout << decisions.size() << " decisions in registers of "
            << einet::simd::width<float, Arch> << " floats\n";
  if (mode == "write") {
    std::ofstream file(argv[2]);
    for (const Decision& made : decisions)
      file << made.plan << ' ' << std::setprecision(17) << made.worth << '\n';
    return file.good() ? 0 : 1;
  }
  std::ifstream file(argv[2]);
  std::size_t line = 0, other_plans = 0;
  Decision theirs;
  for (; file >> theirs.plan >> theirs.worth && line < decisions.size(); ++line) {
    const Decision& ours = decisions[line];
    other_plans += ours.plan != theirs.plan ? 1U : 0U;
    if (!(std::abs(ours.worth - theirs.worth) <= 1e-6)) {
      std::cerr << "decision " << line << ": " << ours.plan << ' ' << ours.worth << ", expected "
                << theirs.plan << ' ' << theirs.worth << '\n';
      return 1;
    }
  }
  std::cout << other_plans << " plans differ, all worths agree to 1e-6\n";
  return line == decisions.size() ? 0 : 1;
}
