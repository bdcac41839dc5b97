// Prints the scores of all exits of TorchScript parts on one image: a line for each exit.
// usage: print_torchscript FOLDER IMAGE CHANNELS HEIGHT WIDTH; the image is a file of 32-bit floats.

#include <einet/engines/libtorch.hpp>

#include <cstddef>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

int main(int count, char** arguments) try {
  if (count != 6) return 2;
  const long channels = std::stol(arguments[3]), height = std::stol(arguments[4]),
             width = std::stol(arguments[5]);
  std::vector<float> pixels(static_cast<std::size_t>(channels * height * width));
  std::ifstream file(arguments[2], std::ios::binary);
  file.read(reinterpret_cast<char*>(pixels.data()),
            static_cast<std::streamsize>(pixels.size() * sizeof(float)));
  if (!file) return 1;
  at::set_num_threads(1);
  einet::engines::TorchFeatures features;
  features.load(at::from_blob(pixels.data(), {1, channels, height, width}).clone());
  for (auto& block : einet::engines::load_torch_blocks<10>(arguments[1])) {
    block.advance(features);
    const at::Tensor scores = block.logits(features);
    for (std::size_t k = 0; k < 10; ++k)
      std::printf("%.9g ", static_cast<double>(scores.data_ptr<float>()[k]));
    std::printf("\n");
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "print_torchscript: %s\n", error.what());
  return 1;
}
