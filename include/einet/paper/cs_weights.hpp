#pragma once
// The weights of the paper's CS-Predictor (IV-C2), N -> H -> H -> N: CsParameters as trained, saved and
// exchanged with PyTorch, CsWeights as the kernels read them.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/paper/packed_rows.hpp>
#include <einet/paper/passed_on.hpp>
#include <einet/paper/weight_format.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace einet {

/// The parameters of a CS-Predictor in PyTorch's order; initially 0.
/// @tparam N exits
/// @tparam H width of both hidden layers
template <std::size_t N, std::size_t H>
struct CsParameters : ExitCount<N> {
  static_assert(most_exits<N> >= 1, "CsParameters<N, H>: a network has at least one exit");
  static_assert(H >= 1, "CsParameters<N, H>: a hidden layer has at least one unit");
  static constexpr std::size_t exits = N;
  static constexpr std::size_t hidden = H;

  CsParameters() = default;
  /// For a number of exits that is known only now.
  explicit CsParameters(ExitCount<N> counted) : ExitCount<N>(counted) {}

  std::vector<float> layer1_weight = std::vector<float>(H * this->exit_count());  ///< [H][N]
  std::vector<float> layer1_bias = std::vector<float>(H);                         ///< [H]
  std::vector<float> layer2_weight = std::vector<float>(H * H);                   ///< [H][H]
  std::vector<float> layer2_bias = std::vector<float>(H);                         ///< [H]
  std::vector<float> layer3_weight = std::vector<float>(this->exit_count() * H);  ///< [N][H]
  std::vector<float> layer3_bias = std::vector<float>(this->exit_count());        ///< [N]
  std::array<float, most_exits<N>> means{};  ///< [N] of the targets in the fitting set
  std::array<float, 1> initial{};  ///< [1] confidence of exits skipped before the first that was run
  std::array<float, 1> target{};   ///< [1] 0: confidence, 1: correctness

  [[nodiscard]] Target predicted() const noexcept {
    return target[0] == 0.f ? Target::confidence : Target::correctness;
  }

  /// Calls `f(const std::string& name, std::span<const std::size_t> shape, std::span<float> values)` for
  /// every tensor, always in the same order; the values live as long as this object, names and shapes until
  /// f returns. For saving and loading.
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
  template <class Self, class F>
  static void visit(Self& self, F& f) {
    const std::size_t n = self.exit_count();
    const std::array<std::size_t, 2> hidden_by_exits{H, n}, hidden_by_hidden{H, H}, exits_by_hidden{n, H};
    const std::array<std::size_t, 1> one_hidden{H}, one_exits{n}, one{1};
    const auto call = [&f](const char* name, std::span<const std::size_t> shape, auto& values) {
      f(std::string(name), shape, std::span<std::remove_pointer_t<decltype(values.data())>>(values));
    };
    call("layer1.weight", hidden_by_exits, self.layer1_weight);
    call("layer1.bias", one_hidden, self.layer1_bias);
    call("layer2.weight", hidden_by_hidden, self.layer2_weight);
    call("layer2.bias", one_hidden, self.layer2_bias);
    call("layer3.weight", exits_by_hidden, self.layer3_weight);
    call("layer3.bias", one_exits, self.layer3_bias);
    f(std::string("means"), std::span<const std::size_t>(one_exits), std::span(self.means).first(n));
    call("initial", one, self.initial);
    call("target", one, self.target);
  }
};

/// Refuses invalid parameters: lengths must match N and H, all values must be finite, `means` and `initial`
/// probabilities, `target` 0 or 1.
/// @throws std::invalid_argument naming the tensor and the entry
template <std::size_t N, std::size_t H>
void validate(const CsParameters<N, H>& parameters) {
  detail::expect_exits("CS-Predictor", parameters);
  parameters.for_each_tensor([](const std::string& name, std::span<const std::size_t> shape, auto values) {
    constexpr auto what = "CS-Predictor";
    std::size_t expected = 1;
    for (const std::size_t extent : shape) expected *= extent;
    detail::expect_length(what, name, values.size(), expected);
    const bool probability = name == "means" || name == "initial";
    const bool flag = name == "target";
    for (std::size_t i = 0; i < expected; ++i) {
      const float value = values[i];
      const auto demand = [&](bool sound, const char* wanted) {
        detail::expect(sound, what, {name.c_str(), i}, value, wanted);
      };
      demand(is_finite(value), "a finite number");
      if (probability) demand(is_probability(value), "a probability in [0, 1]");
      if (flag) demand(value == 0.f || value == 1.f, "0 or 1");
    }
  });
}

