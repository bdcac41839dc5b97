#pragma once
// What a run with branches beside the backbone is made of: a second core, blocks that may share features
// between two threads, and a planner that knows how far the backbone has come. Yours may take their places.

#include <einet/plan/exits.hpp>
#include <einet/run/block.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace einet {

/// How far the backbone has come.
struct BackboneProgress {
  std::size_t parts = 0;  ///< number of conv parts that are done
  double done_at = 0;     ///< seconds since the start at which the last of them was; 0 if there is none
};

// clang-format off
/// A companion runs one job at a time on another core, while the caller goes on:
/// - `start(job, of)` has job(of) called once, on another thread, as soon as one is free;
/// - `join()` returns at once if that has not begun, and then it never will; else once it has returned. The
///   caller has told the job to end before.
template <class C>
concept run_companion = requires(C& companion, void (*job)(void*) noexcept, void* of) {
  { companion.start(job, of) } noexcept;
  { companion.join() } noexcept;
};

/// A planner `P` for runs with branches beside the backbone; see exit_planner. All times are seconds since
/// `reset()`. It is asked whenever the branch core is free:
/// - `next_exit()` is the exit whose branch should run next, later than any that was observed; nothing to end.
///   Its conv part need not be done yet, or may have been for long;
/// - `observe(exit, inputs, began, ready, elapsed, progress)` tells of an output whose branch began then, that
///   was ready then and is published now, and how far the backbone is now;
/// - `pass(progress, elapsed)` tells how far it is while the branch core waits, if `follows_pace()`.
/// The last two return whether they planned.
template <class P>
concept pipelined_planner = std::movable<P> && most_exits<P::exits> >= 1 && P::inputs >= 1 &&
    requires(P& planner, const P& view, std::size_t exit, const std::array<float, P::inputs>& inputs,
             double seconds, const BackboneProgress& progress) {
  { planner.reset() } noexcept;
  { view.next_exit() } noexcept -> std::same_as<std::optional<std::size_t>>;
  { planner.observe(exit, inputs, seconds, seconds, seconds, progress) } noexcept -> std::same_as<bool>;
  { planner.pass(progress, seconds) } noexcept -> std::same_as<bool>;
  { view.follows_pace() } noexcept -> std::same_as<bool>;
} && (!run_time_exits<P::exits> || requires(const P& view) {
  { view.exit_count() } noexcept -> std::same_as<std::size_t>;
});
// clang-format on

namespace detail {

template <class B>
inline constexpr bool says_concurrent = requires {
  requires std::remove_cvref_t<B>::concurrent_branches;
};

template <class Network>
constexpr bool all_say_concurrent() noexcept {
  if constexpr (indexed_network<Network>)
    return says_concurrent<decltype(block_of(std::declval<Network&>()[std::size_t{}]))>;
  else
    return []<std::size_t... K>(std::index_sequence<K...>) {
      return (says_concurrent<decltype(block_of(std::get<K>(std::declval<Network&>())))> && ...);
    }
  (std::make_index_sequence<fixed_size<Network>()>{});
}

}  // namespace detail

/// Whether branches may run while later conv parts do, on the same features: a block says so by
/// `static constexpr bool concurrent_branches = true`. Then `classify(features)` of exit k is safe on one
/// thread while conv parts after k run on another, one after the other, however many of them have been run
/// before: no conv part overwrites what the branch reads. One branch runs at a time.
template <class Network>
inline constexpr bool concurrent_branches = detail::all_say_concurrent<Network>();

}  // namespace einet
