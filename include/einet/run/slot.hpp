#pragma once
// The result-slot concept: where the newest complete output lies, to be read whatever becomes of the run.

#include <concepts>
#include <cstddef>
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

/// A slot `S` holds outputs of type `S::value_type`. One thread writes (`clear`, `publish`); any thread may
/// `read` at any time and gets the newest complete output, never a torn one, or nothing before the first.
// clang-format off
template <class S>
concept result_slot = std::is_trivially_copyable_v<typename S::value_type> &&
    requires(S& slot, const S& view, const typename S::value_type& output, std::size_t exit) {
  { slot.clear() } noexcept;
  { slot.publish(output, exit) } noexcept;
  { view.read() } noexcept -> std::same_as<std::optional<Published<typename S::value_type>>>;
};
// clang-format on

}  // namespace einet
