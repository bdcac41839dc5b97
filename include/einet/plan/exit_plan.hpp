#pragma once
// The exit plan: for each exit, whether its branch is run or skipped. Paper, section V-A.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/plan/exits.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

namespace einet {

/// The set of exits, out of 0…N−1, whose branches are run. Where N is up_to(C), a plan knows no number of
/// exits and takes all below C.
template <std::size_t N>
class ExitPlan {
  static_assert(most_exits<N> >= 1, "ExitPlan<N>: a network has at least one exit");

 public:
  static constexpr std::size_t exits = N;
  static constexpr std::size_t most = most_exits<N>;

  /// Runs no exit.
  constexpr ExitPlan() noexcept = default;

  /// Runs exactly these exits.
  /// @throws std::invalid_argument naming an exit that is not < most; a constant expression does not compile
  constexpr ExitPlan(std::initializer_list<std::size_t> run) {
    std::size_t i = 0;
    for (const std::size_t exit : run) {
      if (exit >= most)
        detail::refuse("ExitPlan", {"exits", i}, detail::number(exit), "less than " + detail::number(most));
      insert(exit);
      ++i;
    }
  }

  /// Runs every exit.
  [[nodiscard]] static constexpr ExitPlan all() noexcept requires(!run_time_exits<N>) { return all(N); }

  /// Runs the first `number` exits: all of a network with as many.
  /// @pre number <= most
  [[nodiscard]] static constexpr ExitPlan all(std::size_t number) noexcept {
    ExitPlan plan;
    for (std::size_t k = 0; k < number; ++k) plan.insert(k);
    return plan;
  }

  /// @pre exit < most
  constexpr void insert(std::size_t exit) noexcept {
    EINET_ASSERT(exit < most);
    words_[exit / word_bits] |= bit(exit);
  }

  /// @pre exit < most
  constexpr void erase(std::size_t exit) noexcept {
    EINET_ASSERT(exit < most);
    words_[exit / word_bits] &= ~bit(exit);
  }

  /// @pre exit < most
  [[nodiscard]] constexpr bool contains(std::size_t exit) const noexcept {
    EINET_ASSERT(exit < most);
    return (words_[exit / word_bits] & bit(exit)) != 0;
  }

  /// Number of exits that are run.
  [[nodiscard]] constexpr std::size_t count() const noexcept {
    std::size_t sum = 0;
    for (const std::uint64_t word : words_) sum += static_cast<std::size_t>(std::popcount(word));
    return sum;
  }

  [[nodiscard]] constexpr bool empty() const noexcept { return *this == ExitPlan{}; }

  /// The first exit >= `from` that is run, if any. `from` may be the number of exits.
  [[nodiscard]] constexpr std::optional<std::size_t> next(std::size_t from) const noexcept {
    std::size_t w = from / word_bits;
    if (w >= words) return std::nullopt;
    std::uint64_t rest = words_[w] & (~std::uint64_t{0} << (from % word_bits));
    while (rest == 0) {
      if (++w == words) return std::nullopt;
      rest = words_[w];
    }
    return w * word_bits + static_cast<std::size_t>(std::countr_zero(rest));
  }

  /// Orders plans of equal worth: fewer exits first; then, at the first difference, the plan that skips.
  [[nodiscard]] constexpr bool precedes(const ExitPlan& other) const noexcept {
    if (const std::size_t mine = count(), theirs = other.count(); mine != theirs) return mine < theirs;
    for (std::size_t w = 0; w < words; ++w)
      if (const std::uint64_t differing = words_[w] ^ other.words_[w]; differing != 0)
        return (words_[w] & differing & (~differing + 1)) == 0;
    return false;
  }

  static constexpr std::size_t word_bits = 64;
  static constexpr std::size_t words = (most + word_bits - 1) / word_bits;

  /// Exits 64·w to 64·w + 63, the first of them in the lowest bit.
  /// @pre w < words
  [[nodiscard]] constexpr std::uint64_t word(std::size_t w) const noexcept { return words_[w]; }

  /// The plan made of these words; bits at or beyond `most` are ignored.
  [[nodiscard]] static constexpr ExitPlan from_words(const std::array<std::uint64_t, words>& bits) noexcept {
    ExitPlan plan;
    plan.words_ = bits;
    if constexpr (most % word_bits != 0) plan.words_[words - 1] &= bit(most) - 1;
    return plan;
  }

  friend constexpr bool operator==(const ExitPlan&, const ExitPlan&) noexcept = default;

 private:
  [[nodiscard]] static constexpr std::uint64_t bit(std::size_t exit) noexcept {
    return std::uint64_t{1} << (exit % word_bits);
  }

  std::array<std::uint64_t, words> words_{};
};

/// One character for each of `exits` exits, '1' where its branch is run: "0101".
/// @pre exits <= most
template <std::size_t N>
[[nodiscard]] std::string to_string(const ExitPlan<N>& plan, std::size_t exits) {
  std::string text(exits, '0');
  for (std::size_t k = 0; k < exits; ++k)
    if (plan.contains(k)) text[k] = '1';
  return text;
}
/// The same for a number of exits that the type fixes.
template <std::size_t N>
requires(!run_time_exits<N>) [[nodiscard]] std::string to_string(const ExitPlan<N>& plan) {
  return to_string(plan, N);
}

}  // namespace einet
