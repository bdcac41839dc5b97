// Writes a tiny data set in MNIST's four files: every class is a bar at a place of its own, with noise.
// usage: make_images FOLDER

#include <einet/data/dataset.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <random>

namespace {

einet::data::Dataset bars(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  einet::data::Dataset set{
      .count = count, .height = 28, .width = 28, .channels = 1, .pixels = {}, .labels = {}, .classes = 10};
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t label = k % 10;
    set.labels.push_back(static_cast<std::uint8_t>(label));
    for (std::size_t y = 0; y < 28; ++y)
      for (std::size_t x = 0; x < 28; ++x) {
        const bool on = label < 5 ? y / 5 == label : x / 5 == label - 5;
        set.pixels.push_back(static_cast<std::uint8_t>((on ? 160 : 20) + random() % 80));
      }
  }
  return set;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_images FOLDER\n";
    return 2;
  }
  try {
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    einet::data::save_idx(bars(200, 1), folder / "train-images-idx3-ubyte.gz",
                          folder / "train-labels-idx1-ubyte.gz");
    einet::data::save_idx(bars(100, 2), folder / "t10k-images-idx3-ubyte", folder / "t10k-labels-idx1-ubyte");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "make_images: " << error.what() << '\n';
    return 1;
  }
}
