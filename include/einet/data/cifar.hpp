#pragma once
// CIFAR-10 and CIFAR-100 in their binary version (https://www.cs.toronto.edu/~kriz/cifar.html): records of
// one label byte, or a coarse and a fine one, and an image of 32 × 32 pixels in three planes, red, green,
// blue.

#include <einet/base/assert.hpp>
#include <einet/data/dataset.hpp>
#include <einet/io/file.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet::data {

/// Which labels of CIFAR-100 to load: its 100 classes, or the 20 superclasses that they belong to.
enum class CifarLabels { fine, coarse };

namespace detail {

inline constexpr std::size_t cifar_side = 32;
inline constexpr std::size_t cifar_plane = cifar_side * cifar_side;
inline constexpr std::size_t cifar_channels = 3;

/// A label byte of a record.
struct CifarLabel {
  const char* name;  ///< for messages
  std::size_t classes;
};

/// Adds the records of one file; the label byte `wanted` becomes the images' label.
inline void add_cifar_records(Dataset& dataset, const std::filesystem::path& path,
                              std::span<const CifarLabel> labels, std::size_t wanted) {
  io::InputFile file(path);
  std::vector<std::uint8_t> record(labels.size() + cifar_channels * cifar_plane);
  if (file.size() == 0) EINET_THROW(io::FileError(path, "size", "the file is empty"));
  if (file.size() % record.size() != 0)
    EINET_THROW(io::FileError(path, "size",
                              "is " + std::to_string(file.size()) + " bytes, expected a multiple of the " +
                                  std::to_string(record.size()) + " of a record"));
  const auto records = static_cast<std::size_t>(file.size() / record.size());
  dataset.labels.reserve(dataset.labels.size() + records);
  dataset.pixels.reserve(dataset.pixels.size() + records * cifar_channels * cifar_plane);
  for (std::size_t r = 0; r < records; ++r) {
    file.read(record, "record " + std::to_string(r));
    for (std::size_t l = 0; l < labels.size(); ++l)
      if (record[l] >= labels[l].classes)
        EINET_THROW(io::FileError(
            path, std::string(labels[l].name) + " of record " + std::to_string(r),
            "is " + std::to_string(record[l]) + ", expected less than " + std::to_string(labels[l].classes)));
    dataset.labels.push_back(record[wanted]);
    const auto planes = std::span(record).subspan(labels.size());
    for (std::size_t pixel = 0; pixel < cifar_plane; ++pixel)
      for (std::size_t c = 0; c < cifar_channels; ++c)
        dataset.pixels.push_back(planes[c * cifar_plane + pixel]);
  }
  dataset.count += records;
}

inline Dataset load_cifar(std::span<const std::filesystem::path> paths, std::span<const CifarLabel> labels,
                          std::size_t wanted) {
  if (paths.empty()) EINET_THROW(std::invalid_argument("CIFAR: no files are named"));
  Dataset dataset{.count = 0,
                  .height = cifar_side,
                  .width = cifar_side,
                  .channels = cifar_channels,
                  .pixels = {},
                  .labels = {},
                  .classes = labels[wanted].classes};
  for (const std::filesystem::path& path : paths) add_cifar_records(dataset, path, labels, wanted);
  return dataset;
}

/// `folder`/`name`, which must be there.
inline std::filesystem::path cifar_file(const std::filesystem::path& folder, const std::string& name) {
  std::filesystem::path path = folder / name;
  if (std::filesystem::exists(path)) return path;
  for (const char* ending : {".xz", ".gz"}) {
    const std::string packed = name + ending;
    if (std::filesystem::exists(folder / packed))
      EINET_THROW(io::FileError(path, "", "no such file; unpack " + packed + " first"));
  }
  EINET_THROW(io::FileError(path, "", "no such file"));
}

}  // namespace detail

/// Images [count][32][32][3] of ten classes, all files one after the other.
/// @param paths of files of 3,073 bytes a record
/// @throws io::FileError naming file and field: missing, empty, not a multiple of a record, a label that is
/// not a class; std::invalid_argument if no file is named
[[nodiscard]] inline Dataset load_cifar10(std::span<const std::filesystem::path> paths) {
  constexpr std::array<detail::CifarLabel, 1> labels{{{"label", 10}}};
  return detail::load_cifar(paths, labels, 0);
}

/// Images [count][32][32][3] of a hundred classes or of twenty, all files one after the other.
/// @param paths of files of 3,074 bytes a record
/// @throws as load_cifar10(); both labels are checked
[[nodiscard]] inline Dataset load_cifar100(std::span<const std::filesystem::path> paths,
                                           CifarLabels wanted = CifarLabels::fine) {
  constexpr std::array<detail::CifarLabel, 2> labels{{{"coarse label", 20}, {"fine label", 100}}};
  return detail::load_cifar(paths, labels, wanted == CifarLabels::fine ? 1 : 0);
}

/// CIFAR-10 as published: data_batch_1.bin to data_batch_5.bin, and test_batch.bin.
/// @throws io::FileError naming the file that is missing, and as load_cifar10()
[[nodiscard]] inline Dataset load_cifar10_folder(const std::filesystem::path& folder, Split split) {
  std::vector<std::filesystem::path> paths;
  if (split == Split::test) paths.push_back(detail::cifar_file(folder, "test_batch.bin"));
  for (int batch = 1; split == Split::train && batch <= 5; ++batch)
    paths.push_back(detail::cifar_file(folder, "data_batch_" + std::to_string(batch) + ".bin"));
  return load_cifar10(paths);
}

/// CIFAR-100 as published: train.bin and test.bin.
/// @throws io::FileError naming the file that is missing, and as load_cifar100()
[[nodiscard]] inline Dataset load_cifar100_folder(const std::filesystem::path& folder, Split split,
                                                  CifarLabels wanted = CifarLabels::fine) {
  const std::array paths{detail::cifar_file(folder, split == Split::train ? "train.bin" : "test.bin")};
  return load_cifar100(paths, wanted);
}

}  // namespace einet::data
