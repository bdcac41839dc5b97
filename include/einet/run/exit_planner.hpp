#pragma once
// What the runner asks of a planner: Planner is one, and yours may take its place.

#include <einet/plan/exits.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>

namespace einet {

/// A planner `P` for `P::exits` exits (if that is up_to(C), for `exit_count()` of them), of whose outputs it
/// observes `P::inputs` numbers. All times are seconds since `reset()`, which begins a sample:
/// - `next_exit()` is the exit whose branch should run next, not before any that was observed; nothing to
/// end;
/// - `observe(exit, inputs, ready, elapsed)` tells of an output that was ready then and is published now;
///   `pass(part, elapsed)` of a conv part that has run, if `follows_pace()`. Both return whether they
///   planned;
/// - `spent(seconds)` tells what the last of these calls took, `pause(seconds)` what the caller did besides.
// clang-format off
template <class P>
concept exit_planner = std::movable<P> && most_exits<P::exits> >= 1 && P::inputs >= 1 &&
    requires(P& planner, const P& view, std::size_t exit, const std::array<float, P::inputs>& inputs,
             double seconds) {
  { planner.reset() } noexcept;
  { view.next_exit() } noexcept -> std::same_as<std::optional<std::size_t>>;
  { planner.observe(exit, inputs, seconds, seconds) } noexcept -> std::same_as<bool>;
  { planner.pass(exit, seconds) } noexcept -> std::same_as<bool>;
  { view.follows_pace() } noexcept -> std::same_as<bool>;
  { planner.spent(seconds) } noexcept;
  { planner.pause(seconds) } noexcept;
} && (!run_time_exits<P::exits> || requires(const P& view) {
  { view.exit_count() } noexcept -> std::same_as<std::size_t>;
});
// clang-format on

}  // namespace einet
