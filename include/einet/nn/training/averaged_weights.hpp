#pragma once
// A moving average of a network's weights, which often classifies better than the last of them.

#include <einet/base/aligned.hpp>
#include <einet/base/expect.hpp>
#include <einet/nn/graph.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace einet::nn {

/// average += (1 − decay) · (value − average) for every array, statistics included, after each update of the
/// weights. The decay is at most (1 + updates) / (10 + updates), so that the first weights are soon
/// forgotten. Refers to the graph.
class AveragedWeights {
 public:
  /// Throws std::invalid_argument for a decay outside [0, 1).
  AveragedWeights(Graph& graph, double decay) : decay_(decay) {
    einet::detail::expect(decay >= 0. && decay < 1., "AveragedWeights", "decay", decay, "0 to below 1");
    graph.for_each_parameter([&](const Parameter& parameter) {
      const std::span<const float> values = parameter.weights->values();
      arrays_.push_back({parameter, {values.begin(), values.end()}});
    });
  }

  void update() noexcept {
    const double updates = static_cast<double>(updates_);
    const auto part = static_cast<float>(1. - (std::min)(decay_, (1. + updates) / (10. + updates)));
    updates_ += 1.f;
    for (Array& array : arrays_) {
      const std::span<const float> values = array.parameter.weights->values();
      for (std::size_t i = 0; i < values.size(); ++i)
        array.average[i] += part * (values[i] - array.average[i]);
    }
  }

  /// The graph takes the averages and this the weights; twice is as if never.
  void exchange() {
    for (Array& array : arrays_) {
      const std::span<float> values = array.parameter.weights->values();
      std::swap_ranges(values.begin(), values.end(), array.average.begin());
    }
  }

  /// f(const std::string& name, std::span<const std::size_t> shape, std::span<float> values) for all that
  /// must be saved to go on exactly: "average.", then the parameter's name, and "averaged_updates".
  template <class F>
  void for_each_state(F&& f) {
    for (Array& array : arrays_)
      f("average." + array.parameter.name, std::span<const std::size_t>(array.parameter.weights->shape()),
        std::span<float>(array.average));
    const std::size_t one[] = {1};
    f(std::string("averaged_updates"), std::span<const std::size_t>(one), std::span<float>(&updates_, 1));
  }

 private:
  struct Array {
    Parameter parameter;
    AlignedVector<float> average;
  };

  double decay_;
  float updates_ = 0.f;  // a whole number; from 2^24 on it stays, as the decay does by then
  std::vector<Array> arrays_;
};

}  // namespace einet::nn
