#pragma once
// The CS-Predictor at MSDNet40's size with realistic weights and runs, the bytes that it reads, and what it
// is measured against: a plain sum over the same weights, and the forward that neither caches nor skips.

#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/dense_kernels.hpp>
#include <einet/paper/weight_format.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <random>
#include <span>
#include <type_traits>
#include <vector>

#include <xsimd/xsimd.hpp>

namespace einet::bench {

/// Confidences of all exits of one sample.
template <std::size_t N>
using Run = std::array<float, N>;

/// Samples whose ease grows unsteadily from exit to exit, and their confidences with it.
template <std::size_t N>
[[nodiscard]] std::vector<Run<N>> confidence_runs(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal;
  std::vector<Run<N>> runs(count);
  for (Run<N>& run : runs) {
    double ease = normal(random) - .5;
    for (float& confidence : run) {
      ease += .3 * normal(random) + 2. / N;
      confidence = static_cast<float>(1 / (1 + std::exp(-ease)));
    }
  }
  return runs;
}

/// As He et al. initialise layers that ReLU follows: about half of the units are active. Outputs spread by
/// about 0.2 around 0.5.
template <std::size_t N, std::size_t H>
[[nodiscard]] CsParameters<N, H> he_parameters(unsigned seed) {
  std::mt19937 random(seed);
  const auto fill = [&](std::vector<float>& values, double deviation, double mean = 0) {
    std::normal_distribution<double> draw(mean, deviation);
    for (float& value : values) value = static_cast<float>(draw(random));
  };
  CsParameters<N, H> parameters;
  fill(parameters.layer1_weight, std::sqrt(2. / N));
  fill(parameters.layer2_weight, std::sqrt(2. / H));
  fill(parameters.layer3_weight, .2 * std::sqrt(2. / H));
  fill(parameters.layer1_bias, .1);
  fill(parameters.layer2_bias, .1);
  fill(parameters.layer3_bias, .05, .5);
  parameters.means.fill(.5f);
  return parameters;
}

/// What a predictor reads of its weights in a run of all exits.
struct Reading {
  double bytes = 0;
  double active = 0;  ///< units of layer 1 that feed layer 2, an observation
};

/// Follows the first layer through a run by the predictor's own kernel, and counts.
template <std::size_t N, std::size_t H, class Format>
[[nodiscard]] Reading reading(const CsWeights<N, H, Format>& weights, const Run<N>& run) {
  using Weights = CsWeights<N, H, Format>;
  constexpr std::size_t row = Weights::Columns::pitch * 4 + (Format::scaled ? 4 : 0);
  alignas(buffer_alignment) std::array<float, Weights::padded_hidden> layer{};
  std::ranges::copy(weights.bias1(), layer.begin());
  Reading read;
  for (std::uint32_t k = 0; k + 1 < N; ++k) {
    const auto before = layer;
    const detail::ScaledColumn input{k, run[k]};
    detail::add_columns<simd::default_arch>(layer.data(), weights.layer1(), &input, 1);
    std::size_t active = 0, changed = 0;
    for (std::size_t j = 0; j < H; ++j) {
      const auto passed = weights.passed_on()(j, layer[j]);
      active += passed != 0;
      changed += passed != weights.passed_on()(j, before[j]);
    }
    const std::size_t columns = (std::min)(active, changed);
    read.active += static_cast<double>(columns) / (N - 1);
    read.bytes += static_cast<double>(row * (1 + columns + (N - 1 - k)));
  }
  return read;
}

/// Sum of all words, eight registers of them at a time: how fast these bytes can be read at all.
template <class Word>
[[nodiscard]] Word sum(std::span<const Word> words) {
  using Lanes = xsimd::batch<Word>;
  constexpr std::size_t step = 8 * Lanes::size;
  Lanes sums[8];
  for (Lanes& lanes : sums) lanes = Lanes(Word{});
  std::size_t i = 0;
  for (; i + step <= words.size(); i += step)
    for (std::size_t u = 0; u < 8; ++u)
      sums[u] = sums[u] + Lanes::load_aligned(words.data() + i + u * Lanes::size);
  for (std::size_t u = 1; u < 8; ++u) sums[0] = sums[0] + sums[u];
  alignas(buffer_alignment) std::array<Word, Lanes::size> lanes;
  sums[0].store_aligned(lanes.data());
  Word total{};
  for (const Word lane : lanes) total = static_cast<Word>(total + lane);
  for (; i < words.size(); ++i) total = static_cast<Word>(total + words[i]);
  return total;
}

template <std::size_t N, std::size_t H, class Format>
[[nodiscard]] auto sum(const CsWeights<N, H, Format>& weights) {
  return sum(weights.layer1().words()) + sum(weights.layer2().words()) + sum(weights.layer3().words());
}

template <std::size_t N, std::size_t H, class Format>
[[nodiscard]] double bytes(const CsWeights<N, H, Format>& weights) {
  return 4. * static_cast<double>(weights.layer1().words().size() + weights.layer2().words().size() +
                                  weights.layer3().words().size());
}

/// All three layers afresh, every weight read: no cache, nothing skipped. Rows lie one after another, four
/// are multiplied together.
template <std::size_t N, std::size_t H>
class DenseForward {
 public:
  explicit DenseForward(const CsParameters<N, H>& parameters) : parameters_(parameters) {
    for (std::size_t h = 0; h < H; ++h) {
      layer1_.put(h, std::span(parameters.layer1_weight).subspan(h * N).template first<N>());
      layer2_.put(h, std::span(parameters.layer2_weight).subspan(h * H).template first<H>());
    }
    for (std::size_t k = 0; k < N; ++k)
      layer3_.put(k, std::span(parameters.layer3_weight).subspan(k * H).template first<H>());
  }

  /// @param known exits whose confidences `run` holds; the others count as 0
  const std::array<float, N>& operator()(const Run<N>& run, std::size_t known) {
    std::fill(std::copy_n(run.begin(), known, input_.begin()), input_.end(), 0.f);
    multiply(first_.data(), layer1_, H, input_.data(), parameters_.layer1_bias, true);
    multiply(second_.data(), layer2_, H, first_.data(), parameters_.layer2_bias, true);
    multiply(outputs_.data(), layer3_, N, second_.data(), parameters_.layer3_bias, false);
    return outputs_;
  }

 private:
  template <std::size_t Length>
  static void multiply(float* out, const detail::PackedRows<Fp32, Length>& rows, std::size_t count,
                       const float* in, const std::vector<float>& bias, bool rectify) {
    detail::multiply_rows<simd::default_arch>(out, rows, 0, count, in);
    for (std::size_t i = 0; i < count; ++i) {
      const float value = out[i] + bias[i];
      out[i] = rectify && !(value > 0) ? 0 : value;
    }
  }

  const CsParameters<N, H>& parameters_;
  detail::PackedRows<Fp32, N> layer1_{H};
  detail::PackedRows<Fp32, H> layer2_{H}, layer3_{N};
  alignas(buffer_alignment) std::array<float, detail::PackedRows<Fp32, N>::padded_length> input_{};
  alignas(buffer_alignment) std::array<float, detail::PackedRows<Fp32, H>::padded_length> first_{}, second_{};
  std::array<float, N> outputs_{};
};

}  // namespace einet::bench
