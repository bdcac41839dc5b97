#pragma once
// One mini-batch of the CS-Predictor's training: the forward pass with dropout, the masked loss of Eq. 3
// (paper, IV-C3), and its gradient.

#include <einet/base/aligned.hpp>
#include <einet/base/random_bits.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/executor.hpp>
#include <einet/paper/matrix_product.hpp>
#include <einet/plan/exits.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace einet::detail {

/// Matrices are stored in whole panels (matrix_product.hpp), padded with zeros. The padding stays 0 through
/// training, because padded units are never active and padded outputs have no error. Work is split by panels,
/// and every number is summed within one piece, in one order, so that results do not depend on the executor.
template <std::size_t N, std::size_t H, class Arch, task_executor Executor = Serial>
class CsGradient {
 public:
  /// @param rows number of rows of a full batch
  /// @param exits how many, if that is known only at run time
  explicit CsGradient(std::size_t rows, const Executor& run = {}, ExitCount<N> exits = {})
      : run_(run),
        exits_(exits),
        rows_(round_up(rows, row_block)),
        values_(count()),
        slopes_(count()),
        transposed_(Q * (std::max)(outputs(), Q)),
        input_(rows_ * outputs()),
        target_(rows_ * outputs()),
        output_(rows_ * outputs()),
        unit1_(rows_ * Q),
        unit2_(rows_ * Q),
        error1_(rows_ * Q),
        error2_(rows_ * Q),
        first_(rows_, exit_count()) {}

  [[nodiscard]] std::span<float> values() noexcept { return values_; }
  [[nodiscard]] std::span<float> slopes() noexcept { return slopes_; }

  /// Rows that are not set after clear() do not count.
  void clear() noexcept {
    std::ranges::fill(first_, exit_count());
    std::ranges::fill(input_, 0.f);
  }
  /// @param known inputs, 0 for exits to come
  /// @param first the first exit whose output counts
  void set_row(std::size_t row, std::span<const float, most_exits<N>> known,
               std::span<const float, most_exits<N>> targets, std::size_t first) noexcept {
    const std::size_t n = exit_count();
    first_[row] = first;
    for (std::size_t k = 0; k < n; ++k) {
      input_[at(row, k)] = known[k];
      target_[at(row, k)] = targets[k];
    }
  }

  /// The sum of squared errors over all outputs that count.
  /// @param dropout probability that a hidden unit is dropped; the others are scaled up
  /// @param seed determines the dropped units
  double forward(float dropout, std::uint64_t seed) noexcept {
    const std::size_t n = exit_count();
    run_(panels, [&](std::size_t p) {
      multiply<Arch>(0, rows_, n, input_.data(), rows_, panel(values_, layer1, inputs(), p),
                     &values_[bias1() + p * panel_width], panel(unit1_, 0, rows_, p));
      rectify(panel(unit1_, 0, rows_, p), dropout, random_bits(seed, 2 * p));
    });
    run_(panels, [&](std::size_t p) {
      multiply<Arch>(0, rows_, H, unit1_.data(), rows_, panel(values_, layer2(), Q, p),
                     &values_[bias2() + p * panel_width], panel(unit2_, 0, rows_, p));
      rectify(panel(unit2_, 0, rows_, p), dropout, random_bits(seed, 2 * p + 1));
    });
    // The outputs fill only a panel or two, so that here work is split by rows.
    run_(rows_ / row_block, [&](std::size_t block) {
      for (std::size_t q = 0; q < outputs() / panel_width; ++q)
        multiply<Arch>(block * row_block, (block + 1) * row_block, H, unit2_.data(), rows_,
                       panel(values_, layer3(), Q, q), &values_[bias3() + q * panel_width],
                       panel(output_, 0, rows_, q));
    });
    double loss = 0;
    for (std::size_t r = 0; r < rows_; ++r)
      for (std::size_t k = 0; k < outputs(); ++k) {
        float& error = output_[at(r, k)];
        error = k >= first_[r] && k < n ? error - target_[at(r, k)] : 0.f;
        loss += double{error} * double{error};
      }
    return loss;
  }

