#pragma once
// The weights of the paper's CS-Predictor (IV-C2), N -> H -> H -> N: CsParameters as they are trained, saved
// and exchanged with PyTorch, CsWeights as the kernels read them.

#include <einet/base/aligned.hpp>
#include <einet/predict/dense_kernels.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace einet {

/// The parameters of a CS-Predictor in PyTorch's order; all 0 to begin with.
/// @tparam N exits
/// @tparam H width of both hidden layers
template <std::size_t N, std::size_t H>
struct CsParameters {
  static_assert(N >= 1, "CsParameters<N, H>: a network has at least one exit");
  static_assert(H >= 1, "CsParameters<N, H>: a hidden layer has at least one unit");
  static constexpr std::size_t size = N;
  static constexpr std::size_t hidden = H;

  std::vector<float> layer1_weight = std::vector<float>(H * N);  ///< [H][N]
  std::vector<float> layer1_bias = std::vector<float>(H);        ///< [H]
  std::vector<float> layer2_weight = std::vector<float>(H * H);  ///< [H][H]
  std::vector<float> layer2_bias = std::vector<float>(H);        ///< [H]
  std::vector<float> layer3_weight = std::vector<float>(N * H);  ///< [N][H]
  std::vector<float> layer3_bias = std::vector<float>(N);        ///< [N]
  std::array<float, N> means{};                                  ///< [N] mean confidences of the fitting set
  std::array<float, 1> initial{};  ///< [1] confidence that stands for exits skipped before the first observed

  /// Calls `f(const std::string& name, std::span<const std::size_t> shape, std::span<float> values)` for
  /// every tensor, always in the same order; names, shapes and values live as long as this object. For saving
  /// and loading.
  template <class F>
  void for_each_tensor(F&& f) {
    visit(*this, f);
  }
  /// The same with `std::span<const float> values`.
  template <class F>
  void for_each_tensor(F&& f) const {
    visit(*this, f);
  }

  friend bool operator==(const CsParameters&, const CsParameters&) = default;

 private:
  static constexpr std::array<std::size_t, 2> hidden_by_exits{H, N}, hidden_by_hidden{H, H},
      exits_by_hidden{N, H};
  static constexpr std::array<std::size_t, 1> one_hidden{H}, one_exits{N}, one{1};

  template <class Self, class F>
  static void visit(Self& self, F& f) {
    const auto call = [&f](const char* name, std::span<const std::size_t> shape, auto& values) {
      f(std::string(name), shape, std::span<std::remove_pointer_t<decltype(values.data())>>(values));
    };
    call("layer1.weight", hidden_by_exits, self.layer1_weight);
    call("layer1.bias", one_hidden, self.layer1_bias);
    call("layer2.weight", hidden_by_hidden, self.layer2_weight);
    call("layer2.bias", one_hidden, self.layer2_bias);
    call("layer3.weight", exits_by_hidden, self.layer3_weight);
    call("layer3.bias", one_exits, self.layer3_bias);
    call("means", one_exits, self.means);
    call("initial", one, self.initial);
  }
};

/// Refuses parameters that cannot predict: sizes must be those of N and H, all values finite, `means` and
/// `initial` probabilities.
/// @throws std::invalid_argument naming the tensor and the entry
template <std::size_t N, std::size_t H>
void validate(const CsParameters<N, H>& parameters) {
  parameters.for_each_tensor([](std::string_view name, std::span<const std::size_t> shape, auto values) {
    const std::string where = "CS-Predictor: " + std::string(name);
    std::size_t expected = 1;
    for (const std::size_t extent : shape) expected *= extent;
    if (values.size() != expected)
      throw std::invalid_argument(where + " has " + std::to_string(values.size()) + " values, expected " +
                                  std::to_string(expected));
    const bool probability = name == "means" || name == "initial";
    for (std::size_t i = 0; i < expected; ++i)
      if (!std::isfinite(values[i]) || (probability && !(values[i] >= 0.f && values[i] <= 1.f)))
        throw std::invalid_argument(where + " entry " + std::to_string(i) + " is " +
                                    std::to_string(values[i]) + ", expected " +
                                    (probability ? "a number in [0, 1]" : "a finite number"));
  });
}

