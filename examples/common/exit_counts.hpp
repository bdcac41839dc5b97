#pragma once
// From a number of exits that a file names to one that the compiler knows.

#include <cstddef>
#include <string>

namespace example {

/// The numbers of exits that a program is built for.
template <std::size_t... Counts>
struct ExitCounts {
  [[nodiscard]] static constexpr bool contains(std::size_t count) noexcept {
    return ((count == Counts) || ...);
  }

  /// f.operator()<count>() if the program is built for that number; whether it is.
  template <class F>
  static bool visit(std::size_t count, const F& f) {
    return ((count == Counts && (f.template operator()<Counts>(), true)) || ...);
  }

  /// Why a network is refused: "has 7 exits, this program is built for 3 or 14 (cmake
  /// -DEINET_PAPER_EXITS=7)".
  [[nodiscard]] static std::string refusal(std::size_t count, const std::string& cmake_option) {
    std::string list;
    ((list += (list.empty() ? "" : " or ") + std::to_string(Counts)), ...);
    const std::string number = std::to_string(count);
    return "has " + number + " exits, this program is built for " + list + " (cmake -D" + cmake_option + "=" +
           number + ")";
  }
};

}  // namespace example
