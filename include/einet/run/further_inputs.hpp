#pragma once
// Inputs besides the confidence for classifiers: whether an output agrees with the answer in hand, and how
// its probability is spread over the classes. So far no predictor has gained by them (benchmarks/README.md).

#include <einet/run/observation.hpp>
#include <einet/run/output_shape.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace einet {

// clang-format off
/// An output that names a class.
template <class Output>
concept labelled = requires(const Output& output) {
  { output.label == output.label } -> std::convertible_to<bool>;
};

/// An output with a `shape(output)`, found by argument-dependent lookup: Scores<K>, ShapedAnswer, your own.
template <class Output>
concept shaped = requires(const Output& output) {
  { shape(output) } -> std::convertible_to<OutputShape>;
};
// clang-format on

/// 1 if the output and the answer in hand name the same class, or nothing is in hand; else 0.
template <labelled Output>
[[nodiscard]] constexpr float agreement(const Output& output, const Output* in_hand) noexcept {
  return in_hand == nullptr || in_hand->label == output.label ? 1.f : 0.f;
}

/// Confidence, and agreement with the answer in hand. The output needs a `label`.
struct WithAgreement {
  static constexpr std::size_t inputs = 2;
  static constexpr std::array<std::string_view, inputs> names() noexcept {
    return {"confidence", "agreement"};
  }

  template <labelled Output>
  [[nodiscard]] std::array<float, inputs> operator()(const Output& output,
                                                     const Output* in_hand) const noexcept {
    return {static_cast<float>(confidence(output)), agreement(output, in_hand)};
  }
};

/// Confidence, margin, entropy, and agreement with the answer in hand. The output needs a `label` and a
/// `shape(output)`.
struct WithShape {
  static constexpr std::size_t inputs = 4;
  static constexpr std::array<std::string_view, inputs> names() noexcept {
    return {"confidence", "margin", "entropy", "agreement"};
  }

  template <labelled Output>
  requires shaped<Output>
  [[nodiscard]] std::array<float, inputs> operator()(const Output& output,
                                                     const Output* in_hand) const noexcept {
    const OutputShape spread = shape(output);
    return {static_cast<float>(confidence(output)), spread.margin, spread.entropy,
            agreement(output, in_hand)};
  }
};

/// The inputs of `First`, then those of `Second`: to add your own to the provided ones. `Second` need not
/// begin with the confidence.
template <class First, class Second>
struct Combined {
  static constexpr std::size_t inputs = First::inputs + Second::inputs;
  static constexpr std::array<std::string_view, inputs> names() noexcept requires requires {
    First::names();
    Second::names();
  }
  { return joined<std::string_view>(First::names(), Second::names()); }

  First first{};
  Second second{};

  template <class Output>
  requires output_observation<First, Output> && output_observation<Second, Output>
  [[nodiscard]] std::array<float, inputs> operator()(const Output& output,
                                                     const Output* in_hand) const noexcept {
    return joined<float>(first(output, in_hand), second(output, in_hand));
  }

 private:
  template <class T>
  static constexpr std::array<T, inputs> joined(const std::array<T, First::inputs>& head,
                                                const std::array<T, Second::inputs>& tail) noexcept {
    std::array<T, inputs> all{};
    std::copy(tail.begin(), tail.end(), std::copy(head.begin(), head.end(), all.begin()));
    return all;
  }
};

}  // namespace einet
