#pragma once
// An answer policy whose weights are fitted: it knows which exits were run, and how much each of them still
// has to say beside the newest. Where an average of all outputs can be worse than the newest alone, as an
// early exit knows less than a late one, this is not (profile/fit_combination.hpp).

#include <einet/base/aligned.hpp>
#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/exits.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/average_answer.hpp>
#include <einet/run/slot.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace einet {

/// How much each exit counts in the answer that each exit gives: by default the newest output is the answer.
template <std::size_t N>
struct CombinationWeights : ExitCount<N> {
  static constexpr std::size_t exits = N;

  CombinationWeights() : CombinationWeights(ExitCount<N>{}) {}
  /// For a number of exits that is known only now.
  explicit CombinationWeights(ExitCount<N> counted)
      : ExitCount<N>(counted), weight(counted.exit_count() * counted.exit_count()) {
    for (std::size_t k = 0; k < this->exit_count(); ++k) of(k, k) = 1;
  }

  /// @pre exit <= newest < exit_count()
  [[nodiscard]] float& of(std::size_t newest, std::size_t exit) {
    return weight[newest * this->exit_count() + exit];
  }
  [[nodiscard]] float of(std::size_t newest, std::size_t exit) const {
    return weight[newest * this->exit_count() + exit];
  }

  /// For saving and loading: calls f(name, shape, values) for every tensor.
  template <class F>
  void for_each_tensor(F&& f) {
    f(std::string("weights"), std::span<const std::size_t>(shape()), std::span<float>(weight));
  }
  template <class F>
  void for_each_tensor(F&& f) const {
    f(std::string("weights"), std::span<const std::size_t>(shape()), std::span<const float>(weight));
  }

  friend bool operator==(const CombinationWeights&, const CombinationWeights&) = default;

  /// [N][N]: the newest exit, and one that was run before it or is the newest itself. Any finite numbers; of
  /// exits behind the newest, 0.
  std::vector<float> weight;

 private:
  [[nodiscard]] std::array<std::size_t, 2> shape() const { return {this->exit_count(), this->exit_count()}; }
};

/// @throws std::invalid_argument naming the weight that cannot be
template <std::size_t N>
void validate(const CombinationWeights<N>& weights) {
  constexpr auto what = "combination";
  detail::expect_exits(what, weights);
  const std::size_t n = weights.exit_count();
  detail::expect_length(what, "weights", weights.weight.size(), n * n);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const float value = weights.of(i, j);
      detail::expect(is_finite(value) && (j <= i || value == 0.f), what, {"weights", i, j}, value,
                     j <= i ? "a finite number" : "0, of an exit that comes later");
    }
}

/// The combination of all outputs of a run over K classes: softmax of the sum of the logarithms of their
/// probabilities, weighted by the weights for the newest exit and those that were run. Its exit is the newest
/// one. Scores above 1 count as 1. An output with a score that is negative or not finite is left out, and the
/// answer in hand stays as it is; if it is the first of a run, it is published unchanged.
///
/// Keeps the outputs of the run, most_exits<N> · K floats.
template <std::size_t N, std::size_t K, class Arch = simd::default_arch>
class CombinedAnswer {
  using Lanes = simd::Lanes<float, Arch>;
  static constexpr std::size_t padded = simd::padded<float, Arch>(K);
  static constexpr std::size_t most = most_exits<N>;

 public:
  /// @throws std::invalid_argument naming the weight that cannot be
  explicit CombinedAnswer(const CombinationWeights<N>& weights) {
    validate(weights);
    for (std::size_t i = 0; i < weights.exit_count(); ++i)
      for (std::size_t j = 0; j <= i; ++j) weights_[i][j] = weights.of(i, j);
  }

  void reset() noexcept { run_.fill(false); }

  /// @pre exit < the number of exits
  [[nodiscard]] Published<Scores<K>> operator()(const Scores<K>& output, std::size_t exit,
                                                const Published<Scores<K>>* in_hand) noexcept {
    EINET_ASSERT(exit < most);
    std::array<float, padded>& own = logarithm_[exit];
    run_[exit] = detail::read_probabilities(output, own);
    if (!run_[exit]) return in_hand != nullptr ? *in_hand : Published<Scores<K>>{output, exit};
    for (std::size_t k = 0; k < padded; k += Lanes::size)
      LogMean::term(Lanes::load_aligned(&own[k])).store_aligned(&own[k]);
    alignas(buffer_alignment) std::array<float, padded> sum{};
    for (std::size_t j = 0; j <= exit; ++j) {
      if (!run_[j]) continue;
      const Lanes weight(weights_[exit][j]);
      for (std::size_t k = 0; k < padded; k += Lanes::size)
        simd::fma(Lanes::load_aligned(&logarithm_[j][k]), weight, Lanes::load_aligned(&sum[k]))
            .store_aligned(&sum[k]);
    }
    return {softmax_scores(std::span<const float, padded>(sum).template first<K>()), exit};
  }

 private:
  std::array<std::array<float, most>, most> weights_{};
  alignas(buffer_alignment) std::array<std::array<float, padded>, most> logarithm_{};
  std::array<bool, most> run_{};
};

}  // namespace einet