/// The same weights laid out for the kernels, aligned, immutable: made once, then shared by all predictors.
/// Layers 1 and 2 lie by input, so that a known exit or an active unit adds one contiguous column of H;
/// layer 3 lies by output, so that only the exits to come are read.
template <std::size_t N, std::size_t H>
class CsWeights {
 public:
  static constexpr std::size_t size = N;
  static constexpr std::size_t hidden = H;
  static_assert(H <= UINT32_MAX, "CsWeights<N, H>: H does not fit the column index");

  /// @throws std::invalid_argument as `validate`
  explicit CsWeights(const CsParameters<N, H>& parameters)
      : means_(checked(parameters).means), initial_(parameters.initial[0]), values_(total) {
    for (std::size_t h = 0; h < H; ++h) {
      for (std::size_t k = 0; k < N; ++k)
        values_[at_layer1 + k * H + h] = parameters.layer1_weight[h * N + k];
      for (std::size_t j = 0; j < H; ++j)
        values_[at_layer2 + j * H + h] = parameters.layer2_weight[h * H + j];
    }
    put(parameters.layer1_bias, at_bias1);
    put(parameters.layer2_bias, at_bias2);
    put(parameters.layer3_weight, at_layer3);
    put(parameters.layer3_bias, at_bias3);
    put(parameters.layer2_bias, at_rest2);
    for (std::size_t j = 0; j < H; ++j)
      if (const float active = parameters.layer1_bias[j]; active > 0.f)
        for (std::size_t h = 0; h < H; ++h) values_[at_rest2 + h] += active * values_[at_layer2 + j * H + h];
  }

  [[nodiscard]] std::span<const float, N * H> layer1() const noexcept {
    return part<N * H>(at_layer1);
  }  ///< [in][out]
  [[nodiscard]] std::span<const float, H> bias1() const noexcept { return part<H>(at_bias1); }
  [[nodiscard]] std::span<const float, H * H> layer2() const noexcept {
    return part<H * H>(at_layer2);
  }  ///< [in][out]
  [[nodiscard]] std::span<const float, H> bias2() const noexcept { return part<H>(at_bias2); }
  [[nodiscard]] std::span<const float, N * H> layer3() const noexcept {
    return part<N * H>(at_layer3);
  }  ///< [out][in]
  [[nodiscard]] std::span<const float, N> bias3() const noexcept { return part<N>(at_bias3); }
  /// Pre-activations of the second hidden layer while all inputs are 0.
  [[nodiscard]] std::span<const float, H> rest2() const noexcept { return part<H>(at_rest2); }
  [[nodiscard]] const std::array<float, N>& means() const noexcept { return means_; }
  [[nodiscard]] float initial() const noexcept { return initial_; }

 private:
  static constexpr std::size_t at_layer1 = 0;
  static constexpr std::size_t at_bias1 = at_layer1 + detail::padded(N * H);
  static constexpr std::size_t at_layer2 = at_bias1 + detail::padded(H);
  static constexpr std::size_t at_bias2 = at_layer2 + detail::padded(H * H);
  static constexpr std::size_t at_layer3 = at_bias2 + detail::padded(H);
  static constexpr std::size_t at_bias3 = at_layer3 + detail::padded(N * H);
  static constexpr std::size_t at_rest2 = at_bias3 + detail::padded(N);
  static constexpr std::size_t total = at_rest2 + detail::padded(H);

  static const CsParameters<N, H>& checked(const CsParameters<N, H>& parameters) {
    validate(parameters);
    return parameters;
  }
  void put(const std::vector<float>& from, std::size_t at) {
    for (std::size_t i = 0; i < from.size(); ++i) values_[at + i] = from[i];
  }
  template <std::size_t Count>
  [[nodiscard]] std::span<const float, Count> part(std::size_t at) const noexcept {
    return std::span<const float, Count>(values_.data() + at, Count);
  }

  std::array<float, N> means_;
  float initial_;
  AlignedVector<float> values_;
};

}  // namespace einet
