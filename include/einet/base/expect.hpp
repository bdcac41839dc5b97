#pragma once
// Refuses values at set-up. All of einet uses one form of message:
//   "time profile: conv[3] is -1e-09, expected finite seconds >= 0"

#include <einet/base/assert.hpp>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

namespace einet::detail {

/// The fewest digits that distinguish `value` from its neighbours.
template <class T>
requires std::integral<T> || std::floating_point<T>
[[nodiscard]] std::string number(T value) {
  if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return {digits.data(), end};
  }
}

/// The name of the refused field: "margin", "conv[3]", "matrix[3][4]".
struct Field {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  constexpr Field(const char* field) noexcept : name(field) {}  // NOLINT(google-explicit-constructor)
  constexpr Field(const char* field, std::size_t first, std::size_t second = none) noexcept
      : name(field), i(first), j(second) {}

  [[nodiscard]] std::string text() const {
    std::string all = name;
    for (const std::size_t index : {i, j})
      if (index != none) all.append("[").append(number(index)).append("]");
    return all;
  }

  const char* name;
  std::size_t i = none, j = none;
};

/// @throws std::invalid_argument "<what>: <field> is <value>, expected <wanted>"
[[noreturn]] inline void refuse(std::string_view what, const Field& field, std::string_view value,
                                std::string_view wanted) {
  std::string message(what);
  message.append(": ").append(field.text()).append(" is ").append(value).append(", expected ").append(wanted);
  EINET_THROW(std::invalid_argument(message));
}

/// Refuses `value` unless `sound`.
/// @param what the type, function or file that the field belongs to
/// @param value a number
/// @throws std::invalid_argument naming the field, its value and what was wanted
template <class T>
constexpr void expect(bool sound, std::string_view what, const Field& field, T value,
                      std::string_view wanted) {
  if (!sound) [[unlikely]]
    refuse(what, field, number(value), wanted);
}

/// Refuses a tensor of parameters whose length does not match its shape.
inline void expect_length(std::string_view what, const std::string& tensor, std::size_t length,
                          std::size_t expected) {
  if (length != expected) refuse(what, tensor.c_str(), number(length) + " values long", number(expected));
}

}  // namespace einet::detail
