#pragma once
// One mini-batch of the CS-Predictor's training: forward with dropout, the masked loss of Eq. 3 (paper,
// IV-C3), and its gradient.

#include <einet/base/aligned.hpp>
#include <einet/predict/cs_weights.hpp>
#include <einet/predict/matrix_product.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace einet::detail {

/// A small random generator (splitmix64) whose numbers are the same with every standard library.
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t operator()() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// In [0, 1).
  double uniform() noexcept { return static_cast<double>((*this)() >> 11) * 0x1p-53; }
  /// In [0, bound).
  std::size_t below(std::size_t bound) noexcept {
    return static_cast<std::size_t>(uniform() * static_cast<double>(bound));
  }

 private:
  std::uint64_t state_;
};

/// All rows are padded by zeros to P and Q floats; what lies in the padding stays 0 through training, because
/// a padded unit is never active and a padded output has no error.
template <std::size_t N, std::size_t H, class Arch>
class CsGradient {
 public:
  static constexpr std::size_t P = padded(N);
  static constexpr std::size_t Q = padded(H);

  /// @param rows of a full batch
  explicit CsGradient(std::size_t rows)
      : rows_((rows + 3) / 4 * 4),
        values_(count),
        slopes_(count),
        transposed_(Q * (std::max)(P, Q)),
        input_(rows_ * P),
        target_(rows_ * P),
        output_(rows_ * P),
        unit1_(rows_ * Q),
        unit2_(rows_ * Q),
        error1_(rows_ * Q),
        error2_(rows_ * Q),
        future_(rows_, N) {}

  [[nodiscard]] std::span<float> values() noexcept { return values_; }
  [[nodiscard]] std::span<float> slopes() noexcept { return slopes_; }

  /// Rows that are not set since the last clear() count for nothing.
  void clear() noexcept {
    std::ranges::fill(future_, N);
    std::ranges::fill(input_, 0.f);
  }
  /// @param inputs confidences of the exits before `future`, carried where skipped
  void set_row(std::size_t row, std::span<const float, N> inputs, std::span<const float, N> targets,
               std::size_t future) noexcept {
    future_[row] = future;
    std::copy_n(inputs.begin(), future, input_.begin() + static_cast<std::ptrdiff_t>(row * P));
    std::copy_n(targets.begin(), N, target_.begin() + static_cast<std::ptrdiff_t>(row * P));
  }

  /// Sum of the squared errors over all exits to come of all rows.
  /// @param dropout probability that a hidden unit is left out, those kept being scaled up
  double forward(float dropout, SplitMix& random) noexcept {
    multiply<Arch>(rows_, Q, P, input_.data(), P, 1, &values_[layer1], &values_[bias1], unit1_.data());
    rectify(unit1_, dropout, random);
    multiply<Arch>(rows_, Q, Q, unit1_.data(), Q, 1, &values_[layer2], &values_[bias2], unit2_.data());
    rectify(unit2_, dropout, random);
    multiply<Arch>(rows_, P, Q, unit2_.data(), Q, 1, &values_[layer3], &values_[bias3], output_.data());
    double loss = 0;
    for (std::size_t r = 0; r < rows_; ++r)
      for (std::size_t k = 0; k < P; ++k) {
        float& error = output_[r * P + k];
        error = k >= future_[r] && k < N ? error - target_[r * P + k] : 0.f;
        loss += double{error} * double{error};
      }
    return loss;
  }

  /// slopes() = `scale` times the gradient of the sum that the last forward(dropout) returned.
  void backward(float dropout, float scale) noexcept {
    for (float& error : output_) error *= 2.f * scale;
    weight_slopes(unit2_, Q, output_, P, layer3, bias3);
    pass_back(layer3, P, output_, unit2_, error2_, dropout);
    weight_slopes(unit1_, Q, error2_, Q, layer2, bias2);
    pass_back(layer2, Q, error2_, unit1_, error1_, dropout);
    weight_slopes(input_, P, error1_, Q, layer1, bias1);
  }