  /// slopes() = `scale` times the gradient of the sum that the last forward(dropout) returned, whose buffers
  /// it overwrites.
  void backward(float dropout, float scale) noexcept {
    for (float& error : output_) error *= 2.f * scale;
    const float kept = 1.f / (1.f - dropout);
    run_(panels + 1, [&](std::size_t p) {
      if (p == panels) return sum_columns(output_, outputs(), bias3());
      for (std::size_t q = 0; q < outputs() / panel_width; ++q)
        multiply<Arch, true>(p * panel_width, (p + 1) * panel_width, rows_, unit2_.data(), rows_,
                             panel(output_, 0, rows_, q), nullptr, panel(slopes_, layer3(), Q, q));
      pass_back(outputs(), layer3(), p, output_, unit2_, error2_, kept);
      sum_panel(error2_, bias2(), p);
    });
    run_(2 * panels, [&](std::size_t task) {
      const std::size_t p = task / 2;
      if (task % 2 == 0)
        return multiply<Arch, true>(0, Q, rows_, unit1_.data(), rows_, panel(error2_, 0, rows_, p), nullptr,
                                    panel(slopes_, layer2(), Q, p));
      pass_back(Q, layer2(), p, error2_, unit1_, error1_, kept);
      sum_panel(error1_, bias1(), p);
      multiply<Arch, true>(0, inputs(), rows_, input_.data(), rows_, panel(error1_, 0, rows_, p), nullptr,
                           panel(slopes_, layer1, inputs(), p));
    });
  }

  /// Loads from PyTorch's order into panels; `means`, `initial` and `target` are not trained.
  void load(const CsParameters<N, H>& from) noexcept {
    std::ranges::fill(values_, 0.f);
    each_pair(values_, from, [](float& mine, const float& theirs) { mine = theirs; });
  }
  void store(CsParameters<N, H>& to) const noexcept {
    each_pair(values_, to, [](const float& mine, float& theirs) { theirs = mine; });
  }
  /// Stores the slopes in the places of their parameters.
  void store_slopes(CsParameters<N, H>& to) const noexcept {
    each_pair(slopes_, to, [](const float& mine, float& theirs) { theirs = mine; });
  }

 private:
  using Matrix = AlignedVector<float>;
  static constexpr std::size_t Q = round_up(H, panel_width);
  static constexpr std::size_t panels = Q / panel_width;

  [[nodiscard]] std::size_t exit_count() const noexcept { return exits_.exit_count(); }
  /// The outputs, padded as columns; the inputs, padded as rows.
  [[nodiscard]] std::size_t outputs() const noexcept { return round_up(exit_count(), panel_width); }
  [[nodiscard]] std::size_t inputs() const noexcept { return round_up(exit_count(), row_block); }
  // Where the parts begin in values_ and slopes_; weights [in][out].
  static constexpr std::size_t layer1 = 0;
  [[nodiscard]] std::size_t bias1() const noexcept { return layer1 + inputs() * Q; }
  [[nodiscard]] std::size_t layer2() const noexcept { return bias1() + Q; }
  [[nodiscard]] std::size_t bias2() const noexcept { return layer2() + Q * Q; }
  [[nodiscard]] std::size_t layer3() const noexcept { return bias2() + Q; }
  [[nodiscard]] std::size_t bias3() const noexcept { return layer3() + Q * outputs(); }
  [[nodiscard]] std::size_t count() const noexcept { return bias3() + outputs(); }

