#pragma once
// The paper's CS-Predictor (IV-C): a small fully connected network that predicts, from the confidences so
// far, those of the exits to come (or, if trained for it, the probability that each output is right), with
// the mask of Eq. 1 and the activation cache of IV-C4.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/dense_kernels.hpp>
#include <einet/paper/weight_format.hpp>
#include <einet/plan/exits.hpp>
#include <einet/predict/fitting_samples.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace einet {

/// All that a CsPredictor stores of the current sample, 4 (2 H + N) bytes: Table III of the paper.
template <std::size_t N, std::size_t H>
struct CsState {
  std::array<float, H> layer1;  ///< pre-activations of the first hidden layer
  std::array<float, H> layer2;  ///< pre-activations of the second
  std::array<float, most_exits<N>>
      confidences;  ///< O' of Eq. 1: known values up to the newest exit, then outputs
};

/// N -> H -> H -> N with ReLU. A skipped exit carries the confidence of the nearest earlier one that was run
/// (before the first, the `initial` of the weights), as input and as output; inputs of exits to come are 0.
/// Weights trained for Target::correctness take the same inputs, but the worth of the answer in hand is an
/// output, too, and skipped exits carry that worth.
/// Observed confidences and outputs are clamped to [0, 1], NaN to 0, so that planners read probabilities.
/// @tparam Format of the weights: Fp32, Bf16 or Int8. With Int8, activations of the first hidden layer are
/// rounded, too, to steps of 1/32767 of their largest possible value
template <std::size_t N, std::size_t H, weight_format Format = DefaultWeightFormat,
          class Arch = simd::default_arch>
class CsPredictor {
 public:
  using Weights = CsWeights<N, H, Format>;
  using State = CsState<N, H>;
  using PassedOn = typename Weights::PassedOn;
  static_assert(sizeof(State) == 4 * (2 * H + most_exits<N>),
                "the state of a CsPredictor is 2 H + N floats, without padding");

  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = 1;
  static constexpr std::size_t hidden = H;

  [[nodiscard]] std::size_t exit_count() const noexcept { return weights_->exit_count(); }

  /// @throws std::invalid_argument if `weights` is null
  explicit CsPredictor(std::shared_ptr<const Weights> weights) : weights_(std::move(weights)) {
    if (weights_ == nullptr) detail::refuse("CsPredictor", "weights", "null", "the weights of a predictor");
    reset();
  }
  /// @throws std::invalid_argument as `validate(parameters)`
  explicit CsPredictor(const CsParameters<N, H>& parameters)
      : CsPredictor(std::make_shared<const Weights>(parameters)) {}

  /// Forgets the sample; `confidences()` are then the means of the fitting set.
  void reset() noexcept {
    std::ranges::copy(weights_->bias1(), state_.layer1.begin());
    std::ranges::copy(weights_->rest2(), state_.layer2.begin());
    state_.confidences = weights_->means();
    carried_ = weights_->initial();
    known_ = 0;
  }

  /// Tells that `exit` was run, and the exits since the last one observed were skipped.
  /// @pre exit < exit_count(), later than all exits observed since reset()
  void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    EINET_ASSERT(exit < exit_count() && exit >= known_);
    auto& values = state_.confidences;
    const float in_hand = known_ == 0 ? weights_->initial() : values[known_ - 1];
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(known_),
              values.begin() + static_cast<std::ptrdiff_t>(exit), in_hand);
    const float seen = as_probability(confidence[0]);
    std::size_t first = exit;
    if (weights_->predicted() == Target::confidence) values[first++] = seen;
    if (first < exit_count()) {
      add_inputs(exit, seen);
      add_outputs(first);
    }
    carried_ = seen;
    known_ = exit + 1;
  }

  [[nodiscard]] const std::array<float, most_exits<N>>& confidences() const noexcept {
    return state_.confidences;
  }

  [[nodiscard]] const std::shared_ptr<const Weights>& weights() const noexcept { return weights_; }

 private:
  /// Rounded up to groups of four, as the kernels read: g++ 12 does not see that they stay below `count`.
  template <class Column>
  using ColumnList = std::array<Column, ((most_exits<N> > H ? most_exits<N> : H) + 3) / 4 * 4>;
  /// A hidden layer, padded for the kernels.
  struct alignas(Weights::Columns::alignment) Buffer : std::array<float, Weights::padded_hidden> {};
  struct alignas(buffer_alignment) Passed : std::array<typename PassedOn::Value, Weights::padded_hidden> {};

  static void fill(Buffer& buffer, std::span<const float, H> values) noexcept {
    std::ranges::copy(values, buffer.begin());
    std::fill(buffer.begin() + H, buffer.end(), 0.f);
  }
  [[nodiscard]] static float rectified(float value) noexcept { return value > 0.f ? value : 0.f; }

  /// Updates both hidden layers: skipped exits carry the confidence before, `exit` has `seen`.
  void add_inputs(std::size_t exit, float seen) noexcept {
    ColumnList<detail::ScaledColumn> list;
    std::size_t entries = 0;
    for (std::size_t k = known_; k <= exit; ++k)
      if (const float input = k < exit ? carried_ : seen; input != 0.f)
        list[entries++] = {static_cast<std::uint32_t>(k), input};
    const auto& passed_on = weights_->passed_on();
    Buffer layer;
    Passed was, is;
    fill(layer, state_.layer1);
    passed_on.template all<Arch>(layer.data(), was.data());
    detail::add_columns<Arch>(layer.data(), weights_->layer1(), list.data(), entries);
    passed_on.template all<Arch>(layer.data(), is.data());
    std::copy_n(layer.begin(), H, state_.layer1.begin());

    std::uint32_t active = 0, changed = 0;
    for (std::size_t j = 0; j < H; ++j) {
      active += is[j] != 0;
      was[j] = is[j] - was[j];
      changed += was[j] != 0;
    }
    // Adding a column costs the same as updating one. An input usually changes every unit that is or was
    // active; then summing anew reads fewer columns, and accumulates no rounding error.
    const bool update = changed < active;
    const Passed& passed = update ? was : is;
    ColumnList<typename PassedOn::Column> columns;
    std::size_t count = 0;
    for (std::uint32_t j = 0; j < H; ++j) {
      columns[count] = {j, passed[j]};
      count += std::bit_cast<std::uint32_t>(passed[j]) != 0;  // faster as integers; none is -0
    }
    if (update)
      fill(layer, state_.layer2);
    else
      fill(layer, weights_->bias2());
    passed_on.template add<Arch>(layer.data(), weights_->layer2(), columns.data(), count);
    std::copy_n(layer.begin(), H, state_.layer2.begin());
  }

  /// Computes the outputs of the exits from `first` on.
  void add_outputs(std::size_t first) noexcept {
    const std::size_t n = exit_count();
    Buffer layer;
    for (std::size_t j = 0; j < H; ++j) layer[j] = rectified(state_.layer2[j]);
    std::fill(layer.begin() + H, layer.end(), 0.f);
    detail::multiply_rows<Arch>(state_.confidences.data(), weights_->layer3(), first, n, layer.data());
    for (std::size_t k = first; k < n; ++k)
      state_.confidences[k] = as_probability(state_.confidences[k] + weights_->bias3()[k]);
  }

  alignas(buffer_alignment) State state_;
  std::shared_ptr<const Weights> weights_;
  float carried_ = 0;      ///< confidence of the newest exit that was run
  std::size_t known_ = 0;  ///< exits 0..known_-1 are observed or carried
};

}  // namespace einet
