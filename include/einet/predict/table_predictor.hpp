#pragma once
// The fastest predictor: it predicts from the newest confidence alone, which carries nearly all information,
// by interpolating between two rows of a table.

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/exits.hpp>
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
struct TableParameters : ExitCount<N> {
  static_assert(most_exits<N> >= 1, "TableParameters<N, Knots>: a network has at least one exit");
  static_assert(Knots >= 2, "TableParameters<N, Knots>: a line needs two knots");
  static constexpr std::size_t exits = N;
  static constexpr std::size_t knots = Knots;

  TableParameters() = default;
  /// For a number of exits that is known only now.
  explicit TableParameters(ExitCount<N> counted) : ExitCount<N>(counted) {}

  /// [N][Knots][N]: exit seen, knot, exit predicted; ignored for exits before the one seen.
  std::vector<float> values = std::vector<float>(this->exit_count() * Knots * this->exit_count());
  std::array<float, most_exits<N>> means{};  ///< [N] of the fitting set, probabilities

  [[nodiscard]] float& at(std::size_t seen, std::size_t knot, std::size_t exit) noexcept {
    EINET_ASSERT(seen < this->exit_count() && knot < Knots && exit < this->exit_count());
    return values[(seen * Knots + knot) * this->exit_count() + exit];
  }
  [[nodiscard]] float at(std::size_t seen, std::size_t knot, std::size_t exit) const noexcept {
    EINET_ASSERT(seen < this->exit_count() && knot < Knots && exit < this->exit_count());
    return values[(seen * Knots + knot) * this->exit_count() + exit];
  }

  /// For saving and loading, as in GaussianParameters.
  template <class F>
  void for_each_tensor(F&& f) {
    const std::size_t n = this->exit_count();
    const std::array<std::size_t, 3> shape{n, Knots, n};
    f(std::string("values"), std::span<const std::size_t>(shape), std::span<float>(values));
    f(std::string("means"), std::span<const std::size_t>(shape).first(1), std::span<float>(means).first(n));
  }
  template <class F>
  void for_each_tensor(F&& f) const {
    const std::size_t n = this->exit_count();
    const std::array<std::size_t, 3> shape{n, Knots, n};
    f(std::string("values"), std::span<const std::size_t>(shape), std::span<const float>(values));
    f(std::string("means"), std::span<const std::size_t>(shape).first(1),
      std::span<const float>(means).first(n));
  }

  friend bool operator==(const TableParameters&, const TableParameters&) = default;
};

/// @throws std::invalid_argument naming the tensor and the entry that is out of range
template <std::size_t N, std::size_t Knots>
void validate(const TableParameters<N, Knots>& parameters) {
  constexpr auto what = "table predictor";
  detail::expect_exits(what, parameters);
  constexpr float largest = 1e30f;  // so that differences do not overflow
  detail::expect_length(what, "values", parameters.values.size(),
                        parameters.exit_count() * Knots * parameters.exit_count());
  for (std::size_t i = 0; i < parameters.values.size(); ++i) {
    const float value = parameters.values[i];
    detail::expect(is_finite(value) && value >= -largest && value <= largest, what, {"values", i}, value,
                   "a finite number within 1e30 of 0");
  }
  for (std::size_t k = 0; k < parameters.exit_count(); ++k) {
    const float mean = parameters.means[k];
    detail::expect(is_probability(mean), what, {"means", k}, mean, "a probability in [0, 1]");
  }
}

/// Predicts from the newest exit observed and its confidence; earlier ones are forgotten. Predictions are
/// clamped to [0, 1]. Entries of `confidences()` before the newest exit observed are meaningless.
template <std::size_t N, std::size_t Knots = 33, class Arch = simd::default_arch>
class TablePredictor : public ExitCount<N> {
 public:
  using Parameters = TableParameters<N, Knots>;
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = 1;
  static constexpr std::size_t knots = Knots;

  /// @throws std::invalid_argument as `validate(parameters)`
  explicit TablePredictor(const Parameters& parameters)
      : ExitCount<N>(parameters), rows_(laid_out(parameters)) {
    reset();
  }

  void reset() noexcept {
    std::copy_n(rows_->data() + this->exit_count() * Knots * pitch, most_exits<N>, confidences_.begin());
  }

  /// @param confidence clamped to [0, 1], NaN to 0
  /// @pre exit < exit_count()
  void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    const std::size_t n = this->exit_count();
    EINET_ASSERT(exit < n);
    using Lanes = simd::Lanes<float, Arch>;
    static_assert(pitch % Lanes::size == 0);
    const auto [knot, share] = detail::between_knots<Knots>(confidence[0]);
    const float* low = rows_->data() + (exit * Knots + knot) * pitch;
    const Lanes way(share);
    for (std::size_t k = exit - exit % Lanes::size; k < n; k += Lanes::size) {
      const Lanes from = Lanes::load_aligned(low + k);
      simd::probabilities(simd::fma(way, Lanes::load_aligned(low + pitch + k) - from, from))
          .store_aligned(row_.data() + k);
    }
    std::copy_n(row_.begin(), most_exits<N>, confidences_.begin());
  }

  [[nodiscard]] const std::array<float, most_exits<N>>& confidences() const noexcept { return confidences_; }

 private:
  static constexpr std::size_t pitch = detail::padded(most_exits<N>);

  /// The rows, padded to whole registers, followed by the means.
  static std::shared_ptr<const AlignedVector<float>> laid_out(const Parameters& parameters) {
    validate(parameters);
    const std::size_t n = parameters.exit_count();
    auto rows = std::make_shared<AlignedVector<float>>((n * Knots + 1) * pitch);
    for (std::size_t row = 0; row < n * Knots; ++row)
      std::copy_n(parameters.values.data() + row * n, n, rows->data() + row * pitch);
    std::copy_n(parameters.means.data(), n, rows->data() + n * Knots * pitch);
    return rows;
  }

  std::shared_ptr<const AlignedVector<float>> rows_;
  alignas(buffer_alignment) std::array<float, pitch> row_{};
  std::array<float, most_exits<N>> confidences_{};
};

}  // namespace einet
