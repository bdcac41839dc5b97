#pragma once
// Algorithm 1 (paper, section V-A) under the uniform law, four exits at a time: the results of their sixteen
// combinations are computed once and then looked up, for sixteen plans in one instruction.

#include <einet/base/floating.hpp>
#include <einet/paper/lanes.hpp>
#include <einet/paper/lookup.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/problem.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace einet::detail {

/// The tables of one problem whose run does not outlast the law.
template <std::size_t N, class Arch>
class EvenQuads {
  using Vector = simd::Lanes<float, Arch>;
  using Bits = simd::Lanes<std::int32_t, Arch>;
  static constexpr std::size_t quads = (most_exits<N> + 3) / 4;

 public:
  /// The state of a register of plans.
  struct State {
    Vector before;  ///< worth in hand
    Vector spent;   ///< share of the time that remains
    Vector sum;
  };

  /// @param remaining seconds until the law's horizon, every moment equally likely; > 0
  EvenQuads(const Problem<N>& problem, double remaining) noexcept
      : in_hand_(as_probability(problem.in_hand)) {
    const auto share = shares_of(remaining);
    const Bits code = every_code();  // one combination per lane
    const std::size_t n = problem.exit_count(), used = (n + 3) / 4;
    for (std::size_t q = problem.first / 4; q < used; ++q) {
      Vector held(0.f), sum(0.f), spent(0.f), worth(0.f);
      std::int32_t open = 0;
      for (std::size_t k = (std::max)(4 * q, problem.first); k < (std::min)(4 * q + 4, n); ++k) {
        const std::int32_t bit = 1 << (k % 4);
        const auto unanswered = simd::float_mask((code & Bits(open)) == Bits(0));
        const auto skipped = simd::float_mask((code & Bits(bit)) == Bits(0));
        const auto conv = static_cast<float>(share(problem.times.conv[k]));
        const auto both = static_cast<float>(share(problem.times.conv[k] + problem.times.branch[k]));
        const Vector time = select(skipped, Vector(conv), Vector(both));
        held = held + select(unanswered, time, Vector(0.f));
        sum = simd::fma(worth, time, sum);
        spent = spent + time;
        worth = select(skipped, worth, Vector(as_probability(problem.confidences[k])));
        open |= bit;
      }
      held.store_aligned(held_[q].data());
      sum.store_aligned(sum_[q].data());
      spent.store_aligned(spent_[q].data());
      worth.store_aligned(worth_[q].data());
      open_[q] = open;
    }
  }

  [[nodiscard]] State start() const noexcept { return {Vector(in_hand_), Vector(0.f), Vector(0.f)}; }

  /// Processes exits 4·quad to 4·quad + 3.
  /// @param runs the plans' exits from 4·quad on, the first in the lowest bit
  void step(State& state, const Bits& runs, std::size_t quad) const noexcept {
    state.sum = simd::fma(state.before, simd::lookup<Arch>(held_[quad].data(), runs), state.sum) +
                simd::lookup<Arch>(sum_[quad].data(), runs);
    state.spent = state.spent + simd::lookup<Arch>(spent_[quad].data(), runs);
    const auto none = simd::float_mask((runs & Bits(open_[quad])) == Bits(0));
    state.before = select(none, state.before, simd::lookup<Arch>(worth_[quad].data(), runs));
  }

  [[nodiscard]] Vector worth(const State& state) const noexcept {
    return simd::fma(state.before, Vector(1.f) - state.spent, state.sum);
  }

 private:
  static Bits every_code() noexcept {
    alignas(64) std::array<std::int32_t, 16> codes;
    for (std::size_t code = 0; code < 16; ++code) codes[code] = static_cast<std::int32_t>(code);
    return Bits::load_aligned(codes.data());
  }

  using Table = std::array<std::array<float, 16>, quads>;
  // By quad and combination: the share of the time that remains for which the answer before the quad is held,
  // the sum of worth times share over the quad's own outputs, the total share, and the worth of the last
  // output.
  alignas(64) Table held_, sum_, spent_, worth_;
  std::array<std::int32_t, quads> open_{};  // exits of each quad that can still be run
  float in_hand_;
};

}  // namespace einet::detail
