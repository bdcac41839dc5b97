#include "../io/files.hpp"
#include "catch.hpp"
#include "support.hpp"

#include <einet/data/cifar.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

namespace fs = std::filesystem;
using namespace einet::data;
using einet::test::ContainsSubstring;
using einet::test::write_text;

namespace {

/// A scratch folder that goes with the test.
struct Scratch {
  fs::path path = einet::test::scratch_folder("cifar");
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { fs::remove_all(path); }
};

/// Labels first, then red, green and blue one after the other, as the data set's page describes a record.
std::string record_of(const std::vector<int>& labels, std::mt19937& random, std::string& planes) {
  planes.clear();
  for (std::size_t i = 0; i < 3 * 32 * 32; ++i) planes.push_back(static_cast<char>(random()));
  std::string record;
  for (const int label : labels) record.push_back(static_cast<char>(label));
  return record + planes;
}

void expect_image(const Dataset& dataset, std::size_t index, const std::string& planes) {
  const auto image = dataset.image(index);
  for (std::size_t y = 0; y < 32; ++y)
    for (std::size_t x = 0; x < 32; ++x)
      for (std::size_t c = 0; c < 3; ++c)
        REQUIRE(image[(y * 32 + x) * 3 + c] == static_cast<std::uint8_t>(planes[c * 1024 + y * 32 + x]));
}

}  // namespace

TEST_CASE("CIFAR-10's batches are joined in order, planes become channels", "[data][cifar]") {
  const std::uint32_t seed = 41;
  CAPTURE(seed);
  std::mt19937 random(seed);
  const Scratch folder;
  std::vector<std::string> planes;
  std::vector<std::uint8_t> labels;
  std::vector<fs::path> paths;
  for (const std::size_t records : {2U, 1U, 3U}) {
    std::string bytes;
    for (std::size_t r = 0; r < records; ++r) {
      labels.push_back(static_cast<std::uint8_t>(random() % 10));
      bytes += record_of({labels.back()}, random, planes.emplace_back());
    }
    paths.push_back(folder.path / std::to_string(paths.size()));
    write_text(paths.back(), bytes);
  }
  const Dataset dataset = load_cifar10(paths);
  CHECK(dataset.count == 6);
  CHECK(dataset.height == 32);
  CHECK(dataset.width == 32);
  CHECK(dataset.channels == 3);
  CHECK(dataset.classes == 10);
  CHECK(dataset.labels == labels);
  REQUIRE(dataset.pixels.size() == 6 * dataset.image_size());
  for (std::size_t i = 0; i < 6; ++i) expect_image(dataset, i, planes[i]);
}

TEST_CASE("CIFAR-100's records yield the fine or the coarse label", "[data][cifar]") {
  std::mt19937 random(42);
  const Scratch folder;
  std::array<std::string, 2> planes;
  write_text(folder.path / "test.bin",
             record_of({19, 99}, random, planes[0]) + record_of({0, 20}, random, planes[1]));
  write_text(folder.path / "train.bin", record_of({7, 3}, random, planes[1]));
  const Dataset fine = load_cifar100_folder(folder.path, Split::test);
  CHECK(fine.labels == std::vector<std::uint8_t>{99, 20});
  CHECK(fine.classes == 100);
  expect_image(fine, 0, planes[0]);
  const Dataset coarse = load_cifar100_folder(folder.path, Split::test, CifarLabels::coarse);
  CHECK(coarse.labels == std::vector<std::uint8_t>{19, 0});
  CHECK(coarse.classes == 20);
  CHECK(coarse.pixels == fine.pixels);
  CHECK(load_cifar100_folder(folder.path, Split::train).labels == std::vector<std::uint8_t>{3});
}

TEST_CASE("a CIFAR file that is cut off at any place but between records is refused by its size",
          "[data][cifar]") {
  std::mt19937 random(43);
  const Scratch folder;
  const std::vector<fs::path> paths{folder.path / "b.bin"};
  std::string planes;
  const std::string good = record_of({1}, random, planes) + record_of({2}, random, planes);
  for (const std::size_t length : {1U, 3072U, 3074U, 6145U}) {
    write_text(paths[0], good.substr(0, length));
    CHECK_THROWS_WITH(load_cifar10(paths),
                      ContainsSubstring("b.bin: size: is " + std::to_string(length) +
                                        " bytes, expected a multiple of the 3073 of a record"));
  }
  write_text(paths[0], good);
  CHECK_NOTHROW(load_cifar10(paths));
  CHECK_THROWS_WITH(load_cifar100(paths), ContainsSubstring("b.bin: size: ") && ContainsSubstring("3074"));
  write_text(paths[0], "");
  CHECK_THROWS_WITH(load_cifar10(paths), ContainsSubstring("b.bin: size: the file is empty"));
  CHECK_THROWS_AS(load_cifar10({}), std::invalid_argument);
}

