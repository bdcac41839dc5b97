#pragma once
// Inference allocates nothing.

#include "catch.hpp"
#include "counting_new.hpp"

#include <einet/nn/inference/network.hpp>

#include <cstddef>
#include <span>

namespace einet::test {

/// Loads an image and runs all parts of all blocks.
template <std::size_t K>
void check_no_allocations(const nn::InferenceNetwork<K>& network, std::span<const float> image) {
  nn::Features features = network.make_features();
  const std::size_t before = allocations();
  features.load(image);
  for (const auto& block : network.blocks()) {
    block.advance(features);
    static_cast<void>(block.classify(features));
  }
  CHECK(allocations() == before);
}

}  // namespace einet::test
