#pragma once
// An observation such as a user may write.

#include <array>
#include <cstddef>
#include <string_view>

namespace einet::test {

/// The confidence, and whether the output names the class of the answer in hand (1) or another (0); 1 if
/// nothing is in hand.
struct WithAgreement {
  static constexpr std::size_t inputs = 2;
  static constexpr std::array<std::string_view, inputs> names() noexcept {
    return {"confidence", "agreement"};
  }

  template <class Output>
  requires requires(const Output& output) { output.label; }
  std::array<float, inputs> operator()(const Output& output, const Output* in_hand) const noexcept {
    return {confidence(output), in_hand == nullptr || in_hand->label == output.label ? 1.f : 0.f};
  }
};

}  // namespace einet::test
