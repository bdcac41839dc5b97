#pragma once
// Reads what a fixtures/make_fixtures.py wrote, and compares with it.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
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
class FixtureFile {
 public:
  /// @param tests the folder of tests that the fixture belongs to, under tests/
  FixtureFile(const std::string& tests, const std::string& name) {
    const auto path =
        std::filesystem::path(__FILE__).parent_path() / tests / "fixtures" / (name + ".fixture");
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

}  // namespace einet::test
