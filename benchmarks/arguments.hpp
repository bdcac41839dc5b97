#pragma once
// A command line of words, flags and options with values; whatever is wrong is said in one line.

#include <charconv>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace einet::bench {

/// Walks over the arguments.
class Arguments {
 public:
  explicit Arguments(std::span<char* const> all) noexcept : all_(all) {}

  [[nodiscard]] bool more() const noexcept { return at_ < all_.size(); }
  std::string_view next() noexcept { return current_ = all_[at_++]; }

  /// The value of the option that `next` returned last.
  /// @throws std::invalid_argument
  std::string_view value() {
    if (!more()) throw std::invalid_argument(std::string(current_) + " needs a value");
    return all_[at_++];
  }
  /// @throws std::invalid_argument if it is no number from `low` to `high`
  double number(double low, double high) {
    const std::string option(current_);
    const std::string_view text = value();
    double found = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), found);
    if (error != std::errc() || end != text.data() + text.size() || !(found >= low && found <= high))
      throw std::invalid_argument(option + ": '" + std::string(text) + "' is not a number from " +
                                  short_text(low) + " to " + short_text(high));
    return found;
  }
  [[noreturn]] void refuse() const {
    throw std::invalid_argument("'" + std::string(current_) + "' is unknown; see --help");
  }

 private:
  static std::string short_text(double value) {
    char text[32];
    const auto [end, error] = std::to_chars(text, text + sizeof text, value);
    return error == std::errc() ? std::string(text, end) : std::string();
  }

  std::span<char* const> all_;
  std::size_t at_ = 0;
  std::string_view current_;
};

}  // namespace einet::bench