/// The same weights laid out for the kernels, aligned and immutable: made once, then shared by all
/// predictors. Layers 1 and 2 are stored by input, so that a known exit or an active unit adds one contiguous
/// column of H; layer 3 is stored by output, so that only the exits to come are read. Biases stay floats.
/// @tparam Format of the weights: Fp32, Bf16 or Int8
template <std::size_t N, std::size_t H, weight_format Format = DefaultWeightFormat>
class CsWeights : public ExitCount<N> {
 public:
  using Columns = detail::PackedRows<Format, H>;
  using PassedOn = detail::PassedOn<Format, H>;
  static constexpr std::size_t exits = N;
  static constexpr std::size_t hidden = H;
  static constexpr std::size_t padded_hidden = Columns::padded_length;
  static_assert(H <= UINT32_MAX, "CsWeights<N, H>: H must fit in the column index");

  /// @throws std::invalid_argument as `validate`
  explicit CsWeights(const CsParameters<N, H>& parameters)
      : ExitCount<N>(checked(parameters)),
        means_(parameters.means),
        initial_(parameters.initial[0]),
        predicted_(parameters.predicted()),
        bias1_(parameters.layer1_bias.begin(), parameters.layer1_bias.end()),
        bias2_(parameters.layer2_bias.begin(), parameters.layer2_bias.end()),
        rest2_(bias2_),
        layer1_(parameters.exit_count()),
        layer3_(parameters.exit_count()) {
    const std::size_t n = this->exit_count();
    std::array<float, H> column, largest;
    std::ranges::copy(bias1_, largest.begin());
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t h = 0; h < H; ++h) column[h] = parameters.layer1_weight[h * n + k];
      layer1_.put(k, column);
      for (std::size_t h = 0; h < H; ++h) largest[h] += (std::max)(layer1_.weight(k, h), 0.f);
    }
    for (std::size_t j = 0; j < H; ++j) {
      for (std::size_t h = 0; h < H; ++h) column[h] = parameters.layer2_weight[h * H + j];
      layer2_.put(j, column);
    }
    for (std::size_t k = 0; k < n; ++k)
      layer3_.put(k, std::span(parameters.layer3_weight).subspan(k * H).template first<H>());
    std::ranges::copy(parameters.layer3_bias, bias3_.begin());
    passed_on_ = PassedOn(layer2_, largest);
    for (std::size_t j = 0; j < H; ++j)
      if (const float active = activation(j, bias1_[j]); active > 0.f)
        for (std::size_t h = 0; h < H; ++h) rest2_[h] += active * layer2_.weight(j, h);
  }

  [[nodiscard]] const Columns& layer1() const noexcept { return layer1_; }  ///< [in][out]
  [[nodiscard]] const Columns& layer2() const noexcept { return layer2_; }  ///< [in][out]
  [[nodiscard]] const Columns& layer3() const noexcept { return layer3_; }  ///< [out][in]
  /// What the units of layer 1 pass on to layer 2.
  [[nodiscard]] const PassedOn& passed_on() const noexcept { return passed_on_; }
  /// The activation of unit `j` of layer 1 as layer 2 takes it: for some formats in whole steps.
  [[nodiscard]] float activation(std::size_t j, float pre_activation) const noexcept {
    return passed_on_.activation(j, passed_on_(j, pre_activation));
  }
  [[nodiscard]] std::span<const float, H> bias1() const noexcept { return of_hidden(bias1_); }
  [[nodiscard]] std::span<const float, H> bias2() const noexcept { return of_hidden(bias2_); }
  [[nodiscard]] const std::array<float, most_exits<N>>& bias3() const noexcept { return bias3_; }
  /// Pre-activations of the second hidden layer if all inputs are 0.
  [[nodiscard]] std::span<const float, H> rest2() const noexcept { return of_hidden(rest2_); }
  [[nodiscard]] const std::array<float, most_exits<N>>& means() const noexcept { return means_; }
  [[nodiscard]] float initial() const noexcept { return initial_; }
  [[nodiscard]] Target predicted() const noexcept { return predicted_; }

 private:
  static const CsParameters<N, H>& checked(const CsParameters<N, H>& parameters) {
    validate(parameters);
    return parameters;
  }
  [[nodiscard]] static std::span<const float, H> of_hidden(const AlignedVector<float>& values) noexcept {
    return std::span(values).template first<H>();
  }

  std::array<float, most_exits<N>> means_;
  std::array<float, most_exits<N>> bias3_{};
  float initial_;
  Target predicted_;
  AlignedVector<float> bias1_, bias2_, rest2_;  ///< [H]
  Columns layer1_, layer2_{H}, layer3_;
  PassedOn passed_on_;
};

}  // namespace einet
