#pragma once
// Makes any function the distribution function of a stop-time law.

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace einet {

/// `function(seconds)` gives P(stop < seconds), in seconds since the start of the inference. It must never
/// decrease and never throw; its values are clamped to [0, 1], NaN to 0.
template <std::copy_constructible Function>
requires std::is_invocable_r_v<double, const Function&, double>
class CallableLaw {
  static_assert(std::is_copy_assignable_v<Function> || std::is_nothrow_copy_constructible_v<Function>,
                "CallableLaw: a function that cannot be copy-assigned must have a noexcept copy constructor");

 public:
  explicit CallableLaw(Function function) : function_(std::move(function)) {}
  CallableLaw(const CallableLaw&) = default;
  ~CallableLaw() = default;

  /// Laws must be assignable; lambdas with captures can only be copied.
  CallableLaw& operator=(const CallableLaw& other) {
    if (this == &other) return *this;
    if constexpr (std::is_copy_assignable_v<Function>) {
      function_ = other.function_;
    } else {
      std::destroy_at(&function_);
      std::construct_at(&function_, other.function_);
    }
    return *this;
  }

  [[nodiscard]] double cdf(double seconds) const noexcept {
    const double value = seconds > 0 ? static_cast<double>(function_(seconds)) : 0;
    return value > 0 ? (value < 1 ? value : 1) : 0;
  }

 private:
  Function function_;
};

}  // namespace einet
