#pragma once
// Makes any function the distribution function of a stop-time law.

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace einet {

/// `function(seconds)` gives P(stop < seconds), in seconds since the start of the inference. It must never
/// decrease and never throw; its values are clamped to [0, 1], NaN to 0. Copying it may throw: a function
/// that can be neither assigned nor moved safely, such as a lambda that captures a const std::function, is
/// shared by the copies of the law.
template <std::copy_constructible Function>
requires std::is_invocable_r_v<double, const Function&, double>
class CallableLaw {
  static constexpr bool is_shared = !std::is_copy_assignable_v<Function> &&
                                    !std::is_nothrow_copy_constructible_v<Function> &&
                                    !std::is_nothrow_move_constructible_v<Function>;

 public:
  /// Allocates if the function is shared.
  explicit CallableLaw(Function function) : held_(hold(std::move(function))) {}
  CallableLaw(const CallableLaw&) = default;
  ~CallableLaw() = default;

  /// Laws must be assignable; lambdas with captures can only be copied. If copying throws, the law stays as
  /// it was or, where the function itself is assigned, as that leaves it.
  CallableLaw& operator=(const CallableLaw& other) {
    if (this == &other) return *this;
    if constexpr (std::is_copy_assignable_v<Held>) {
      held_ = other.held_;
    } else if constexpr (std::is_nothrow_copy_constructible_v<Held>) {
      std::destroy_at(&held_);
      std::construct_at(&held_, other.held_);
    } else {
      Held copy = other.held_;  // first, because once the old one is gone nothing may throw
      std::destroy_at(&held_);
      std::construct_at(&held_, std::move(copy));
    }
    return *this;
  }

  [[nodiscard]] double cdf(double seconds) const noexcept {
    const double value = seconds > 0 ? static_cast<double>(function()(seconds)) : 0;
    return value > 0 ? (value < 1 ? value : 1) : 0;
  }

 private:
  using Held = std::conditional_t<is_shared, std::shared_ptr<const Function>, Function>;

  static Held hold(Function&& function) {
    if constexpr (is_shared)
      return std::make_shared<const Function>(std::move(function));
    else
      return std::move(function);
  }

  [[nodiscard]] const Function& function() const noexcept {
    if constexpr (is_shared)
      return *held_;
    else
      return held_;
  }

  Held held_;
};

}  // namespace einet
