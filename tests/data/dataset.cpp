#include "../io/files.hpp"
#include "catch.hpp"
#include "support.hpp"

#include <einet/data/dataset.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using namespace einet::data;
using einet::io::FileError;
using einet::test::ContainsSubstring;

namespace {

Dataset random_dataset(std::mt19937& random, std::size_t channels) {
  Dataset dataset{.count = 1 + random() % 20,
                  .height = 1 + random() % 9,
                  .width = 1 + random() % 9,
                  .channels = channels,
                  .pixels = {},
                  .labels = {},
                  .classes = 10};
  for (std::size_t i = 0; i < dataset.count * dataset.image_size(); ++i)
    dataset.pixels.push_back(static_cast<std::uint8_t>(random()));
  for (std::size_t i = 0; i < dataset.count; ++i)
    dataset.labels.push_back(static_cast<std::uint8_t>(random() % 10));
  return dataset;
}

void check_equal(const Dataset& a, const Dataset& b) {
  CHECK(a.count == b.count);
  CHECK(a.height == b.height);
  CHECK(a.width == b.width);
  CHECK(a.channels == b.channels);
  CHECK(a.pixels == b.pixels);
  CHECK(a.labels == b.labels);
  CHECK(a.classes == b.classes);
}

}  // namespace

TEST_CASE("a data set comes back from its two files, grey and in colour", "[data][dataset]") {
  const std::uint32_t seed = 1;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto folder = einet::test::scratch_folder("dataset");
  for (const std::size_t channels : {1U, 3U})
    for (const std::string end : {"", ".gz"}) {
      const Dataset dataset = random_dataset(random, channels);
      save_idx(dataset, folder / ("i" + end), folder / ("l" + end));
      check_equal(load_idx(folder / ("i" + end), folder / ("l" + end)), dataset);
    }
}

TEST_CASE("images and labels that do not belong together are refused by file", "[data][dataset]") {
  const auto folder = einet::test::scratch_folder("dataset");
  const fs::path images = folder / "images", labels = folder / "labels";
  const std::vector<std::uint8_t> zeros(12);
  const auto write = [&](const fs::path& path, std::vector<std::size_t> shape,
                         std::vector<std::uint8_t> values) { write_idx(path, shape, values); };
  write(images, {3, 2, 2}, zeros);
  write(labels, {3}, {0, 9, 10});
  CHECK_THROWS_WITH(load_idx(images, labels),
                    ContainsSubstring("labels: label 2: is 10, expected less than 10"));
  CHECK(load_idx(images, labels, 11).classes == 11);
  write(labels, {2}, {0, 1});
  CHECK_THROWS_WITH(load_idx(images, labels), ContainsSubstring("2 labels for the 3 images"));
  write(labels, {3, 1}, {0, 1, 2});
  CHECK_THROWS_WITH(load_idx(images, labels), ContainsSubstring("labels: magic number: 2 dimensions"));
  write(labels, {3}, {0, 1, 2});
  CHECK_THROWS_WITH(load_idx(labels, labels), ContainsSubstring("labels: magic number: 1 dimensions"));
  write(images, {3, 0, 2}, {});
  CHECK_THROWS_WITH(load_idx(images, labels), ContainsSubstring("images: size: no images"));
  write(images, {0, 2, 2}, {});
  write(labels, {0}, {});
  CHECK_THROWS_WITH(load_idx(images, labels), ContainsSubstring("images: size: no images"));
}

TEST_CASE("a missing folder's error names the package to install, a missing file's the file",
          "[data][dataset]") {
  const auto folder = einet::test::scratch_folder("dataset");
  CHECK_THROWS_WITH(load_mnist_folder(folder / "none", Split::test),
                    ContainsSubstring("none") && ContainsSubstring("dataset-fashion-mnist"));
  CHECK_THROWS_WITH(
      load_mnist_folder(folder, Split::train),
      ContainsSubstring("holds no train-images-idx3-ubyte (or with .gz, or with a dot before idx3)"));
}

TEST_CASE("a folder's two splits are found with and without .gz", "[data][dataset]") {
  const auto folder = einet::test::scratch_folder("dataset");
  std::mt19937 random(2);
  const Dataset train = random_dataset(random, 1), test = random_dataset(random, 1);
  save_idx(train, folder / "train-images-idx3-ubyte.gz", folder / "train-labels-idx1-ubyte");
  save_idx(test, folder / "t10k-images-idx3-ubyte", folder / "t10k-labels-idx1-ubyte.gz");
  check_equal(load_mnist_folder(folder, Split::train), train);
  check_equal(load_mnist_folder(folder, Split::test), test);
}

