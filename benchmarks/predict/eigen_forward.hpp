#pragma once
// The forward pass that neither caches nor skips, by Eigen, if it is installed.

#include "predict/cs_workload.hpp"

#include <cstddef>

#include <Eigen/Core>

namespace einet::bench {

/// As eval::DenseForward.
template <std::size_t N, std::size_t H>
class EigenForward {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using Vector = Eigen::VectorXf;

 public:
  explicit EigenForward(const CsParameters<N, H>& p)
      : layer1_(Eigen::Map<const Matrix>(p.layer1_weight.data(), H, N)),
        layer2_(Eigen::Map<const Matrix>(p.layer2_weight.data(), H, H)),
        layer3_(Eigen::Map<const Matrix>(p.layer3_weight.data(), N, H)),
        bias1_(Eigen::Map<const Vector>(p.layer1_bias.data(), H)),
        bias2_(Eigen::Map<const Vector>(p.layer2_bias.data(), H)),
        bias3_(Eigen::Map<const Vector>(p.layer3_bias.data(), N)) {}

  const Vector& operator()(const Run<N>& run, std::size_t known) {
    input_.setZero(N);
    for (std::size_t k = 0; k < known; ++k) input_[static_cast<Eigen::Index>(k)] = run[k];
    first_ = bias1_;
    first_.noalias() += layer1_ * input_;
    first_ = first_.cwiseMax(0.f);
    second_ = bias2_;
    second_.noalias() += layer2_ * first_;
    second_ = second_.cwiseMax(0.f);
    outputs_ = bias3_;
    outputs_.noalias() += layer3_ * second_;
    return outputs_;
  }

 private:
  Matrix layer1_, layer2_, layer3_;
  Vector bias1_, bias2_, bias3_, input_, first_, second_, outputs_;
};

}  // namespace einet::bench
