#pragma once
// What a data set must offer for training and evaluation.

#include <einet/nn/training/tensor.hpp>
#include <einet/nn/workers.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace einet::nn {

/// size() images; fill(i, image) writes the i-th as the network takes it ([height][width][channels] floats,
/// already normalised), from several threads at once; label(i) is its class.
template <class D>
concept LabelledImages = requires(const D& data, std::size_t i, std::span<float> image) {
  { data.size() } -> std::convertible_to<std::size_t>;
  data.fill(i, image);
  { data.label(i) } -> std::convertible_to<std::int32_t>;
};

/// A data set that varies its images in training: fill(i, image, draw) may flip or shift the image by the
/// bits of `draw`, which depend only on seed, epoch and image.
template <class D>
concept AugmentedImages = LabelledImages<D> &&
    requires(const D& data, std::size_t i, std::span<float> image, std::uint64_t draw) {
  data.fill(i, image, draw);
};

/// A batch in memory.
struct Batch {
  Tensor images;
  std::vector<std::int32_t> labels;

  /// Fills the batch with the images `indices` of the data set. `draws` gives the bits of an index for
  /// AugmentedImages; with nullptr images are not varied.
  template <LabelledImages Data, class Draws = std::nullptr_t>
  void gather(Workers& workers, const Data& data, Shape shape, std::span<const std::size_t> indices,
              Draws draws = nullptr) {
    resize(images, indices.size(), shape);
    labels.resize(indices.size());
    float* to = images.data();
    workers.each(indices.size(), detail::grain_of(shape.size()), [&](std::size_t i) {
      const std::span<float> image(to + i * shape.size(), shape.size());
      if constexpr (AugmentedImages<Data> && !std::is_null_pointer_v<Draws>) {
        data.fill(indices[i], image, draws(indices[i]));
      } else {
        data.fill(indices[i], image);
      }
      labels[i] = static_cast<std::int32_t>(data.label(indices[i]));
    });
  }
};

}  // namespace einet::nn
