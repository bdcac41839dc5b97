#pragma once
// Reads what fixtures/make_fixtures.py wrote, and compares with it.

#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet::test {

struct Array {
  std::vector<std::size_t> shape;
  std::vector<float> values;
};

/// The arrays of one fixture file by name.
class Fixture {
 public:
  explicit Fixture(const std::string& name) {
    const auto path = std::filesystem::path(__FILE__).parent_path() / "fixtures" / (name + ".fixture");
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + path.string());
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line);
      std::string array;
      words >> array;
      Array& read = arrays_[array];
      for (std::size_t size; words >> size;) read.shape.push_back(size);
      read.values.resize(
          std::accumulate(read.shape.begin(), read.shape.end(), std::size_t{1}, std::multiplies<>{}));
      file.read(reinterpret_cast<char*>(read.values.data()),
                static_cast<std::streamsize>(read.values.size() * sizeof(float)));
      if (!file) throw std::runtime_error(path.string() + " is cut short in " + array);
    }
  }

  [[nodiscard]] const Array& operator[](const std::string& name) const { return arrays_.at(name); }
  [[nodiscard]] bool contains(const std::string& name) const { return arrays_.contains(name); }

  [[nodiscard]] nn::Tensor tensor(const std::string& name) const {
    const Array& array = arrays_.at(name);
    nn::Tensor tensor;
    tensor.resize({array.shape.at(0), array.shape.at(1), array.shape.at(2), array.shape.at(3)});
    std::copy(array.values.begin(), array.values.end(), tensor.data());
    return tensor;
  }

  [[nodiscard]] std::vector<std::size_t> sizes(const std::string& name) const {
    const Array& array = arrays_.at(name);
    return {array.values.begin(), array.values.end()};
  }

  [[nodiscard]] std::vector<std::int32_t> labels(const std::string& name) const {
    const Array& array = arrays_.at(name);
    return {array.values.begin(), array.values.end()};
  }

 private:
  std::map<std::string, Array> arrays_;
};

[[nodiscard]] inline std::span<const float> values(const nn::Tensor& tensor) {
  return {tensor.data(), tensor.size()};
}

/// The largest |a − b| / (1 + |b|), infinite where sizes differ or a number is not finite.
[[nodiscard]] inline double difference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double largest = 0.;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double each = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])) /
                        (1. + std::abs(static_cast<double>(b[i])));
    if (!(each <= largest)) largest = std::isfinite(each) ? each : std::numeric_limits<double>::infinity();
  }
  return largest;
}
[[nodiscard]] inline double difference(const nn::Tensor& a, const nn::Tensor& b) {
  return a.shape() == b.shape() ? difference(values(a), values(b)) : std::numeric_limits<double>::infinity();
}

/// The parameter of that name.
[[nodiscard]] inline nn::Parameter parameter(nn::Layer& layer, const std::string& name) {
  for (nn::Parameter& each : layer.parameters()) {
    if (each.name == name) return each;
  }
  throw std::runtime_error("no parameter " + name);
}

inline void set(nn::Layer& layer, const std::string& name, const Array& array) {
  const nn::Parameter to = parameter(layer, name);
  if (to.shape != array.shape) throw std::runtime_error("shape of " + name + " differs");
  std::copy(array.values.begin(), array.values.end(), to.values.begin());
}

}  // namespace einet::test
