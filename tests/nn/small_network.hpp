#pragma once
// The network that fixtures/make_fixtures.py trains, and synthetic data sets for tests.

#include <einet/nn/branch.hpp>
#include <einet/nn/dropout.hpp>
#include <einet/nn/max_pool.hpp>
#include <einet/nn/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace einet::test {

/// Two conv parts with branches and a head: three exits, three classes, 8×6×2 images. No VGG.
[[nodiscard]] inline nn::MultiExitNetwork small_network(float dropout = 0.f) {
  std::vector<nn::Sequential> parts;
  parts.emplace_back(nn::Conv2d({{8, 6, 2}, 5, 3, 1, 1}, false), nn::BatchNorm(5), nn::Relu{});
  parts.emplace_back(nn::Conv2d({{8, 6, 5}, 7, 3, 1, 1}, false), nn::BatchNorm(7), nn::Relu{}, nn::MaxPool{});
  nn::Sequential head(nn::Flatten{}, nn::Linear(84, 6), nn::Relu{}, nn::Dropout(dropout), nn::Linear(6, 3));
  return nn::insert_branches(std::move(parts), {8, 6, 2}, 3, {4, 4, 6}, std::move(head));
}

/// Noise around a pattern per class.
struct Patterns {
  std::size_t count = 48;
  nn::Shape shape{8, 6, 2};
  std::size_t classes = 3;
  float noise = .5f;

  [[nodiscard]] std::size_t size() const { return count; }
  [[nodiscard]] std::int32_t label(std::size_t i) const { return static_cast<std::int32_t>(i % classes); }
  void fill(std::size_t i, std::span<float> image) const {
    for (std::size_t k = 0; k < image.size(); ++k) {
      image[k] = nn::random_normal(1000 + i % classes, k) + noise * nn::random_normal(i, k);
    }
  }
};

/// All values of a network, one after the other.
[[nodiscard]] inline std::vector<float> all_values(const nn::MultiExitNetwork& network) {
  std::vector<float> all;
  network.for_each_parameter([&](const std::string&, std::span<const std::size_t>, std::span<const float> v) {
    all.insert(all.end(), v.begin(), v.end());
  });
  return all;
}

}  // namespace einet::test
