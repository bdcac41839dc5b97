#pragma once
// Labelled images in memory, read from and written to pairs of IDX files such as MNIST's.

#include <einet/base/assert.hpp>
#include <einet/data/idx.hpp>
#include <einet/io/file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::data {

/// Images of one size with their classes.
struct Dataset {
  std::size_t count = 0;
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 1;
  std::vector<std::uint8_t> pixels;  ///< [count][height][width][channels]
  std::vector<std::uint8_t> labels;  ///< [count], each below `classes`
  std::size_t classes = 0;

  /// Pixels of one image.
  [[nodiscard]] std::size_t image_size() const noexcept { return height * width * channels; }

  /// Image `index`, [height][width][channels]. Precondition: index < count.
  [[nodiscard]] std::span<const std::uint8_t> image(std::size_t index) const noexcept {
    EINET_ASSERT(index < count);
    return std::span(pixels).subspan(index * image_size(), image_size());
  }
};

/// Images [count][height][width] or [count][height][width][channels] and their labels [count].
/// @throws io::FileError naming the file: as read_idx(); no images, different numbers of labels and images, a
/// label that is not below `classes`
[[nodiscard]] inline Dataset load_idx(const std::filesystem::path& images_path,
                                      const std::filesystem::path& labels_path, std::size_t classes = 10) {
  IdxArray images = read_idx(images_path);
  IdxArray labels = read_idx(labels_path);
  const auto& shape = images.shape;
  if (shape.size() < 3)
    EINET_THROW(io::FileError(images_path, "magic number",
                              std::to_string(shape.size()) + " dimensions, expected the 3 or 4 of images"));
  if (labels.shape.size() != 1)
    EINET_THROW(io::FileError(labels_path, "magic number",
                              std::to_string(labels.shape.size()) + " dimensions, expected the 1 of labels"));
  if (images.values.empty())
    EINET_THROW(io::FileError(images_path, "size", "no images, or images without pixels"));
  if (labels.shape[0] != shape[0])
    EINET_THROW(io::FileError(labels_path, "size",
                              std::to_string(labels.shape[0]) + " labels for the " +
                                  std::to_string(shape[0]) + " images of " + images_path.string()));
  const auto bad = std::find_if(labels.values.begin(), labels.values.end(),
                                [&](std::uint8_t label) { return label >= classes; });
  if (bad != labels.values.end())
    EINET_THROW(
        io::FileError(labels_path, "label " + std::to_string(bad - labels.values.begin()),
                      "is " + std::to_string(*bad) + ", expected less than " + std::to_string(classes)));
  return {.count = shape[0],
          .height = shape[1],
          .width = shape[2],
          .channels = shape.size() == 4 ? shape[3] : 1,
          .pixels = std::move(images.values),
          .labels = std::move(labels.values),
          .classes = classes};
}

/// Writes a data set for load_idx(); each file is gzip-compressed when its name ends in `.gz`.
/// @throws io::FileError if writing fails
inline void save_idx(const Dataset& dataset, const std::filesystem::path& images_path,
                     const std::filesystem::path& labels_path) {
  std::vector<std::size_t> shape{dataset.count, dataset.height, dataset.width};
  if (dataset.channels != 1) shape.push_back(dataset.channels);
  write_idx(images_path, shape, dataset.pixels);
  write_idx(labels_path, std::span(shape).first(1), dataset.labels);
}

/// Images first, first + 1, … of `dataset`, at most `count` of them.
[[nodiscard]] inline Dataset slice(const Dataset& dataset, std::size_t first, std::size_t count) {
  first = (std::min)(first, dataset.count);
  count = (std::min)(count, dataset.count - first);
  const auto pixels =
      std::span(dataset.pixels).subspan(first * dataset.image_size(), count * dataset.image_size());
  const auto labels = std::span(dataset.labels).subspan(first, count);
  return {.count = count,
          .height = dataset.height,
          .width = dataset.width,
          .channels = dataset.channels,
          .pixels = {pixels.begin(), pixels.end()},
          .labels = {labels.begin(), labels.end()},
          .classes = dataset.classes};
}

/// Which half of a published data set.
enum class Split { train, test };

namespace detail {

/// The path in `folder` of the IDX file "PREFIX-KIND-ubyte", as published, or "PREFIX.KIND-ubyte", as some
/// unpackers name it, with or without `.gz`. Folders of such a name are ignored.
/// @throws io::FileError if it has none
inline std::filesystem::path idx_file(const std::filesystem::path& folder, const std::string& prefix,
                                      const std::string& kind) {
  for (const char* const joint : {"-", "."})
    for (const char* const ending : {"", ".gz"}) {
      std::string name = prefix;
      name.append(joint).append(kind).append("-ubyte").append(ending);
      std::filesystem::path candidate = folder / name;
      if (std::filesystem::is_regular_file(candidate)) return candidate;
    }
  EINET_THROW(io::FileError(
      folder, "",
      "holds no " + prefix + "-" + kind + "-ubyte (or with .gz, or with a dot before " + kind + ")"));
}

/// The images and labels in `folder` whose names begin with `prefix`.
inline Dataset load_idx_folder(const std::filesystem::path& folder, const std::string& prefix,
                               std::size_t classes) {
  if (!std::filesystem::is_directory(folder))
    EINET_THROW(io::FileError(folder, "",
                              "no such folder; Fashion-MNIST is Debian's package dataset-fashion-mnist, in "
                              "/usr/share/datasets/fashion-mnist"));
  const std::filesystem::path images = idx_file(folder, prefix + "-images", "idx3");
  return load_idx(images, idx_file(folder, prefix + "-labels", "idx1"), classes);
}

}  // namespace detail

/// MNIST, Fashion-MNIST and others published as the same four files, each with or without `.gz`, and with a
/// dash or a dot before `idx`.
/// @throws io::FileError if the folder or a file in it is missing, and as load_idx()
[[nodiscard]] inline Dataset load_mnist_folder(const std::filesystem::path& folder, Split split,
                                               std::size_t classes = 10) {
  return detail::load_idx_folder(folder, split == Split::train ? "train" : "t10k", classes);
}

/// One image as the input of a network: [height][width][channels] floats (pixel / 255 - mean) / stddev,
/// centred (an odd spare row or column goes below or to the right). The border is black before normalisation,
/// that is -mean / stddev, as if the image were larger. Preconditions: height and width at least the image's;
/// out.size() == height · width · channels; stddev > 0.
inline void fill_image(const Dataset& dataset, std::size_t index, std::span<float> out,
                       std::size_t height = 32, std::size_t width = 32, float mean = 0.f,
                       float stddev = 1.f) noexcept {
  EINET_ASSERT(height >= dataset.height && width >= dataset.width && stddev > 0.f);
  EINET_ASSERT(out.size() == height * width * dataset.channels);
  const std::span<const std::uint8_t> image = dataset.image(index);
  const std::size_t row = dataset.width * dataset.channels;
  const std::size_t left = (width - dataset.width) / 2 * dataset.channels;
  const std::size_t top = (height - dataset.height) / 2;
  std::fill(out.begin(), out.end(), (0.f - mean) / stddev);
  for (std::size_t y = 0; y < dataset.height; ++y)
    for (std::size_t x = 0; x < row; ++x)
      out[(top + y) * width * dataset.channels + left + x] =
          (static_cast<float>(image[y * row + x]) / 255.f - mean) / stddev;
}

}  // namespace einet::data
