#pragma once
// softmax(q · kᵀ / √width) · v of one head: two products of matrices, a few queries at a time, so that their
// weights stay in the first-level cache.

#include <einet/base/round_up.hpp>
#include <einet/nn/inference/paced_stop.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/kernels/product_tile.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace einet::nn {

/// One head of an image: queries [token][width], `pitch` floats from token to token, keys `all` floats behind
/// them and values twice as many.
struct AttentionHead {
  const float* q;
  std::size_t pitch;
  std::size_t all;  ///< channels of all heads
  std::size_t tokens;
  std::size_t width;

  [[nodiscard]] float scale() const noexcept { return 1.f / std::sqrt(static_cast<float>(width)); }
};

namespace detail {

/// Queries that are worked on at a time.
inline constexpr std::size_t queries_together = 32;

/// A matrix of `depth` rows and `columns` as the product's kernel reads it, and the product with it.
template <class Arch>
class PackedProduct {
  static constexpr std::size_t L = lanes<Arch>;

 public:
  PackedProduct(std::size_t rows, std::size_t depth, std::size_t columns, float* memory) noexcept
      : depth_(depth),
        vectors_((columns + L - 1) / L),
        wide_(vectors_of_product<Arch>(rows, vectors_, depth)),
        memory_(memory) {}

  /// Floats of memory that a matrix takes.
  [[nodiscard]] static constexpr std::size_t size(std::size_t depth, std::size_t columns) noexcept {
    return depth * einet::detail::round_up(columns, L);
  }
  /// Columns of a product's result, with those that fill the last vector.
  [[nodiscard]] std::size_t pitch() const noexcept { return vectors_ * L; }

  /// The element [row][column]. What fills the last vector may be anything, and so may that in a product.
  [[nodiscard]] float& at(std::size_t row, std::size_t column) noexcept {
    const std::size_t first = column / L / wide_ * wide_;
    const std::size_t width = (std::min)(wide_, vectors_ - first) * L;
    return memory_[first * L * depth_ + row * width + (column - first * L)];
  }

  /// y[row] = x[row] · matrix, `y` rows pitch() apart; false if the stop came.
  bool multiply(const float* x, std::size_t x_pitch, std::size_t rows, float* y,
                PacedStop& stop) const noexcept {
    ProductCall call{};
    call.depth = depth_;
    for (std::size_t first = 0; first < vectors_; first += wide_) {
      const std::size_t width = (std::min)(wide_, vectors_ - first);
      call.weights = memory_ + first * L * depth_;
      const bool done = each_tile<Arch>(rows, width, [&](std::size_t row, std::size_t size) {
        call.x = x + row * x_pitch;
        call.y = y + row * pitch() + first * L;
        set_rows(call, size, x_pitch, pitch());
        product_kernel<Arch>(width, size)(call);
        return !stop.after(depth_ * width * L * (size + memory_work));
      });
      if (!done) return false;
    }
    return true;
  }

 private:
  std::size_t depth_, vectors_, wide_;
  float* memory_;
};

/// softmax(factor · values) in place. A NaN makes all of them NaN.
template <class Arch = xsimd::default_arch>
void softmax_row(float* values, std::size_t count, float factor = 1.f) noexcept {
  using Lanes = xsimd::batch<float, Arch>;
  float largest = values[0];
  if (count >= Lanes::size) {
    Lanes most = Lanes::load_unaligned(values);
    over_lanes<Arch>(count, [&]<class V>(std::size_t i) {
      if constexpr (std::is_same_v<V, float>)
        largest = values[i] > largest ? values[i] : largest;
      else
        most = (xsimd::max)(most, load<V>(values + i));
    });
    float stored[Lanes::size];
    most.store_unaligned(stored);
    for (const float value : stored) largest = value > largest ? value : largest;
  } else {
    for (std::size_t i = 1; i < count; ++i) largest = values[i] > largest ? values[i] : largest;
  }
  // Wherever the comparisons left a NaN out, its exponential is one, and so is the sum.
  Lanes sums(0.f);
  float sum = 0.f;
  over_lanes<Arch>(count, [&]<class V>(std::size_t i) {
    using std::exp;
    using xsimd::exp;
    const V power = exp((load<V>(values + i) - V(largest)) * V(factor));
    store(values + i, power);
    if constexpr (std::is_same_v<V, float>)
      sum += power;
    else
      sums = sums + power;
  });
  const float share = 1.f / (sum + simd::sum(sums));
  over_lanes<Arch>(count, [=]<class V>(std::size_t i) { store(values + i, load<V>(values + i) * V(share)); });
}

}  // namespace detail

/// Floats of workspace that `attend` needs.
template <class Arch = xsimd::default_arch>
[[nodiscard]] std::size_t attention_workspace(std::size_t tokens, std::size_t width) noexcept {
  using Matrix = detail::PackedProduct<Arch>;
  constexpr std::size_t L = detail::lanes<Arch>;
  return Matrix::size(width, tokens) + Matrix::size(tokens, width) +
         detail::queries_together * (einet::detail::round_up(tokens, L) + einet::detail::round_up(width, L));
}

/// y[token] = softmax(q[token] · kᵀ / √width) · v, `y_pitch` floats from token to token. `workspace` has
/// `attention_workspace(tokens, width)` floats. Allocates nothing.
/// @return false if the stop came and `y` was left unfinished
template <class Arch = xsimd::default_arch>
bool attend(const AttentionHead& head, float* y, std::size_t y_pitch, float* workspace,
            PacedStop& stop) noexcept {
  using Matrix = detail::PackedProduct<Arch>;
  const std::size_t tokens = head.tokens, width = head.width;
  const std::size_t together = (std::min)(tokens, detail::queries_together);
  float* const values_at = workspace + Matrix::size(width, tokens);
  float* const weights = values_at + Matrix::size(tokens, width);
  Matrix keys(together, width, tokens, workspace), values(together, tokens, width, values_at);
  float* const result = weights + detail::queries_together * keys.pitch();
  for (std::size_t token = 0; token < tokens; ++token) {
    const float *const key = head.q + token * head.pitch + head.all, *const value = key + head.all;
    for (std::size_t c = 0; c < width; ++c) {
      keys.at(c, token) = key[c];
      values.at(token, c) = value[c];
    }
    if (stop.after(2 * memory_work * width)) return false;
  }
  for (std::size_t first = 0; first < tokens; first += together) {
    const std::size_t rows = (std::min)(together, tokens - first);
    if (!keys.multiply(head.q + first * head.pitch, head.pitch, rows, weights, stop)) return false;
    for (std::size_t row = 0; row < rows; ++row) {
      detail::softmax_row<Arch>(weights + row * keys.pitch(), tokens, head.scale());
      if (stop.after(2 * memory_work * tokens)) return false;
    }
    if (!values.multiply(weights, keys.pitch(), rows, result, stop)) return false;
    for (std::size_t row = 0; row < rows; ++row)
      std::copy_n(result + row * values.pitch(), width, y + (first + row) * y_pitch);
  }
  return true;
}

#ifdef EINET_KERNELS
EINET_KERNELS template bool attend<xsimd::default_arch>(const AttentionHead&, float*, std::size_t, float*,
                                                        PacedStop&) noexcept;
#endif

}  // namespace einet::nn
