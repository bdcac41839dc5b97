#pragma once
// The static plans that EINet is compared with. Paper, section VI-B, Figure 8.

#include <einet/base/expect.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>

#include <cstddef>

namespace einet {

/// The plan that runs a share of the exits, evenly spread and including the last: m = max(1, round(share·N))
/// exits at ⌈(i+1)·N/m⌉ − 1.
/// @param share of the exits, in [0, 1]
/// @param exits N, if that is known only at run time
/// @throws std::invalid_argument if it is not
template <std::size_t N>
[[nodiscard]] constexpr ExitPlan<N> evenly_spread(double share, ExitCount<N> exits = {}) {
  const std::size_t n = exits.exit_count();
  detail::expect(share >= 0 && share <= 1, "evenly_spread", "share", share, "a share of the exits in [0, 1]");
  const auto rounded = static_cast<std::size_t>(share * static_cast<double>(n) + 0.5);
  const std::size_t count = rounded > 0 ? rounded : 1;
  ExitPlan<N> plan;
  for (std::size_t i = 0; i < count; ++i) plan.insert(((i + 1) * n + count - 1) / count - 1);
  return plan;
}

}  // namespace einet
