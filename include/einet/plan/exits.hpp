#pragma once
// How many exits a network has. Everywhere in einet, the template argument N is either the exact number or,
// where a program learns the number only at run time, `up_to(C)`: from 1 to C exits, as std::dynamic_extent
// is for spans. `exits` is N; `exit_count()` is the number itself.
//
// Arrays have room for C exits, but loops, tables and draws go by the number itself, and every plan is the
// same to the last bit as that of the exact size.

#include <einet/base/expect.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace einet {

namespace detail {

inline constexpr std::size_t run_time_bit = ~(~std::size_t{0} >> 1);

}  // namespace detail

/// The template argument N for 1 to `most` exits, known at run time: `TimeProfile<up_to(64)>`.
[[nodiscard]] consteval std::size_t up_to(std::size_t most) {
  detail::expect(most >= 1 && most < detail::run_time_bit, "up_to", "most", most, "at least 1 exit");
  return most | detail::run_time_bit;
}

/// Whether the number of exits is known only at run time.
template <std::size_t N>
inline constexpr bool run_time_exits = (N & detail::run_time_bit) != 0;

/// The largest number of exits: what arrays have room for.
template <std::size_t N>
inline constexpr std::size_t most_exits = N & ~detail::run_time_bit;

/// A number of exits: always N or, where N is up_to(C), any number up to C, 0 until it is set.
template <std::size_t N>
class ExitCount {
 public:
  constexpr ExitCount() noexcept = default;
  /// @throws std::invalid_argument unless `exits` is N
  constexpr ExitCount(std::size_t exits) {  // NOLINT(google-explicit-constructor): it is a number
    if (exits != N) detail::refuse("einet", "number of exits", detail::number(exits), detail::number(N));
  }
  [[nodiscard]] static constexpr std::size_t exit_count() noexcept { return N; }
  friend constexpr bool operator==(const ExitCount&, const ExitCount&) noexcept = default;
};

/// Keeps the number where it is known only at run time.
template <std::size_t N>
requires run_time_exits<N>
class ExitCount<N> {
 public:
  constexpr ExitCount() noexcept = default;
  /// @throws std::invalid_argument unless `exits` is 1 to C
  constexpr ExitCount(std::size_t exits) : exits_(exits) {  // NOLINT(google-explicit-constructor)
    if (exits < 1 || exits > most_exits<N>)
      detail::refuse("einet", "number of exits", detail::number(exits),
                     "1 to " + detail::number(most_exits<N>));
  }
  [[nodiscard]] constexpr std::size_t exit_count() const noexcept { return exits_; }
  friend constexpr bool operator==(const ExitCount&, const ExitCount&) noexcept = default;

 private:
  std::size_t exits_ = 0;
};

namespace detail {

/// Refuses a number of exits that is known only at run time and has not been set.
template <std::size_t N>
constexpr void expect_exits(std::string_view what, const ExitCount<N>& exits) {
  expect(exits.exit_count() > 0, what, "number of exits", exits.exit_count(), "at least 1");
}

}  // namespace detail

/// The sizes that with_exits chooses from. Work that does not go by the number itself, such as copying a
/// profile, is then at most doubled.
inline constexpr std::array<std::size_t, 5> exit_sizes{8, 16, 32, 64, 128};

namespace detail {

template <std::size_t Size, std::size_t... Larger, class F>
decltype(auto) with_room(std::size_t exits, F& f) {
  if constexpr (sizeof...(Larger) == 0)
    return f.template operator()<up_to(Size)>();
  else
    return exits <= Size ? f.template operator()<up_to(Size)>() : with_room<Larger...>(exits, f);
}

}  // namespace detail

/// Calls `f.operator()<N>()` and returns what it returns, where N is the smallest up_to(C) with room for
/// `exits`: `with_exits(count, [&]<std::size_t N>() { run(io::load_time_profile<N>(path)); })`.
/// @tparam Sizes the C to choose from, in rising order, by default `exit_sizes`; f is compiled for each
/// @throws std::invalid_argument unless `exits` is 1 to the last of them
template <std::size_t... Sizes, class F>
decltype(auto) with_exits(std::size_t exits, F&& f) {
  if constexpr (sizeof...(Sizes) == 0) {
    return [&]<std::size_t... K>(std::index_sequence<K...>)->decltype(auto) {
      return with_exits<exit_sizes[K]...>(exits, f);
    }
    (std::make_index_sequence<exit_sizes.size()>{});
  } else {
    constexpr std::size_t most = (std::max)({Sizes...});
    if (exits < 1 || exits > most)
      detail::refuse("with_exits", "exits", detail::number(exits), "1 to " + detail::number(most));
    return detail::with_room<Sizes...>(exits, f);
  }
}

}  // namespace einet
