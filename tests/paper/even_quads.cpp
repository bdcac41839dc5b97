#include "catch.hpp"
#include "problems.hpp"
#include "reference.hpp"

#include <einet/paper/even_quads.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/uniform.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

using namespace einet;
using namespace einet::test;

namespace {

/// Every combination of the exits from `from` on, 4 at most, after a fixed beginning, against Algorithm 1.
template <std::size_t N, class Arch>
void every_combination(std::uint64_t seed) {
  if constexpr (simd::has_lookup<Arch>) {
    using Bits = simd::Lanes<std::int32_t, Arch>;
    std::mt19937_64 random(seed);
    for (std::size_t run = 0; run < 60; ++run) {
      auto problem = random_problem<N>(random, even_tying_confidences[run % 6],
                                       even_idle_branches[run / 6 % 4], run % 2 == 1);
      problem.price = 0;
      const Uniform law{problem.elapsed + 1.25 * problem.rest() + 1e-3};
      const detail::EvenQuads<N, Arch> quads(problem, law.horizon() - problem.elapsed);
      const PlainProblem truth = plain(problem, law);
      const std::uint64_t beginning = random();
      for (std::size_t quad = problem.first / 4; quad < (N + 3) / 4; ++quad) {
        alignas(64) std::array<std::int32_t, 16> code;
        alignas(64) std::array<float, 16> worths;
        std::array<ExitPlan<N>, 16> plans;
        for (std::size_t lane = 0; lane < 16; ++lane)
          for (std::size_t k = 0; k < N; ++k)
            if (k / 4 == quad ? (lane >> (k % 4) & 1) != 0 : k / 4 < quad && (beginning >> k & 1) != 0)
              plans[lane].insert(k);
        auto state = quads.start();
        for (std::size_t q = problem.first / 4; q < (N + 3) / 4; ++q) {
          for (std::size_t lane = 0; lane < 16; ++lane)
            code[lane] = static_cast<std::int32_t>(plans[lane].word(0) >> (4 * q));
          quads.step(state, Bits::load_aligned(code.data()), q);
        }
        quads.worth(state).store_aligned(worths.data());
        for (std::size_t lane = 0; lane < 16; ++lane) {
          CAPTURE(seed, run, quad, to_string(plans[lane]), problem.first);
          CHECK_THAT(static_cast<double>(worths[lane]), WithinAbs(cal_exp(truth, bits(plans[lane])), 1e-6));
        }
      }
    }
  } else {
    SUCCEED("quads are for targets that can look up sixteen lanes");
  }
}

}  // namespace

TEST_CASE("four exits looked up together agree with Algorithm 1, in every combination", "[plan]") {
  every_combination<1, simd::default_arch>(1);
  every_combination<6, simd::default_arch>(2);
  every_combination<16, simd::default_arch>(3);
}
