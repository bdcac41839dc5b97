#pragma once
// EMNIST (Cohen et al. 2017, https://www.nist.gov/itl/products-and-services/emnist-dataset): handwritten
// letters and digits in six sets of IDX files. Its images are stored transposed, and the labels of its
// letters start at 1.

#include <einet/base/assert.hpp>
#include <einet/data/dataset.hpp>
#include <einet/io/file.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::data {

/// The sets in which EMNIST is published.
enum class Emnist { by_class, by_merge, balanced, letters, digits, mnist };

/// Whether images are turned upright, or left transposed as in EMNIST's files, as networks expect that were
/// trained with a reader that leaves them so (torchvision's does).
enum class Orientation { upright, as_stored };

namespace detail {

struct EmnistSet {
  Emnist set;
  const char* name;  ///< in its files' names
  std::size_t classes;
};

inline constexpr std::array<EmnistSet, 6> emnist_sets{{{Emnist::by_class, "byclass", 62},
                                                       {Emnist::by_merge, "bymerge", 47},
                                                       {Emnist::balanced, "balanced", 47},
                                                       {Emnist::letters, "letters", 26},
                                                       {Emnist::digits, "digits", 10},
                                                       {Emnist::mnist, "mnist", 10}}};

}  // namespace detail

/// Every image mirrored along its diagonal: rows become columns.
[[nodiscard]] inline Dataset transposed(Dataset dataset) {
  const std::vector<std::uint8_t> from = std::move(dataset.pixels);
  std::swap(dataset.height, dataset.width);
  const auto [height, width, channels] = std::array{dataset.height, dataset.width, dataset.channels};
  dataset.pixels.clear();
  dataset.pixels.reserve(from.size());
  for (std::size_t i = 0; i < dataset.count; ++i)
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x) {
        const auto pixel =
            std::span(from).subspan((i * height * width + x * height + y) * channels, channels);
        dataset.pixels.insert(dataset.pixels.end(), pixel.begin(), pixel.end());
      }
  return dataset;
}

/// One half of one set of EMNIST, from the files as published: emnist-balanced-train-images-idx3-ubyte and so
/// on, each with or without `.gz`. Labels start at 0: those of the letters are one less than stored.
/// @throws io::FileError if the folder or a file in it is missing, a letter's label is 0, and as load_idx()
[[nodiscard]] inline Dataset load_emnist_folder(const std::filesystem::path& folder, Emnist set, Split split,
                                                Orientation orientation = Orientation::upright) {
  const detail::EmnistSet& wanted = detail::emnist_sets[static_cast<std::size_t>(set)];
  const std::string prefix =
      std::string("emnist-") + wanted.name + (split == Split::train ? "-train" : "-test");
  const std::size_t first = set == Emnist::letters ? 1 : 0;
  Dataset dataset = detail::load_idx_folder(folder, prefix, wanted.classes + first);
  if (const auto bad = std::find(dataset.labels.begin(), dataset.labels.end(), 0);
      first == 1 && bad != dataset.labels.end())
    EINET_THROW(io::FileError(detail::idx_file(folder, prefix + "-labels", "idx1"),
                              "label " + std::to_string(bad - dataset.labels.begin()),
                              "is 0, expected 1 to 26 for the letters"));
  for (std::uint8_t& label : dataset.labels) label = static_cast<std::uint8_t>(label - first);
  dataset.classes = wanted.classes;
  return orientation == Orientation::upright ? transposed(std::move(dataset)) : dataset;
}

}  // namespace einet::data
