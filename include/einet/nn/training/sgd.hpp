#pragma once
// Stochastic gradient descent with momentum, and schedules of its learning rate.

#include <einet/base/aligned.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/training/batch_network.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <span>
#include <string>
#include <vector>

namespace einet::nn {

/// The constants of SGD.
struct SgdOptions {
  float momentum = .9f;
  float weight_decay = 5e-4f;  ///< on every trained array, as in PyTorch
};

/// velocity = momentum · velocity + gradient + decay · value; value −= rate · velocity (PyTorch's form).
/// Refers to the network, which must outlive it.
class Sgd {
 public:
  explicit Sgd(BatchNetwork& network, SgdOptions options = {})
      : options_(options), workers_(&network.workers()) {
    network.for_each_trained([&](const Parameter& parameter, std::span<float> gradient, bool in_branch) {
      states_.push_back({parameter, gradient, AlignedVector<float>(gradient.size()), in_branch});
    });
  }

  /// One update from the current gradients, of all or of the branches alone.
  void step(float rate, bool branches_alone = false) {
    for (State& state : states_) {
      if (branches_alone && !state.in_branch) continue;
      float* values = state.parameter.weights->values().data();
      const float* gradient = state.gradient.data();
      float* velocity = state.velocity.data();
      workers_->pieces(state.velocity.size(), 16384, [=, this](std::size_t first, std::size_t last) {
        update<xsimd::default_arch>(values + first, gradient + first, velocity + first, last - first, rate);
      });
    }
  }

  /// f(const std::string& name, std::span<const std::size_t> shape, std::span<float> velocity) for everything
  /// that must be saved to resume exactly; names are those of the parameters after "velocity.".
  template <class F>
  void for_each_state(F&& f) {
    for (State& state : states_) {
      f("velocity." + state.parameter.name, std::span<const std::size_t>(state.parameter.weights->shape()),
        std::span<float>(state.velocity));
    }
  }

 private:
  struct State {
    Parameter parameter;
    std::span<const float> gradient;
    AlignedVector<float> velocity;
    bool in_branch;
  };

  template <class Arch>
  void update(float* values, const float* gradient, float* velocity, std::size_t count,
              float rate) const noexcept {
    detail::over_lanes<Arch>(count, [=, this]<class V>(std::size_t i) {
      const V value = detail::load<V>(values + i);
      const V slope = detail::multiply_add(V(options_.weight_decay), value, detail::load<V>(gradient + i));
      const V speed = detail::multiply_add(V(options_.momentum), detail::load<V>(velocity + i), slope);
      detail::store(velocity + i, speed);
      detail::store(values + i, detail::multiply_add(V(-rate), speed, value));
    });
  }

  SgdOptions options_;
  Workers* workers_;
  std::vector<State> states_;
};

/// The learning rate as a function of the epochs done, fractions included.
using Schedule = std::function<double(double epochs)>;

/// Always `rate`.
[[nodiscard]] inline Schedule constant_rate(double rate) {
  return [=](double) { return rate; };
}

/// From `rate` down to 0 along half a cosine over `epochs`, after a linear rise over the first `warm_up` of
/// them.
[[nodiscard]] inline Schedule cosine_rate(double rate, double epochs, double warm_up = 0.) {
  return [=](double at) {
    if (at < warm_up) return rate * (at + .01 * warm_up) / (1.01 * warm_up);
    const double done = (std::min)(1., (at - warm_up) / (std::max)(1e-9, epochs - warm_up));
    return rate * .5 * (1. + std::cos(std::numbers::pi * done));
  };
}

/// `rate`, times `factor` after every `every` epochs.
[[nodiscard]] inline Schedule step_rate(double rate, double every, double factor = .1) {
  return [=](double at) { return rate * std::pow(factor, std::floor(at / every)); };
}

}  // namespace einet::nn
