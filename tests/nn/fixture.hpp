#pragma once
// Reads what the scripts in fixtures/ wrote, and compares with it.

#include "fixture_file.hpp"

#include <einet/nn/training/tensor.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <string>

namespace einet::test {

/// The arrays of one fixture file by name.
class Fixture : public FixtureFile {
 public:
  explicit Fixture(const std::string& name) : FixtureFile("nn", name) {}

  [[nodiscard]] nn::Tensor tensor(const std::string& name) const {
    const Array& array = (*this)[name];
    nn::Tensor tensor;
    tensor.resize({array.shape.at(0), array.shape.at(1), array.shape.at(2), array.shape.at(3)});
    std::copy(array.values.begin(), array.values.end(), tensor.data());
    return tensor;
  }
};

[[nodiscard]] inline std::span<const float> values(const nn::Tensor& tensor) {
  return {tensor.data(), tensor.size()};
}

[[nodiscard]] inline double difference(const nn::Tensor& a, const nn::Tensor& b) {
  return a.shape() == b.shape() ? difference(values(a), values(b)) : std::numeric_limits<double>::infinity();
}

}  // namespace einet::test