TEST_CASE("files are found with a dot before idx, plain and packed, next to folders of their name",
          "[data][dataset]") {
  const auto folder = einet::test::scratch_folder("dataset");
  std::mt19937 random(5);
  const Dataset train = random_dataset(random, 1), test = random_dataset(random, 1);
  fs::create_directory(folder / "train-images-idx3-ubyte");  // as one popular archive unpacks
  save_idx(train, folder / "train-images.idx3-ubyte", folder / "train-labels.idx1-ubyte.gz");
  save_idx(test, folder / "t10k-images.idx3-ubyte.gz", folder / "t10k-labels-idx1-ubyte");
  check_equal(load_mnist_folder(folder, Split::train), train);
  check_equal(load_mnist_folder(folder, Split::test), test);
}

TEST_CASE("a folder of MNIST's names may hold another number of classes", "[data][dataset]") {
  const auto folder = einet::test::scratch_folder("dataset");
  Dataset many{.count = 2, .height = 1, .width = 1, .channels = 1, .pixels = {5, 6}, .labels = {0, 48}};
  save_idx(many, folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte");
  CHECK_THROWS_WITH(load_mnist_folder(folder, Split::train), ContainsSubstring("expected less than 10"));
  CHECK(load_mnist_folder(folder, Split::train, 49).classes == 49);
}

TEST_CASE("a slice holds the images asked for, and no more than there are", "[data][dataset]") {
  std::mt19937 random(3);
  const Dataset all = random_dataset(random, 3);
  for (std::size_t first = 0; first <= all.count + 1; ++first)
    for (std::size_t count = 0; count <= all.count + 1; ++count) {
      const Dataset part = slice(all, first, count);
      std::size_t expected = 0;
      for (std::size_t i = first; i < first + count && i < all.count; ++i, ++expected) {
        REQUIRE(part.labels[expected] == all.labels[i]);
        REQUIRE(std::equal(all.image(i).begin(), all.image(i).end(), part.image(expected).begin()));
      }
      REQUIRE(part.count == expected);
      REQUIRE(part.pixels.size() == expected * all.image_size());
      REQUIRE(part.labels.size() == expected);
    }
}

TEST_CASE("an image is normalised in the middle of black", "[data][dataset]") {
  std::mt19937 random(4);
  for (std::size_t i = 0; i < einet::test::cases(50); ++i) {
    const std::size_t channels = 1 + 2 * (i % 2);
    const Dataset dataset = random_dataset(random, channels);
    const std::size_t height = dataset.height + random() % 6, width = dataset.width + random() % 6;
    std::vector<float> out(height * width * channels, 99.f);
    fill_image(dataset, dataset.count - 1, out, height, width, .25f, .5f);
    const std::size_t top = (height - dataset.height) / 2, left = (width - dataset.width) / 2;
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x)
        for (std::size_t c = 0; c < channels; ++c) {
          const bool inside = y >= top && y < top + dataset.height && x >= left && x < left + dataset.width;
          const double pixel =
              inside ? dataset.pixels[(((dataset.count - 1) * dataset.height + y - top) * dataset.width + x -
                                       left) *
                                          channels +
                                      c]
                     : 0.;
          REQUIRE_THAT(static_cast<double>(out[(y * width + x) * channels + c]),
                       einet::test::WithinAbs((pixel / 255 - .25) / .5, 1e-6));
        }
  }
}

TEST_CASE("published data sets are read whole", "[data][dataset][data]") {
  const fs::path folder =
      GENERATE(fs::path("/usr/share/datasets/fashion-mnist"), einet::test::outside_data() / "mnist");
  if (!fs::exists(folder)) {
    WARN(folder << " is not here: not tested");
    return;
  }
  const Split split = GENERATE(Split::train, Split::test);
  const Dataset dataset = load_mnist_folder(folder, split);
  CHECK(dataset.count == (split == Split::train ? 60000 : 10000));
  CHECK(dataset.height == 28);
  CHECK(dataset.width == 28);
  CHECK(dataset.channels == 1);
  std::array<std::size_t, 10> per_class{};
  for (const std::uint8_t label : dataset.labels) ++per_class[label];
  for (const std::size_t count : per_class) CHECK(count > dataset.count / 12);
  // Padded as a network wants it, the corners are black and the image is not.
  std::vector<float> out(32 * 32);
  fill_image(dataset, 0, out);
  CHECK(out.front() == 0.f);
  CHECK(*std::max_element(out.begin(), out.end()) > .9f);
}
