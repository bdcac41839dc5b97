#pragma once
// What a block is, and a network made of blocks. What changes from sample to sample belongs to the features.
// The blocks of a const network are called through const; others may change (scratch memory, a GPU stream).

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/plan/exits.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/stop.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace einet {

/// A conv part that always runs to its end: `void advance(features)`.
template <class B, class F>
concept advances = requires(B& block, F& features) {
  { block.advance(features) } -> std::same_as<void>;
};

/// A conv part that takes the stop: `bool advance(features, stop)` returns false if it stopped early.
template <class B, class F, class Stop>
concept advances_until = requires(B& block, F& features, const Stop& stop) {
  { block.advance(features, stop) } -> std::same_as<bool>;
};

// clang-format off
/// A branch: `classify(features)` returns an Output, or something that converts to one.
template <class B, class F, class Output>
concept classifies = requires(B& block, const F& features) {
  { block.classify(features) } -> std::convertible_to<Output>;
};

/// A branch that takes the stop: `classify(features, stop)` returns a std::optional, empty if it stopped early.
template <class B, class F, class Output, class Stop>
concept classifies_until = requires(B& block, const F& features, const Stop& stop) {
  block.classify(features, stop).has_value();
  { block.classify(features, stop) } -> std::convertible_to<std::optional<Output>>;
};

/// A conv part and its branch over features F; each may take the stop. If B is const, both must be const. The
/// runner asks for each half by itself, so that its message says which is missing.
template <class B, class F, class Output, class Stop = never_stop>
concept elastic_block = has_confidence<Output> &&
    (advances<B, F> || advances_until<B, F, Stop>) &&
    (classifies<B, F, Output> || classifies_until<B, F, Output, Stop>);
// clang-format on

namespace detail {

template <class Network>
concept indexed_network = requires(Network& network) {
  network[std::size_t{}];
  network.size();
};

template <class Network>
concept tuple_network = !indexed_network<Network> && requires {
  std::tuple_size<std::remove_const_t<Network>>::value;
};

/// Number of blocks if the type fixes it, else 0.
template <class Network>
constexpr std::size_t fixed_size() noexcept {
  if constexpr (requires { std::tuple_size<std::remove_const_t<Network>>::value; })
    return std::tuple_size_v<std::remove_const_t<Network>>;
  else
    return 0;
}

/// The block, also where a network holds a pointer to it.
template <class Held>
auto& block_of(Held& held) noexcept {
  if constexpr (requires { *held; })
    return *held;
  else
    return held;
}

/// Calls `visit` with block `index` and returns what it returns.
template <class Network, class Visit>
decltype(auto) visit_block(Network& network, std::size_t index, Visit&& visit) {
  if constexpr (indexed_network<Network>) {
    return visit(block_of(network[index]));
  } else {
    using Result = decltype(visit(block_of(std::get<0>(network))));
    constexpr std::size_t count = fixed_size<Network>();
    EINET_ASSERT(index < count);
    return [&]<std::size_t... K>(std::index_sequence<K...>)->Result {
      using Call = Result (*)(Network&, Visit&);
      static constexpr Call calls[] = {
          [](Network& blocks, Visit& call) -> Result { return call(block_of(std::get<K>(blocks))); }...};
      return calls[index](network, visit);
    }
    (std::make_index_sequence<count>{});
  }
}

/// Runs one conv part; false if the stop came and the block stopped early.
template <class B, class F, class Stop>
bool advance(B& block, F& features, const Stop& stop) {
  if constexpr (advances_until<B, F, Stop>) {
    return block.advance(features, stop);
  } else {
    block.advance(features);
    return true;
  }
}

/// Runs a branch; nothing if the stop came and the block stopped early.
template <class Output, class B, class F, class Stop>
std::optional<Output> classify(B& block, const F& features, const Stop& stop) {
  if constexpr (classifies_until<B, F, Output, Stop>)
    return block.classify(features, stop);
  else
    return std::optional<Output>(std::in_place, block.classify(features));
}

/// Runs a branch to its end, whatever the type of its output.
template <class B, class F>
auto classify(B& block, const F& features) {
  if constexpr (requires { block.classify(features); })
    return block.classify(features);
  else
    return *block.classify(features, never_stop{});
}

}  // namespace detail

/// An array, vector or tuple of blocks, or of pointers to them.
template <class Network>
concept elastic_network = detail::indexed_network<Network> || detail::tuple_network<Network>;

/// Number of blocks of a network.
template <elastic_network Network>
[[nodiscard]] constexpr std::size_t block_count(const Network& blocks) noexcept {
  if constexpr (detail::fixed_size<Network>() > 0)
    return detail::fixed_size<Network>();
  else
    return blocks.size();
}

namespace detail {

/// Refuses a network of `blocks` blocks where there should be N, or 1 to C if N is up_to(C).
/// @param wanted what N should be
template <std::size_t N>
void expect_blocks(const char* what, std::size_t blocks, const std::string& wanted) {
  if constexpr (run_time_exits<N>)
    expect(blocks >= 1 && blocks <= most_exits<N>, what, "number of blocks", blocks,
           "1 to " + number(most_exits<N>));
  else
    expect(blocks == N, what, "number of blocks", blocks, wanted + number(N));
}

}  // namespace detail

}  // namespace einet
