#pragma once
// The result-slot concept: where the newest answer can be read at any moment, whatever happens to the run.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace einet {

/// An output and its exit.
template <class Output>
struct Published {
  Output output;
  std::size_t exit;

  friend bool operator==(const Published&, const Published&) = default;
};

/// What readers find from the beginning of a run until its first answer.
enum class BetweenRuns {
  forget,  ///< nothing
  keep,    ///< the last answer of an earlier run, so that once there is one, there always is
};

/// What a slot holds: the number of its newest run, and the newest answer if there is one.
template <class Output>
struct SlotSnapshot {
  std::uint64_t run = 0;       ///< number of the newest run, counted from 1; 0 before the first
  std::uint64_t sequence = 0;  ///< rises with every answer published and every run begun
  std::optional<Published<Output>> newest;
  std::uint64_t answer_run = 0;  ///< number of the run that `newest` is from; below `run` if it was kept

  friend bool operator==(const SlotSnapshot&, const SlotSnapshot&) = default;
};

/// A slot `S` holds answers of type `S::value_type`. One thread writes (`begin_run`, then `publish`); any
/// thread may `read` at any time, and gets the newest complete answer, never a torn one, or nothing before
/// the first. What is found between two runs is up to the slot.
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
