// Writes a tiny data set in MNIST's four files: every class is a bar at a place of its own, with noise. Or
// one in CIFAR-100's two files: every class is a colour of its own. usage: make_images FOLDER [cifar100]

#include <einet/data/dataset.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iostream>
#include <random>
#include <string>

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

/// Records of a coarse label, a fine one, and the planes of red, green and blue.
void write_colours(const std::filesystem::path& path, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::ofstream file(path, std::ios::binary);
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t label = k % 100;
    file.put(static_cast<char>(label / 5)).put(static_cast<char>(label));
    for (const std::size_t shade : {label % 5, label / 5 % 5, label / 25})
      for (std::size_t pixel = 0; pixel < 32 * 32; ++pixel)
        file.put(static_cast<char>(static_cast<std::uint8_t>(50 * shade + random() % 16)));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && !(argc == 3 && std::string(argv[2]) == "cifar100")) {
    std::cerr << "usage: make_images FOLDER [cifar100]\n";
    return 2;
  }
  try {
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    if (argc == 3) {
      write_colours(folder / "train.bin", 400, 1);
      write_colours(folder / "test.bin", 200, 2);
      return 0;
    }
    einet::data::save_idx(bars(200, 1), folder / "train-images-idx3-ubyte.gz",
                          folder / "train-labels-idx1-ubyte.gz");
    einet::data::save_idx(bars(100, 2), folder / "t10k-images-idx3-ubyte", folder / "t10k-labels-idx1-ubyte");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "make_images: " << error.what() << '\n';
    return 1;
  }
}
