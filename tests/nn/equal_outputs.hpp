#pragma once
// Compares a network in inference with the same graph run by the layers' own forward passes.

#include "../catch.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <span>
#include <vector>

namespace einet::test {

[[nodiscard]] inline nn::Tensor random_images(std::size_t batch, nn::Shape shape, std::uint64_t seed) {
  nn::Tensor images;
  nn::resize(images, batch, shape);
  for (std::size_t i = 0; i < images.size(); ++i) images.data()[i] = nn::random_normal(seed, i);
  return images;
}

template <std::size_t K>
[[nodiscard]] bool same_logits(const float* a, const std::vector<float>& b) {
  return std::memcmp(a, b.data(), K * sizeof(float)) == 0;
}

/// Runs the first `steps` steps of a branch and spoils what the next one writes, as a stop would leave it.
template <std::size_t K>
void run_halfway(const nn::ElasticBlock<K>& block, const nn::Features& features, std::size_t steps) {
  nn::PacedStop never;
  const float spoilt = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t i = 0; i <= steps && i < block.branch().size(); ++i) {
    const nn::PlacedStep& placed = block.branch()[i];
    const nn::StepMaps maps(features.maps(), placed.inputs, placed.output, features.scratch());
    if (i < steps) {
      REQUIRE(placed.step->run(maps, never));
      continue;
    }
    for (std::size_t pixel = 0; pixel < placed.output.shape.pixels(); ++pixel)
      std::fill_n(maps.out().pixel(pixel), placed.output.shape.channels, spoilt);
    std::fill_n(features.scratch(), placed.step->scratch(), spoilt);
  }
}

/// Checks all exits' scores, whichever branches are run, run twice, or left halfway.
template <std::size_t K>
void check_equal_outputs(nn::Graph& graph, unsigned seed, double tolerance = 1e-4) {
  const std::size_t exits = graph.exits(), size = graph.image().size();
  const nn::InferenceNetwork<K> inference(std::as_const(graph));
  REQUIRE(inference.size() == exits);
  CHECK(inference.input() == graph.image());
  nn::BatchNetwork batch(graph, std::make_unique<nn::OneWorker>());
  const nn::Tensor images = random_images(2, graph.image(), seed);
  batch.forward(images);
  nn::Features features = inference.make_features();
  for (std::size_t image = 0; image < 2; ++image) {
    CAPTURE(image);
    const std::span<const float> pixels(images.data() + image * size, size);
    features.load(pixels);
    std::vector<std::vector<float>> all;
    for (std::size_t k = 0; k < exits; ++k) {
      CAPTURE(k);
      inference[k].advance(features);
      const float* const logits = inference[k].logits(features);
      all.emplace_back(logits, logits + K);
      const float* const truth = batch.scores(k).data() + image * K;
      double scale = 1., error = 0.;
      for (std::size_t c = 0; c < K; ++c) scale = (std::max)(scale, std::abs(static_cast<double>(truth[c])));
      for (std::size_t c = 0; c < K; ++c) {
        const double each = std::abs(static_cast<double>(truth[c]) - static_cast<double>(logits[c]));
        if (!(each <= error)) error = each;
      }
      CHECK(error / scale < tolerance);
    }
    std::mt19937 random(seed);
    for (std::size_t run = 0; run < 8; ++run) {
      features.load(pixels);
      for (std::size_t k = 0; k < exits; ++k) {
        CAPTURE(run, k);
        inference[k].advance(features);
        const std::size_t steps = inference[k].branch().size();
        if (random() % 2 == 0) run_halfway(inference[k], features, random() % (steps + 1));
        for (std::size_t times = random() % 3; times > 0; --times)
          CHECK(same_logits<K>(inference[k].logits(features), all[k]));
        if (random() % 2 == 0) run_halfway(inference[k], features, random() % (steps + 1));
      }
    }
  }
}

}  // namespace einet::test
