#pragma once
// The block concepts, and networks made of blocks: any array, vector or tuple of them. Runs share a network
// and call its blocks through `const`: what changes from sample to sample lives in the features, not in
// blocks.

#include <einet/base/assert.hpp>
#include <einet/run/stop.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace einet {

/// A conv part that runs to its end: `void advance(features) const`.
template <class B, class F>
concept advances = requires(const B& block, F& features) {
  { block.advance(features) } -> std::same_as<void>;
};

/// A conv part that takes the stop signal: `bool advance(features, stop) const`, false if it left early.
template <class B, class F, class Stop>
concept advances_until = requires(const B& block, F& features, const Stop& stop) {
  { block.advance(features, stop) } -> std::same_as<bool>;
};

/// A branch: `classify(features) const` yields a trivially copyable Output that has a `confidence(output)` in
/// [0, 1], found by argument-dependent lookup.
template <class B, class F, class Output>
concept classifies = std::is_trivially_copyable_v<Output> &&
    requires(const B& block, const F& features, const Output& output) {
  { block.classify(features) } -> std::same_as<Output>;
  { confidence(output) } -> std::convertible_to<float>;
};

/// A branch that takes the stop signal: `std::optional<Output> classify(features, stop) const`, nothing if it
/// left early.
// clang-format off
template <class B, class F, class Output, class Stop>
concept classifies_until = std::is_trivially_copyable_v<Output> &&
    requires(const B& block, const F& features, const Output& output, const Stop& stop) {
  { block.classify(features, stop) } -> std::same_as<std::optional<Output>>;
  { confidence(output) } -> std::convertible_to<float>;
};
// clang-format on

/// A conv part and its branch over features F; each may take the stop signal.
template <class B, class F, class Output, class Stop = never_stop>
concept block = (advances<B, F> || advances_until<B, F, Stop>)&&(classifies<B, F, Output> ||
                                                                 classifies_until<B, F, Output, Stop>);

namespace detail {

template <class Network>
concept indexed_network = requires(const Network& network) {
  network[std::size_t{}];
  network.size();
};

template <class Network>
concept tuple_network = !indexed_network<Network> && requires {
  std::tuple_size<Network>::value;
};

/// Number of blocks where the type tells it, else 0.
template <class Network>
constexpr std::size_t fixed_size() noexcept {
  if constexpr (requires { std::tuple_size<Network>::value; })
    return std::tuple_size_v<Network>;
  else
    return 0;
}

/// Calls `visit` with block `index` and returns what it returns.
template <class Network, class Visit>
decltype(auto) visit_block(const Network& network, std::size_t index, Visit&& visit) {
  if constexpr (indexed_network<Network>) {
    return visit(network[index]);
  } else {
    using Result = decltype(visit(std::get<0>(network)));
    EINET_ASSERT(index < std::tuple_size_v<Network>);
    return [&]<std::size_t... K>(std::index_sequence<K...>)->Result {
      using Call = Result (*)(const Network&, Visit&);
      static constexpr Call calls[] = {
          [](const Network& blocks, Visit& call) -> Result { return call(std::get<K>(blocks)); }...};
      return calls[index](network, visit);
    }
    (std::make_index_sequence<std::tuple_size_v<Network>>{});
  }
}

/// Advances by one conv part; false if the stop came and the block left early.
template <class B, class F, class Stop>
bool advance(const B& block, F& features, const Stop& stop) {
  if constexpr (advances_until<B, F, Stop>) {
    return block.advance(features, stop);
  } else {
    block.advance(features);
    return true;
  }
}

/// Runs a branch; nothing if the stop came and the block left early.
template <class Output, class B, class F, class Stop>
std::optional<Output> classify(const B& block, const F& features, const Stop& stop) {
  if constexpr (classifies_until<B, F, Output, Stop>)
    return block.classify(features, stop);
  else
    return block.classify(features);
}

/// Runs a branch to its end, whatever type its output is of.
template <class B, class F>
auto classify(const B& block, const F& features) {
  if constexpr (requires { block.classify(features); })
    return block.classify(features);
  else
    return *block.classify(features, never_stop{});
}

}  // namespace detail

/// An array, vector or tuple of blocks.
template <class Network>
concept network = detail::indexed_network<Network> || detail::tuple_network<Network>;

/// Number of blocks of a network.
template <network Network>
[[nodiscard]] constexpr std::size_t block_count(const Network& blocks) noexcept {
  if constexpr (detail::fixed_size<Network>() > 0)
    return detail::fixed_size<Network>();
  else
    return blocks.size();
}

}  // namespace einet
