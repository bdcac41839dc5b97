#pragma once
// Text from an untrusted file, made safe for a message: no escape sequence in a name reaches the terminal,
// and a name of 90 MB does not make a message of 90 MB.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace einet::io::detail {

/// The first character of a text.
struct Character {
  std::size_t bytes = 0;  ///< 0 if the text does not begin with UTF-8
  char32_t code = 0;
};

[[nodiscard]] constexpr Character first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t code = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {};
    code = code << 6U | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code < smallest[bytes] || code > 0x10ffff || surrogate ? Character{} : Character{bytes, code};
}

/// Control characters, and invisible ones that turn, join or hide their neighbours.
[[nodiscard]] constexpr bool is_hidden(char32_t code) noexcept {
  struct Range {
    char32_t first, last;
  };
  constexpr std::array<Range, 8> ranges{{{0x00, 0x1f},
                                         {0x7f, 0x9f},
                                         {0xad, 0xad},
                                         {0x200b, 0x200f},
                                         {0x2028, 0x202e},
                                         {0x2060, 0x206f},
                                         {0xfeff, 0xfeff},
                                         {0xe0000, 0xe007f}}};
  for (const Range& range : ranges)
    if (code >= range.first && code <= range.last) return true;
  return false;
}

/// `text` with the bytes of hidden characters, and those that are not UTF-8, as \x1b. A text longer than
/// `most` characters is cut, and its number of bytes added: "aaaa… (90000000 bytes)".
[[nodiscard]] inline std::string printable(std::string_view text, std::size_t most = 60) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  std::string_view rest = text;
  for (std::size_t count = 0; !rest.empty(); ++count) {
    if (count == most) return out + "… (" + std::to_string(text.size()) + " bytes)";
    const Character next = first_character(rest);
    const std::string_view bytes = rest.substr(0, next.bytes == 0 ? 1 : next.bytes);
    if (next.bytes != 0 && !is_hidden(next.code)) {
      out += bytes;
    } else {
      for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        out.append("\\x").append(1, digits[value >> 4U]).append(1, digits[value & 0xfU]);
      }
    }
    rest.remove_prefix(bytes.size());
  }
  return out;
}

/// The same in quotation marks, as every message shows a name or value from a file.
[[nodiscard]] inline std::string in_quotes(std::string_view text) {
  return "'" + printable(text) + "'";
}

/// A tensor as errors name it.
[[nodiscard]] inline std::string tensor_field(std::string_view name) {
  return "tensor " + in_quotes(name);
}

/// An entry of the metadata as errors name it.
[[nodiscard]] inline std::string metadata_field(std::string_view key) {
  return "metadata " + in_quotes(key);
}

}  // namespace einet::io::detail
