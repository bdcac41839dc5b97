#include "catch.hpp"

#include <einet/io/printable.hpp>

#include <random>
#include <string>

using einet::io::detail::first_character;
using einet::io::detail::in_quotes;
using einet::io::detail::printable;

TEST_CASE("text of every language is printed as it is", "[io][printable]") {
  for (const std::string text : {"", "conv.0.weight", "é ß 漢字 😀 \"'\\", "\xf4\x8f\xbf\xbd"})
    CHECK(printable(text) == text);
}

TEST_CASE("control characters and invisible ones are not printed", "[io][printable]") {
  CHECK(printable("a\x1b[31mred") == "a\\x1b[31mred");
  CHECK(printable("a\r\n\tb\x7f") == "a\\x0d\\x0a\\x09b\\x7f");
  CHECK(printable(std::string("\0", 1)) == "\\x00");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\xc2\\x9b31m");  // CSI as one character
  CHECK(printable("\xe2\x80\xae"
                  "cod") == "\\xe2\\x80\\xaecod");        // turns what follows around
  CHECK(printable("\xe2\x80\x8b") == "\\xe2\\x80\\x8b");  // of no width
}

TEST_CASE("bytes that are not UTF-8 are printed as numbers", "[io][printable]") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xc3") == "\\xc3");                             // cut short
  CHECK(printable("\xc3(") == "\\xc3(");                           // not continued
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // longer than need be
  CHECK(printable("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");           // likewise
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // half of a pair
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond Unicode
  CHECK(printable("a\x80z") == "a\\x80z");
}

TEST_CASE("a long text is cut between characters, and its length is given", "[io][printable]") {
  CHECK(printable(std::string(60, 'x')) == std::string(60, 'x'));
  CHECK(printable(std::string(61, 'x')) == std::string(60, 'x') + "… (61 bytes)");
  CHECK(printable("ééé", 2) == "éé… (6 bytes)");
  CHECK(in_quotes(std::string(1'000'000, '\x01')).size() < 300);
}

TEST_CASE("any bytes are printed clean, and clean text is unchanged", "[io][printable]") {
  const std::uint32_t seed = 20;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int i = 0; i < 5000; ++i) {
    std::string text(random() % 12, '\0');
    for (char& byte : text)
      byte = static_cast<char>(random() % 3 == 0 ? random() % 256 : 0x80 + random() % 80);
    const std::string once = printable(text);
    CHECK(printable(once) == once);
    for (const char byte : once) {
      const auto value = static_cast<unsigned char>(byte);
      if (value < 0x20 || value == 0x7f) FAIL(once);
    }
  }
  CHECK(first_character("a").bytes == 1);
  CHECK(first_character("😀").code == 0x1f600);
}