  [[nodiscard]] static constexpr std::size_t place(std::size_t rows, std::size_t row,
                                                   std::size_t column) noexcept {
    return (column / panel_width * rows + row) * panel_width + column % panel_width;
  }
  [[nodiscard]] std::size_t at(std::size_t row, std::size_t column) const noexcept {
    return place(rows_, row, column);
  }
  [[nodiscard]] static float* panel(Matrix& of, std::size_t part, std::size_t rows, std::size_t p) noexcept {
    return of.data() + part + p * rows * panel_width;
  }

  template <class Values, class Parameters, class F>
  void each_pair(Values& mine, Parameters& p, F f) const {
    const std::size_t n = exit_count();
    for (std::size_t h = 0; h < H; ++h) {
      for (std::size_t k = 0; k < n; ++k) {
        f(mine[layer1 + place(inputs(), k, h)], p.layer1_weight[h * n + k]);
        f(mine[layer3() + place(Q, h, k)], p.layer3_weight[k * H + h]);
      }
      for (std::size_t j = 0; j < H; ++j) f(mine[layer2() + place(Q, j, h)], p.layer2_weight[h * H + j]);
      f(mine[bias1() + h], p.layer1_bias[h]);
      f(mine[bias2() + h], p.layer2_bias[h]);
    }
    for (std::size_t k = 0; k < n; ++k) f(mine[bias3() + k], p.layer3_bias[k]);
  }

  /// ReLU and dropout over a panel.
  void rectify(float* units, float dropout, std::uint64_t seed) const noexcept {
    const std::size_t size = rows_ * panel_width;
    if (dropout == 0.f) {
      for (std::size_t i = 0; i < size; ++i) units[i] = units[i] > 0.f ? units[i] : 0.f;
      return;
    }
    const float kept = 1.f / (1.f - dropout);
    const auto threshold = static_cast<std::uint32_t>(dropout * 65536.f);
    for (std::size_t i = 0; i < size; i += 4) {
      std::uint64_t bits = random_bits(seed, i / 4);
      for (std::size_t u = 0; u < 4; ++u, bits >>= 16) {
        const float unit = units[i + u] > 0.f ? units[i + u] * kept : 0.f;
        units[i + u] = (bits & 0xffffu) < threshold ? 0.f : unit;
      }
    }
  }

  /// Computes the slopes of one panel of biases.
  void sum_panel(Matrix& errors, std::size_t bias, std::size_t p) noexcept {
    float* sums = &slopes_[bias + p * panel_width];
    const float* error = panel(errors, 0, rows_, p);
    std::fill_n(sums, panel_width, 0.f);
    for (std::size_t r = 0; r < rows_; ++r)
      for (std::size_t k = 0; k < panel_width; ++k) sums[k] += error[r * panel_width + k];
  }
  void sum_columns(Matrix& errors, std::size_t columns, std::size_t bias) noexcept {
    for (std::size_t p = 0; p < columns / panel_width; ++p) sum_panel(errors, bias, p);
  }

  /// Propagates the errors of a layer's outputs to one panel of the units before it, except those at 0.
  /// @param columns of the layer
  void pass_back(std::size_t columns, std::size_t layer, std::size_t p, const Matrix& errors, Matrix& units,
                 Matrix& before, float kept) noexcept {
    float* weights = transposed_.data() + p * columns * panel_width;
    transpose_panel(columns, &values_[layer + p * panel_width * panel_width], Q, weights);
    float* error = panel(before, 0, rows_, p);
    multiply<Arch>(0, rows_, columns, errors.data(), rows_, weights, nullptr, error);
    const float* unit = panel(units, 0, rows_, p);
    for (std::size_t i = 0; i < rows_ * panel_width; ++i) error[i] = unit[i] > 0.f ? error[i] * kept : 0.f;
  }

  Executor run_;
  [[no_unique_address]] ExitCount<N> exits_;
  std::size_t rows_;
  Matrix values_, slopes_, transposed_;
  Matrix input_, target_, output_, unit1_, unit2_, error1_, error2_;
  std::vector<std::size_t> first_;
};

}  // namespace einet::detail
