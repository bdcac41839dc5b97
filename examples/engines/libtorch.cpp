// A PyTorch model in LibTorch, stopped at random moments. Its parts are TorchScript, written for instance by
//   python3 examples/pytorch/torchscript.py shipped:vgg16 --out parts
// With Debian's OpenBLAS, which has threads of its own, run it as OPENBLAS_NUM_THREADS=1 with_libtorch parts.

#include "images.hpp"
#include "stopped_runs.hpp"

#include <einet/engines/libtorch.hpp>
#include <einet/run/stop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <vector>

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fprintf(stderr, "usage: with_libtorch FOLDER\n");
    return 2;
  }
  at::set_num_threads(1);
  std::vector network = einet::engines::load_torch_blocks<example::classes>(arguments[1]);
  einet::engines::TorchFeatures features;

  const example::TestImages images;
  const auto load = [&](einet::engines::TorchFeatures& to, std::size_t sample) {
    std::vector<float> planes = images.planes(sample);
    to.load(at::from_blob(planes.data(), {1, 3, 32, 32}).clone());
  };
  // LibTorch cannot be stopped within a block: the stop is seen between two.
  example::stop_runs(network, features, images, load, [&](auto& runner, double seconds) {
    runner.run(features, einet::stop_in(std::chrono::duration<double>(seconds)));
  });
} catch (const std::exception& error) {
  std::fprintf(stderr, "with_libtorch: %s\n", error.what());
  return 1;
}
