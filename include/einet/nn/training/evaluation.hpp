#pragma once
// A network's outputs over a whole data set, in evaluation mode and in batches.

#include <einet/base/expect.hpp>
#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/labelled_images.hpp>
#include <einet/nn/training/softmax.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

namespace einet::nn {

/// sink(image, exit, std::span<const float> scores) for every image in order and every exit, one call at a
/// time; scores are logits. Throws std::invalid_argument if `batch` is 0.
template <LabelledImages Data, class Sink>
void for_each_score(BatchNetwork& network, const Data& data, Sink sink, std::size_t batch = 128) {
  detail::at_least("for_each_score", "batch", batch);
  Batch images;
  std::vector<std::size_t> indices;
  for (std::size_t first = 0; first < data.size(); first += batch) {
    indices.resize((std::min)(batch, data.size() - first));
    std::iota(indices.begin(), indices.end(), first);
    images.gather(network.workers(), data, network.graph().image(), indices);
    network.forward(images.images);
    for (std::size_t i = 0; i < indices.size(); ++i) {
      for (std::size_t k = 0; k < network.exits(); ++k) {
        const std::size_t classes = network.classes();
        sink(first + i, k, network.scores(k).subspan(i * classes, classes));
      }
    }
  }
}

/// The fraction of `data` that each exit classifies correctly. Throws std::invalid_argument if `data` is
/// empty.
template <LabelledImages Data>
[[nodiscard]] std::vector<double> accuracy_per_exit(BatchNetwork& network, const Data& data,
                                                    std::size_t batch = 128) {
  einet::detail::expect(data.size() > 0, "accuracy_per_exit", "data.size()", data.size(), "at least 1 image");
  std::vector<double> accuracy(network.exits(), 0.);
  for_each_score(
      network, data,
      [&](std::size_t image, std::size_t exit, std::span<const float> scores) {
        if (predicted_class(scores) == static_cast<std::int32_t>(data.label(image))) accuracy[exit] += 1.;
      },
      batch);
  for (double& fraction : accuracy) fraction /= static_cast<double>(data.size());
  return accuracy;
}

}  // namespace einet::nn