  /// PyTorch's order into the padded, transposed one; `means` and `initial` are not trained.
  void load(const CsParameters<N, H>& from) noexcept {
    std::ranges::fill(values_, 0.f);
    each_pair(from, [](float& mine, const float& theirs) { mine = theirs; });
  }
  void store(CsParameters<N, H>& to) noexcept {
    each_pair(to, [](const float& mine, float& theirs) { theirs = mine; });
  }
  /// Calls f(flat, canonical) for every trained number.
  template <class Parameters, class F>
  void each_pair(Parameters& p, F f) {
    for (std::size_t h = 0; h < H; ++h) {
      for (std::size_t k = 0; k < N; ++k) {
        f(values_[layer1 + k * Q + h], p.layer1_weight[h * N + k]);
        f(values_[layer3 + h * P + k], p.layer3_weight[k * H + h]);
      }
      for (std::size_t j = 0; j < H; ++j) f(values_[layer2 + j * Q + h], p.layer2_weight[h * H + j]);
      f(values_[bias1 + h], p.layer1_bias[h]);
      f(values_[bias2 + h], p.layer2_bias[h]);
    }
    for (std::size_t k = 0; k < N; ++k) f(values_[bias3 + k], p.layer3_bias[k]);
  }

 private:
  using Matrix = AlignedVector<float>;
  // Where the parts begin in values_ and slopes_; weights [in][out].
  static constexpr std::size_t layer1 = 0, bias1 = layer1 + P * Q, layer2 = bias1 + Q, bias2 = layer2 + Q * Q,
                               layer3 = bias2 + Q, bias3 = layer3 + Q * P, count = bias3 + P;

  static void rectify(Matrix& units, float dropout, SplitMix& random) noexcept {
    if (dropout == 0.f) {
      for (float& unit : units) unit = unit > 0.f ? unit : 0.f;
      return;
    }
    const float kept = 1.f / (1.f - dropout);
    const auto threshold = static_cast<std::uint32_t>(dropout * 65536.f);
    for (std::size_t i = 0; i < units.size(); i += 4) {
      std::uint64_t bits = random();
      for (std::size_t u = 0; u < 4; ++u, bits >>= 16) {
        const float unit = units[i + u] > 0.f ? units[i + u] * kept : 0.f;
        units[i + u] = (bits & 0xffffu) < threshold ? 0.f : unit;
      }
    }
  }

  void weight_slopes(const Matrix& units, std::size_t in, const Matrix& errors, std::size_t out,
                     std::size_t layer, std::size_t bias) noexcept {
    multiply<Arch>(in, out, rows_, units.data(), 1, in, errors.data(), nullptr, &slopes_[layer]);
    float* sums = &slopes_[bias];
    std::fill_n(sums, out, 0.f);
    for (std::size_t r = 0; r < rows_; ++r)
      for (std::size_t k = 0; k < out; ++k) sums[k] += errors[r * out + k];
  }

  /// Errors of a layer's outputs to errors of the units [Q] before it; dropped units are those at 0.
  void pass_back(std::size_t layer, std::size_t out, const Matrix& errors, const Matrix& units,
                 Matrix& before, float dropout) noexcept {
    for (std::size_t i = 0; i < Q; ++i)
      for (std::size_t k = 0; k < out; ++k) transposed_[k * Q + i] = values_[layer + i * out + k];
    multiply<Arch>(rows_, Q, out, errors.data(), out, 1, transposed_.data(), nullptr, before.data());
    const float kept = 1.f / (1.f - dropout);
    for (std::size_t i = 0; i < before.size(); ++i) before[i] = units[i] > 0.f ? before[i] * kept : 0.f;
  }

  std::size_t rows_;
  Matrix values_, slopes_, transposed_;
  Matrix input_, target_, output_, unit1_, unit2_, error1_, error2_;
  std::vector<std::size_t> future_;
};

}  // namespace einet::detail
