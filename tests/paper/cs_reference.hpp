#pragma once
// The paper's equations for the CS-Predictor in plain double loops, without cache, SIMD or transposed
// weights.

#include <einet/paper/cs_weights.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <random>
#include <vector>

namespace einet::test {

/// The activation of a unit of layer 1, unchanged.
struct AsItIs {
  double operator()(std::size_t, double activation) const { return activation; }
};

/// O of Eq. 1: the network's outputs [N] for inputs X [N], Eq. 4 layer by layer.
/// @param taken taken(j, a) is the value that layer 2 takes for activation a of unit j of layer 1
template <std::size_t N, std::size_t H, class Taken = AsItIs>
std::vector<double> plain_outputs(const CsParameters<N, H>& p, const std::vector<double>& x,
                                  const Taken& taken = {}) {
  const auto layer = [](const std::vector<float>& w, const std::vector<float>& b,
                        const std::vector<double>& in, bool relu) {
    std::vector<double> out(b.size());
    for (std::size_t o = 0; o < out.size(); ++o) {
      out[o] = static_cast<double>(b[o]);
      for (std::size_t i = 0; i < in.size(); ++i) out[o] += static_cast<double>(w[o * in.size() + i]) * in[i];
      if (relu && out[o] < 0) out[o] = 0;
    }
    return out;
  };
  auto first = layer(p.layer1_weight, p.layer1_bias, x, true);
  for (std::size_t j = 0; j < H; ++j) first[j] = taken(j, first[j]);
  return layer(p.layer3_weight, p.layer3_bias, layer(p.layer2_weight, p.layer2_bias, first, true), false);
}

/// O' of Eq. 1 after the exits that are set in `seen` were run; the outputs are clamped to [0, 1]. If
/// correctness is predicted, the worth of an answer when it was the newest is carried over skipped exits.
template <std::size_t N, std::size_t H, class Taken = AsItIs>
std::vector<double> plain_confidences(const CsParameters<N, H>& p,
                                      const std::array<std::optional<float>, N>& seen,
                                      const Taken& taken = {}) {
  std::vector<double> inputs(N), shown(N);
  double carried = static_cast<double>(p.initial[0]), in_hand = carried;
  for (std::size_t k = 0; k < N; ++k) {
    if (!seen[k]) continue;
    for (std::size_t skipped = k; skipped > 0 && !seen[skipped - 1]; --skipped) {
      inputs[skipped - 1] = carried;
      shown[skipped - 1] = in_hand;
    }
    inputs[k] = carried = static_cast<double>(*seen[k]);
    const std::vector<double> outputs = plain_outputs(p, inputs, taken);
    for (std::size_t i = k; i < N; ++i) shown[i] = outputs[i] < 0 ? 0 : outputs[i] > 1 ? 1 : outputs[i];
    if (p.predicted() == Target::confidence) shown[k] = carried;
    in_hand = shown[k];
  }
  return shown;
}

/// The parameters that `weights` stores for `p` in its format.
template <std::size_t N, std::size_t H, class Format>
CsParameters<N, H> kept(CsParameters<N, H> p, const CsWeights<N, H, Format>& weights) {
  for (std::size_t h = 0; h < H; ++h) {
    for (std::size_t k = 0; k < N; ++k) {
      p.layer1_weight[h * N + k] = weights.layer1().weight(k, h);
      p.layer3_weight[k * H + h] = weights.layer3().weight(k, h);
    }
    for (std::size_t j = 0; j < H; ++j) p.layer2_weight[h * H + j] = weights.layer2().weight(j, h);
  }
  return p;
}

template <std::size_t N>
using Rows = std::vector<std::array<float, N>>;

/// Numbers in [0, 1).
template <std::size_t N, class Random>
Rows<N> random_rows(std::size_t count, Random& random) {
  std::uniform_real_distribution<float> share(0.f, 1.f);
  Rows<N> rows(count);
  for (auto& row : rows)
    for (float& value : row) value = share(random);
  return rows;
}

/// Weights small enough to keep most outputs inside [0, 1].
template <std::size_t N, std::size_t H, class Random>
CsParameters<N, H> random_parameters(Random& random) {
  CsParameters<N, H> p;
  const auto fill = [&](auto& values, float low, float high) {
    std::uniform_real_distribution<float> draw(low, high);
    for (float& v : values) v = draw(random);
  };
  const float reach = 1.5f / std::sqrt(static_cast<float>(H));
  fill(p.layer1_weight, -1.f, 1.f);
  fill(p.layer1_bias, -.5f, .5f);
  fill(p.layer2_weight, -reach, reach);
  fill(p.layer2_bias, -.5f, .5f);
  fill(p.layer3_weight, -reach, reach);
  fill(p.layer3_bias, .3f, .7f);
  fill(p.means, 0.f, 1.f);
  fill(p.initial, 0.f, 1.f);
  return p;
}

}  // namespace einet::test
