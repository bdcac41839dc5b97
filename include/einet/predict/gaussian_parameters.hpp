#pragma once
// The joint normal distribution of the inputs and the targets of all exits: the parameters of a
// GaussianPredictor, as fitted, saved and loaded.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace einet {

/// Input i of exit k is transformed (`logit`), clamped to [low, high], and standardised by mean and scale;
/// its row in the covariances is k * Inputs + i. By default all inputs and targets are independent.
template <std::size_t N, std::size_t Inputs = 1>
struct GaussianParameters : ExitCount<N> {
  static_assert(most_exits<N> >= 1, "GaussianParameters<N, Inputs>: a network has at least one exit");
  static_assert(Inputs >= 1, "GaussianParameters<N, Inputs>: an exit has at least one input, its confidence");
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = Inputs;

  GaussianParameters() = default;
  /// For a number of exits that is known only now.
  explicit GaussianParameters(ExitCount<N> counted) : ExitCount<N>(counted) {}

  /// The number of inputs of all exits.
  [[nodiscard]] constexpr std::size_t count() const noexcept { return this->exit_count() * Inputs; }

  std::vector<float> mean = std::vector<float>(count());        ///< [N][Inputs], transformed
  std::vector<float> scale = std::vector<float>(count(), 1.f);  ///< [N][Inputs], standard deviations, > 0
  std::vector<float> low = std::vector<float>(count(), -1.f);   ///< [N][Inputs], lowest of the fitting set
  std::vector<float> high = std::vector<float>(count(), 1.f);   ///< [N][Inputs], highest
  std::vector<float> covariance = identity(count());            ///< [N * Inputs][N * Inputs], with `noise`
  std::vector<float> target_covariance =
      std::vector<float>(count() * this->exit_count());  ///< [N * Inputs][N], with targets
  std::array<float, most_exits<N>> means{};              ///< [N] of the targets
  std::array<float, Inputs> logit{};  ///< 1: the input is a probability, read as its log odds; or 0
  std::array<float, 1> noise{1.f};    ///< the part of every standardised input's variance that is noise, > 0
  std::array<float, 1> target{};      ///< 0: confidence, 1: correctness

  [[nodiscard]] Target predicted() const noexcept {
    return target[0] == 0.f ? Target::confidence : Target::correctness;
  }

  /// For saving and loading: calls f(name, shape, values) for every tensor.
  template <class F>
  void for_each_tensor(F&& f) {
    visit(*this, f);
  }
  template <class F>
  void for_each_tensor(F&& f) const {
    visit(*this, f);
  }

  friend bool operator==(const GaussianParameters&, const GaussianParameters&) = default;

 private:
  static std::vector<float> identity(std::size_t count) {
    std::vector<float> matrix(count * count);
    for (std::size_t i = 0; i < count; ++i) matrix[i * count + i] = 1;
    return matrix;
  }

  template <class Self, class F>
  static void visit(Self& self, F& f) {
    const auto call = [&f](const char* name, const auto& shape, auto& values, std::size_t size) {
      f(std::string(name), std::span<const std::size_t>(shape),
        std::span<std::remove_pointer_t<decltype(values.data())>>(values.data(), size));
    };
    const std::size_t n = self.exit_count(), count = self.count();
    using Extents = std::array<std::size_t, 2>;
    using Extent = std::array<std::size_t, 1>;
    call("input.mean", Extents{n, Inputs}, self.mean, self.mean.size());
    call("input.scale", Extents{n, Inputs}, self.scale, self.scale.size());
    call("input.low", Extents{n, Inputs}, self.low, self.low.size());
    call("input.high", Extents{n, Inputs}, self.high, self.high.size());
    call("covariance", Extents{count, count}, self.covariance, self.covariance.size());
    call("target.covariance", Extents{count, n}, self.target_covariance, self.target_covariance.size());
    call("target.means", Extent{n}, self.means, n);
    call("logit", Extent{Inputs}, self.logit, Inputs);
    call("noise", Extent{1}, self.noise, 1);
    call("target", Extent{1}, self.target, 1);
  }
};

namespace detail {

/// Log odds, finite even for 0 and 1.
[[nodiscard]] inline float bounded_logit(float value) noexcept {
  constexpr float edge = 1e-4f;
  const float inside = value > edge ? (value < 1 - edge ? value : 1 - edge) : edge;
  return std::log(inside / (1 - inside));
}

/// Whether a symmetric matrix [n][n] can be a covariance: all its Cholesky pivots are positive.
inline bool positive_definite(std::span<const float> matrix, std::size_t n) {
  std::vector<double> rows(n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = matrix[i * n + j];
      for (std::size_t o = 0; o < j; ++o) rest -= rows[i * n + o] * rows[j * n + o];
      if (i == j && !(rest > 0)) return false;
      rows[i * n + j] = i == j ? std::sqrt(rest) : rest / rows[j * n + j];
    }
  return true;
}

}  // namespace detail

/// Refuses invalid parameters: all values must be finite, scale and noise > 0, low <= high, means
/// probabilities, flags 0 or 1, the covariance symmetric and positive definite.
/// @throws std::invalid_argument naming the tensor and, where a single entry is wrong, the entry
template <std::size_t N, std::size_t Inputs>
void validate(const GaussianParameters<N, Inputs>& parameters) {
  constexpr auto what = "Gaussian predictor";
  detail::expect_exits(what, parameters);
  parameters.for_each_tensor([&](const std::string& name, std::span<const std::size_t> shape, auto values) {
    std::size_t expected = 1;
    for (const std::size_t extent : shape) expected *= extent;
    detail::expect_length(what, name, values.size(), expected);
    const auto demand = [&](std::size_t i, bool sound, const char* wanted) {
      detail::expect(sound, what, {name.c_str(), i}, values[i], wanted);
    };
    for (std::size_t i = 0; i < expected; ++i) {
      const float value = values[i];
      demand(i, is_finite(value), "a finite number");
      if (name == "input.scale" || name == "noise") demand(i, value > 0.f, "a number > 0");
      if (name == "target.means") demand(i, is_probability(value), "a probability in [0, 1]");
      if (name == "logit" || name == "target") demand(i, value == 0.f || value == 1.f, "0 or 1");
    }
  });
  const std::size_t n = parameters.count();
  for (std::size_t i = 0; i < n; ++i) {
    detail::expect(parameters.low[i] <= parameters.high[i], what, {"input.low", i}, parameters.low[i],
                   "at most input.high");
    for (std::size_t j = 0; j < i; ++j) {
      const float below = parameters.covariance[i * n + j];
      detail::expect(below == parameters.covariance[j * n + i], what, {"covariance", i, j}, below,
                     "the same in row and column");
    }
  }
  if (!detail::positive_definite(parameters.covariance, n))
    detail::refuse(what, "covariance", "not positive definite", "a covariance matrix");
}

}  // namespace einet
