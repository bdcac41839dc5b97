#pragma once
// The test images that are shipped with the networks for CIFAR-10, as these networks want them.

#include <einet/data/dataset.hpp>

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

namespace example {

/// Images of 32 × 32 × 3 and their labels.
class TestImages {
 public:
  [[nodiscard]] std::size_t count() const noexcept { return images_.count; }
  [[nodiscard]] std::size_t label(std::size_t index) const noexcept { return images_.labels[index]; }

  /// [height][width][channels], as einet has them.
  [[nodiscard]] std::vector<float> pixels(std::size_t index) const {
    std::vector<float> pixels(images_.image_size());
    einet::data::fill_image(images_, index, pixels, 32, 32, .473363f, .251569f);
    return pixels;
  }
  /// [channels][height][width], as PyTorch and ONNX have them.
  [[nodiscard]] std::vector<float> planes(std::size_t index) const {
    const std::vector<float> from = pixels(index);
    std::vector<float> planes(from.size());
    const std::size_t size = from.size() / images_.channels;
    for (std::size_t i = 0; i < from.size(); ++i)
      planes[i % images_.channels * size + i / images_.channels] = from[i];
    return planes;
  }

 private:
  static inline const std::filesystem::path folder = EINET_SOURCE_DIR "/examples/data/cifar10";
  einet::data::Dataset images_ =
      einet::data::load_idx(folder / "test-images-idx3-ubyte.gz", folder / "test-labels-idx1-ubyte.gz");
};

}  // namespace example
