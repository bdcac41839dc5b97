#pragma once
// Which inputs an output gives to the predictor, as a policy: its confidence alone, or more.

#include <einet/run/answer.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace einet {

/// An observation `O` makes `O::inputs` inputs from an output and the answer in hand before it (null before
/// the first output of a run). The first of them is the output's confidence. It may have `O::names()`, an
/// array of as many names, by which a predictor's file records what the predictor was fitted to.
// clang-format off
template <class O, class Output>
concept output_observation = std::copyable<O> && O::inputs >= 1 &&
    requires(const O& observe, const Output& output, const Output* in_hand) {
  { observe(output, in_hand) } noexcept -> std::same_as<std::array<float, O::inputs>>;
};

/// An output with a `predictor_inputs(output)` of that length, found by argument-dependent lookup.
template <class Output, std::size_t Inputs>
concept has_predictor_inputs = requires(const Output& output) {
  { predictor_inputs(output) } -> std::same_as<std::array<float, Inputs>>;
};
// clang-format on

/// The inputs that the output type provides: `confidence(output)` or, for more than one,
/// `predictor_inputs(output)`.
template <std::size_t Inputs>
struct OwnInputs {
  static constexpr std::size_t inputs = Inputs;

  template <has_predictor_inputs<Inputs> Output>
  [[nodiscard]] std::array<float, Inputs> operator()(const Output& output, const Output*) const noexcept {
    return predictor_inputs(output);
  }
};

/// The confidence, which every output has.
template <>
struct OwnInputs<1> {
  static constexpr std::size_t inputs = 1;
  static constexpr std::array<std::string_view, inputs> names() noexcept { return {"confidence"}; }

  template <has_confidence Output>
  [[nodiscard]] std::array<float, inputs> operator()(const Output& output, const Output*) const noexcept {
    return {static_cast<float>(confidence(output))};
  }
};

/// The confidence and nothing else.
using ConfidenceOnly = OwnInputs<1>;

}  // namespace einet
