#pragma once
// The fastest predictor: it predicts from the newest confidence alone, which carries nearly all information,
// by interpolating between two rows of a table.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/lanes.hpp>
#include <einet/predict/fitting_samples.hpp>
#include <einet/predict/isotonic.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace einet {

/// For each exit seen and each knot of its confidence, the worth of its own output and of those to come.
template <std::size_t N, std::size_t Knots = 33>
struct TableParameters {
  static_assert(N >= 1, "TableParameters<N, Knots>: a network has at least one exit");
  static_assert(Knots >= 2, "TableParameters<N, Knots>: a line needs two knots");
  static constexpr std::size_t exits = N;
  static constexpr std::size_t knots = Knots;

  /// [N][Knots][N]: exit seen, knot, exit predicted; ignored for exits before the one seen.
  std::vector<float> values = std::vector<float>(N * Knots * N);
  std::array<float, N> means{};  ///< [N] of the fitting set, probabilities

  [[nodiscard]] float& at(std::size_t seen, std::size_t knot, std::size_t exit) noexcept {
    EINET_ASSERT(seen < N && knot < Knots && exit < N);
    return values[(seen * Knots + knot) * N + exit];
  }
  [[nodiscard]] float at(std::size_t seen, std::size_t knot, std::size_t exit) const noexcept {
    EINET_ASSERT(seen < N && knot < Knots && exit < N);
    return values[(seen * Knots + knot) * N + exit];
  }

  /// For saving and loading, as in GaussianParameters.
  template <class F>
  void for_each_tensor(F&& f) {
    f(std::string("values"), std::span<const std::size_t>(shape), std::span<float>(values));
    f(std::string("means"), std::span<const std::size_t>(shape).first(1), std::span<float>(means));
  }
  template <class F>
  void for_each_tensor(F&& f) const {
    f(std::string("values"), std::span<const std::size_t>(shape), std::span<const float>(values));
    f(std::string("means"), std::span<const std::size_t>(shape).first(1), std::span<const float>(means));
  }

  friend bool operator==(const TableParameters&, const TableParameters&) = default;

 private:
  static constexpr std::array<std::size_t, 3> shape{N, Knots, N};
};

/// @throws std::invalid_argument naming the tensor and the entry that is out of range
template <std::size_t N, std::size_t Knots>
void validate(const TableParameters<N, Knots>& parameters) {
  constexpr auto what = "table predictor";
  constexpr float largest = 1e30f;  // so that differences do not overflow
  detail::expect_length(what, "values", parameters.values.size(), N * Knots * N);
  for (std::size_t i = 0; i < parameters.values.size(); ++i) {
    const float value = parameters.values[i];
    detail::expect(is_finite(value) && value >= -largest && value <= largest, what, {"values", i}, value,
                   "a finite number within 1e30 of 0");
  }
  for (std::size_t k = 0; k < N; ++k) {
    const float mean = parameters.means[k];
    detail::expect(is_probability(mean), what, {"means", k}, mean, "a probability in [0, 1]");
  }
}

/// Predicts from the newest exit observed and its confidence; earlier ones are forgotten. Predictions are
/// clamped to [0, 1]. Entries of `confidences()` before the newest exit observed are meaningless.
template <std::size_t N, std::size_t Knots = 33, class Arch = simd::default_arch>
class TablePredictor {
 public:
  using Parameters = TableParameters<N, Knots>;
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = 1;
  static constexpr std::size_t knots = Knots;

  /// @throws std::invalid_argument as `validate(parameters)`
  explicit TablePredictor(const Parameters& parameters) : rows_(laid_out(parameters)) { reset(); }

  void reset() noexcept { std::copy_n(rows_->data() + N * Knots * pitch, N, confidences_.begin()); }

  /// @param confidence clamped to [0, 1], NaN to 0
  /// @pre exit < N
  void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    EINET_ASSERT(exit < N);
    using Lanes = simd::Lanes<float, Arch>;
    static_assert(pitch % Lanes::size == 0);
    const auto [knot, share] = detail::between_knots<Knots>(confidence[0]);
    const float* low = rows_->data() + (exit * Knots + knot) * pitch;
    const Lanes way(share);
    for (std::size_t k = exit - exit % Lanes::size; k < N; k += Lanes::size) {
      const Lanes from = Lanes::load_aligned(low + k);
      simd::probabilities(simd::fma(way, Lanes::load_aligned(low + pitch + k) - from, from))
          .store_aligned(row_.data() + k);
    }
    std::copy_n(row_.begin(), N, confidences_.begin());
  }

  [[nodiscard]] const std::array<float, N>& confidences() const noexcept { return confidences_; }

 private:
  static constexpr std::size_t pitch = detail::padded(N);

  /// The rows, padded to whole registers, followed by the means.
  static std::shared_ptr<const AlignedVector<float>> laid_out(const Parameters& parameters) {
    validate(parameters);
    auto rows = std::make_shared<AlignedVector<float>>((N * Knots + 1) * pitch);
    for (std::size_t row = 0; row < N * Knots; ++row)
      std::copy_n(parameters.values.data() + row * N, N, rows->data() + row * pitch);
    std::copy_n(parameters.means.data(), N, rows->data() + N * Knots * pitch);
    return rows;
  }

  std::shared_ptr<const AlignedVector<float>> rows_;
  alignas(buffer_alignment) std::array<float, pitch> row_{};
  std::array<float, N> confidences_{};
};

}  // namespace einet
