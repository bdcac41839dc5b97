#pragma once
// What the first hidden layer of a CS-Predictor passes on to the second, and how the second adds it up: plain
// activations or, for integer weights, integer numbers of steps.

#include <einet/base/aligned.hpp>
#include <einet/paper/counted_columns.hpp>
#include <einet/paper/dense_kernels.hpp>
#include <einet/paper/packed_rows.hpp>
#include <einet/paper/weight_format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace einet::detail {

/// @tparam Format of the weights of layer 2
/// @tparam H units of layer 1
template <class Format, std::size_t H>
class PassedOn {
 public:
  using Value = float;
  using Column = ScaledColumn;

  PassedOn() = default;
  PassedOn(const PackedRows<Format, H>&, std::span<const float, H>) {}

  [[nodiscard]] Value operator()(std::size_t, float pre_activation) const noexcept {
    return pre_activation > 0.f ? pre_activation : 0.f;
  }
  /// The same for all units.
  /// @param pre_activations [padded_length], aligned, like `values`
  template <class Arch>
  static void all(const float* pre_activations, Value* values) noexcept {
    using Lanes = simd::Lanes<float, Arch>;
    const Lanes none(0.f);
    for (std::size_t j = 0; j < PackedRows<Format, H>::padded_length; j += Lanes::size) {
      const Lanes given = Lanes::load_aligned(pre_activations + j);
      select(given > none, given, none).store_aligned(values + j);
    }
  }
  /// The activation that `value` of a unit stands for.
  [[nodiscard]] static float activation(std::size_t, Value value) noexcept { return value; }

  /// out += what the units in `list` pass on.
  /// @param out [padded_length], aligned
  template <class Arch>
  static void add(float* out, const PackedRows<Format, H>& layer2, const Column* list,
                  std::size_t count) noexcept {
    add_columns<Arch>(out, layer2, list, count);
  }
};

/// Every unit has a step such that step times the scale of its column is the same for all units, and no
/// activation exceeds 32767 steps. Activations are off by at most half a step. Equal pre-activations pass on
/// equal values, so that updates cancel exactly.
template <std::size_t H>
class PassedOn<Int8, H> {
 public:
  using Value = std::int32_t;
  using Column = CountedColumn;

  PassedOn() = default;
  /// @param largest [H] upper bounds of the activations
  PassedOn(const PackedRows<Int8, H>& layer2, std::span<const float, H> largest)
      : per_activation_(PackedRows<Int8, H>::padded_length) {
    const auto scale = [&](std::size_t j) {
      return static_cast<double>(layer2.scale(j)) * static_cast<double>(Int8::unit);
    };
    double most = 0;
    for (std::size_t j = 0; j < H; ++j) most = (std::max)(most, static_cast<double>(largest[j]) * scale(j));
    step_ = narrowed(most / steps);
    for (std::size_t j = 0; j < H; ++j)
      per_activation_[j] = step_ > 0.f ? narrowed(scale(j) / static_cast<double>(step_)) : 0.f;
  }

  [[nodiscard]] Value operator()(std::size_t unit, float pre_activation) const noexcept {
    const float count = pre_activation * per_activation_[unit];
    const float known = count > 0.f ? count : 0.f;  // 0 for NaN
    return static_cast<Value>((known < steps ? known : steps) + .5f);
  }
  template <class Arch>
  void all(const float* pre_activations, Value* values) const noexcept {
    using Lanes = simd::Lanes<float, Arch>;
    const Lanes none(0.f), most(steps), half(.5f);
    for (std::size_t j = 0; j < PackedRows<Int8, H>::padded_length; j += Lanes::size) {
      const Lanes count =
          Lanes::load_aligned(pre_activations + j) * Lanes::load_aligned(per_activation_.data() + j);
      const Lanes known = select(count > none, count, none);
      simd::truncated(select(known < most, known, most) + half).store_aligned(values + j);
    }
  }
  [[nodiscard]] float activation(std::size_t unit, Value value) const noexcept {
    return per_activation_[unit] > 0.f ? static_cast<float>(value) / per_activation_[unit] : 0.f;
  }

  template <class Arch>
  void add(float* out, const PackedRows<Int8, H>& layer2, const Column* list,
           std::size_t count) const noexcept {
    add_counted_columns<Arch>(out, layer2, list, count, step_);
  }

 private:
  static constexpr float steps = 32767;

  [[nodiscard]] static float narrowed(double value) noexcept {
    constexpr auto largest = static_cast<double>((std::numeric_limits<float>::max)());
    return static_cast<float>((std::min)(value, largest));
  }

  AlignedVector<float> per_activation_;  ///< [padded_length] steps per unit of activation
  float step_ = 0;                       ///< any unit's step times the scale of its column
};

}  // namespace einet::detail
