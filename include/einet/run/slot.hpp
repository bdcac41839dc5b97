#pragma once
// The result-slot concept: where the newest complete output lies, to be read whatever becomes of the run.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace einet {

/// An output and the exit that made it.
template <class Output>
struct Published {
  Output output;
  std::size_t exit;

  friend bool operator==(const Published&, const Published&) = default;
};

/// What readers find from the beginning of a run until its first output.
enum class BetweenRuns {
  forget,  ///< nothing
  keep,    ///< the last output of an earlier run, so that there always is one after the first ever
};

/// What a slot holds: its newest run, and its newest output once there is one.
template <class Output>
struct SlotSnapshot {
  std::uint64_t run = 0;       ///< counts the runs of the slot from 1; 0 before the first
  std::uint64_t sequence = 0;  ///< rises with every output published and every run begun
  std::optional<Published<Output>> newest;
  std::uint64_t answer_run = 0;  ///< the run that `newest` is from: below `run` where it was kept

  friend bool operator==(const SlotSnapshot&, const SlotSnapshot&) = default;
};

/// A slot `S` holds outputs of type `S::value_type`. One thread writes (`begin_run`, then `publish`); any
/// thread may `read` at any time and gets the newest complete output, never a torn one, or nothing before the
/// first. What is found between two runs is the slot's to say.
// clang-format off
template <class S>
concept result_slot = std::is_trivially_copyable_v<typename S::value_type> &&
    requires(S& slot, const S& view, const typename S::value_type& output, std::size_t exit) {
  { slot.begin_run() } noexcept;
  { slot.publish(output, exit) } noexcept;
  { view.read() } noexcept -> std::same_as<std::optional<Published<typename S::value_type>>>;
};
// clang-format on

}  // namespace einet
