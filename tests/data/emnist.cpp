#include "../io/files.hpp"
#include "catch.hpp"
#include "support.hpp"

#include <einet/data/emnist.hpp>

#include <algorithm>
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

/// The names in the published archive, with their numbers of classes and lowest labels, written down again
/// here.
struct Published {
  Emnist set;
  std::string name;
  std::size_t classes;
  std::uint8_t least;
};
const std::vector<Published> published{
    {Emnist::by_class, "byclass", 62, 0},  {Emnist::by_merge, "bymerge", 47, 0},
    {Emnist::balanced, "balanced", 47, 0}, {Emnist::letters, "letters", 26, 1},
    {Emnist::digits, "digits", 10, 0},     {Emnist::mnist, "mnist", 10, 0}};

/// Two rows of three pixels as EMNIST has them: by columns.
const std::vector<std::uint8_t> upright{1, 2, 3, 4, 5, 6}, stored{1, 4, 2, 5, 3, 6};

void save(const fs::path& folder, const std::string& start, const std::string& joint, const std::string& end,
          const std::vector<std::uint8_t>& labels) {
  std::vector<std::uint8_t> pixels;
  for (std::size_t i = 0; i < labels.size(); ++i) pixels.insert(pixels.end(), stored.begin(), stored.end());
  write_idx(folder / (start + "-images" + joint + "idx3-ubyte" + end),
            std::vector<std::size_t>{labels.size(), 3, 2}, pixels);
  write_idx(folder / (start + "-labels" + joint + "idx1-ubyte" + end),
            std::vector<std::size_t>{labels.size()}, labels);
}

}  // namespace

TEST_CASE("every set of EMNIST is read by folder, its classes counted from 0 and its images upright",
          "[data][emnist]") {
  const auto folder = einet::test::scratch_folder("emnist");
  for (const auto& [set, name, classes, least] : published) {
    CAPTURE(name);
    const auto most = static_cast<std::uint8_t>(least + classes - 1);
    save(folder, "emnist-" + name + "-train", "-", ".gz", {least, most, least});
    save(folder, "emnist-" + name + "-test", ".", "", {most});
    const Dataset train = load_emnist_folder(folder, set, Split::train);
    CHECK(train.classes == classes);
    CHECK(train.labels == std::vector<std::uint8_t>{0, static_cast<std::uint8_t>(classes - 1), 0});
    CHECK(train.height == 2);
    CHECK(train.width == 3);
    CHECK(std::ranges::equal(train.image(2), upright));
    const Dataset test = load_emnist_folder(folder, set, Split::test, Orientation::as_stored);
    CHECK(test.labels == std::vector<std::uint8_t>{static_cast<std::uint8_t>(classes - 1)});
    CHECK(test.height == 3);
    CHECK(std::ranges::equal(test.image(0), stored));
    CHECK(test.classes == classes);

    save(folder, "emnist-" + name + "-test", ".", "", {most, static_cast<std::uint8_t>(most + 1)});
    CHECK_THROWS_WITH(load_emnist_folder(folder, set, Split::test),
                      ContainsSubstring("emnist-" + name + "-test-labels.idx1-ubyte: label 1: is " +
                                        std::to_string(most + 1)));
  }
}

TEST_CASE("a label that is no letter, and a set that is not there, are refused by file", "[data][emnist]") {
  const auto folder = einet::test::scratch_folder("emnist");
  save(folder, "emnist-letters-train", "-", "", {1, 26, 0});
  CHECK_THROWS_WITH(
      load_emnist_folder(folder, Emnist::letters, Split::train),
      ContainsSubstring("emnist-letters-train-labels-idx1-ubyte: label 2: is 0, expected 1 to 26"));
  CHECK_THROWS_WITH(load_emnist_folder(folder, Emnist::balanced, Split::test),
                    ContainsSubstring("holds no emnist-balanced-test-images-idx3-ubyte"));
  CHECK_THROWS_WITH(load_emnist_folder(folder / "none", Emnist::balanced, Split::test),
                    ContainsSubstring("no such folder"));
}

TEST_CASE("an image transposed has its pixel (y, x) where (x, y) was, whole pixels in colour",
          "[data][emnist]") {
  const std::uint32_t seed = 3;
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (const std::size_t channels : {1U, 3U}) {
    Dataset set{
        .count = 4, .height = 5, .width = 7, .channels = channels, .pixels = {}, .labels = {1, 2, 3, 4}};
    for (std::size_t i = 0; i < set.count * set.image_size(); ++i)
      set.pixels.push_back(static_cast<std::uint8_t>(random()));
    const Dataset turned = transposed(set);
    REQUIRE(turned.height == 7);
    REQUIRE(turned.width == 5);
    CHECK(turned.labels == set.labels);
    for (std::size_t i = 0; i < 4; ++i)
      for (std::size_t y = 0; y < 7; ++y)
        for (std::size_t x = 0; x < 5; ++x)
          for (std::size_t c = 0; c < channels; ++c)
            REQUIRE(turned.image(i)[(y * 5 + x) * channels + c] == set.image(i)[(x * 7 + y) * channels + c]);
    CHECK(transposed(turned).pixels == set.pixels);
  }
}