TEST_CASE("a CIFAR label that is not a class is refused with its record, a missing file with its name",
          "[data][cifar]") {
  std::mt19937 random(44);
  const Scratch folder;
  const std::vector<fs::path> paths{folder.path / "b.bin"};
  std::string planes;
  const std::string good = record_of({9}, random, planes);
  write_text(paths[0], good + record_of({10}, random, planes));
  CHECK_THROWS_WITH(load_cifar10(paths),
                    ContainsSubstring("b.bin: label of record 1: is 10, expected less than 10"));
  write_text(paths[0], record_of({20, 0}, random, planes));
  CHECK_THROWS_WITH(load_cifar100(paths),
                    ContainsSubstring("b.bin: coarse label of record 0: is 20, expected less than 20"));
  write_text(paths[0], record_of({0, 100}, random, planes));
  CHECK_THROWS_WITH(load_cifar100(paths, CifarLabels::coarse),
                    ContainsSubstring("b.bin: fine label of record 0: is 100, expected less than 100"));

  for (int batch = 1; batch <= 4; ++batch)
    write_text(folder.path / ("data_batch_" + std::to_string(batch) + ".bin"), good);
  CHECK_THROWS_WITH(load_cifar10_folder(folder.path, Split::train),
                    ContainsSubstring("data_batch_5.bin: no such file"));
  write_text(folder.path / "data_batch_5.bin.xz", "packed");
  CHECK_THROWS_WITH(load_cifar10_folder(folder.path, Split::train),
                    ContainsSubstring("data_batch_5.bin: no such file; unpack data_batch_5.bin.xz first"));
  write_text(folder.path / "data_batch_5.bin", good);
  CHECK(load_cifar10_folder(folder.path, Split::train).count == 5);
  CHECK_THROWS_WITH(load_cifar10_folder(folder.path, Split::test),
                    ContainsSubstring("test_batch.bin: no such file"));
  CHECK_THROWS_WITH(load_cifar100_folder(folder.path, Split::train),
                    ContainsSubstring("train.bin: no such file"));
  CHECK_THROWS_AS(load_cifar100_folder(folder.path, Split::test), einet::io::FileError);
}

TEST_CASE("the published CIFAR-10 is read as the pictures it holds", "[data][cifar][data]") {
  const fs::path packed = einet::test::outside_data() / "cifar10";
  if (!fs::exists(packed / "test_batch.bin.xz")) {
    WARN(packed << " is not here: not tested");
    return;
  }
  const Scratch folder;
  std::vector<fs::path> paths;
  for (const std::string name : {"test_batch.bin", "data_batch_1.bin"}) {
    paths.push_back(folder.path / name);
    const std::string unpack =
        "xz -dc '" + (packed / (name + ".xz")).string() + "' > '" + paths.back().string() + "' 2> /dev/null";
    if (std::system(unpack.c_str()) != 0) {
      WARN("xz is not here to unpack " << packed << ": not tested");
      return;
    }
    if (einet::test::cases(2) < 2) break;
  }
  const Dataset dataset = load_cifar10(paths);
  REQUIRE(dataset.count == 10000 * paths.size());
  std::array<std::size_t, 10> per_class{};
  for (std::size_t i = 0; i < 10000; ++i) ++per_class[dataset.labels[i]];
  CHECK(std::all_of(per_class.begin(), per_class.end(), [](std::size_t n) { return n == 1000; }));

  // What is known about these pictures: how bright each channel is on average, and that neighbours are alike.
  std::array<double, 3> sum{};
  double down = 0, right = 0;
  const std::size_t images = 2000;
  for (std::size_t i = 0; i < images; ++i) {
    const auto image = dataset.image(i * dataset.count / images);
    const auto at = [&](std::size_t y, std::size_t x, std::size_t c) {
      return static_cast<double>(image[(y * 32 + x) * 3 + c]);
    };
    for (std::size_t y = 0; y < 31; ++y)
      for (std::size_t x = 0; x < 31; ++x)
        for (std::size_t c = 0; c < 3; ++c) {
          sum[c] += at(y, x, c);
          down += std::abs(at(y, x, c) - at(y + 1, x, c));
          right += std::abs(at(y, x, c) - at(y, x + 1, c));
        }
  }
  const double seen = static_cast<double>(images) * 31 * 31;
  CHECK_THAT(sum[0] / seen, einet::test::WithinAbs(125.3, 4));
  CHECK_THAT(sum[1] / seen, einet::test::WithinAbs(123.0, 4));
  CHECK_THAT(sum[2] / seen, einet::test::WithinAbs(113.9, 4));
  CHECK(down / (3 * seen) < 20);
  CHECK(right / (3 * seen) < 20);
}
