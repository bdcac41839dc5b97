#pragma once
// The CS-Predictor's network without its activation cache: what Table III of the paper compares the cache
// with.

#include <einet/base/aligned.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/paper/dense_kernels.hpp>
#include <einet/paper/weight_format.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace einet::eval {

/// Computes all three layers anew and reads every weight: no cache, nothing skipped. Rows lie one after
/// another; four are multiplied at a time.
template <std::size_t N, std::size_t H>
class DenseForward {
 public:
  explicit DenseForward(const CsParameters<N, H>&&) = delete;  // it would dangle
  explicit DenseForward(const CsParameters<N, H>& parameters) : parameters_(parameters) {
    for (std::size_t h = 0; h < H; ++h) {
      layer1_.put(h, std::span(parameters.layer1_weight).subspan(h * N).template first<N>());
      layer2_.put(h, std::span(parameters.layer2_weight).subspan(h * H).template first<H>());
    }
    for (std::size_t k = 0; k < N; ++k)
      layer3_.put(k, std::span(parameters.layer3_weight).subspan(k * H).template first<H>());
  }

  /// @param known exits whose confidences `run` holds; the others count as 0
  const std::array<float, N>& operator()(const std::array<float, N>& run, std::size_t known) {
    std::fill(std::copy_n(run.begin(), known, input_.begin()), input_.end(), 0.f);
    multiply(first_.data(), layer1_, H, input_.data(), parameters_.layer1_bias, true);
    multiply(second_.data(), layer2_, H, first_.data(), parameters_.layer2_bias, true);
    multiply(outputs_.data(), layer3_, N, second_.data(), parameters_.layer3_bias, false);
    return outputs_;
  }

 private:
  template <std::size_t Length>
  static void multiply(float* out, const einet::detail::PackedRows<Fp32, Length>& rows, std::size_t count,
                       const float* in, const std::vector<float>& bias, bool rectify) {
    einet::detail::multiply_rows<simd::default_arch>(out, rows, 0, count, in);
    for (std::size_t i = 0; i < count; ++i) {
      const float value = out[i] + bias[i];
      out[i] = rectify && !(value > 0) ? 0 : value;
    }
  }

  const CsParameters<N, H>& parameters_;
  einet::detail::PackedRows<Fp32, N> layer1_{H};
  einet::detail::PackedRows<Fp32, H> layer2_{H}, layer3_{N};
  alignas(buffer_alignment) std::array<float, einet::detail::PackedRows<Fp32, N>::padded_length> input_{};
  alignas(buffer_alignment) std::array<float, einet::detail::PackedRows<Fp32, H>::padded_length> first_{},
      second_{};
  std::array<float, N> outputs_{};
};

}  // namespace einet::eval
