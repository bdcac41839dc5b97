// A PyTorch model in LibTorch, stopped at random moments. Its parts are TorchScript, written for instance by
//   python3 examples/pytorch/torchscript.py shipped:vgg16 --out parts
// With Debian's OpenBLAS, which has threads of its own, run it as OPENBLAS_NUM_THREADS=1 with_libtorch parts.

#include "images.hpp"

#include <einet/einet.hpp>
#include <einet/engines/libtorch.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <random>
#include <vector>

namespace {

constexpr std::size_t exits = 14, classes = 10, fitted = 500, runs = 200;

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fprintf(stderr, "usage: with_libtorch FOLDER\n");
    return 2;
  }
  at::set_num_threads(1);
  std::vector network = einet::engines::load_torch_blocks<classes>(arguments[1]);
  einet::engines::TorchFeatures features;

  const example::TestImages images;
  const auto load = [&](einet::engines::TorchFeatures& to, std::size_t sample) {
    std::vector<float> planes = images.planes(sample);
    to.load(at::from_blob(planes.data(), {1, 3, 32, 32}).clone());
  };
  // What the planner must know: how long the blocks take, and how their confidences depend on each other.
  const auto times = einet::measure_times<exits>(network, features, load).median;
  const einet::QuadraticPredictor<exits> predictor{einet::fit_quadratic(einet::gather_confidences<exits>(
      network, features, fitted, load, [&](std::size_t sample) { return images.label(sample); }))};

  einet::LocalSlot<einet::Scores<classes>> slot;
  einet::ElasticRunner runner{network, einet::Planner{times, predictor}, slot};
  std::mt19937 random(1);
  std::uniform_real_distribution<double> moment(0, times.total());
  std::size_t answered = 0, right = 0;
  for (std::size_t sample = fitted; sample < fitted + runs; ++sample) {
    load(features, sample);
    runner.run(features, einet::stop_in(std::chrono::duration<double>(moment(random))));
    const auto answer = slot.read();
    if (!answer) continue;
    ++answered;
    if (static_cast<std::size_t>(answer->output.label) == images.label(sample)) ++right;
  }
  std::printf(
      "%zu blocks take %.2f ms; of %zu runs that were stopped, %zu have an answer, %zu the right one\n",
      network.size(), 1e3 * times.total(), runs, answered, right);
} catch (const std::exception& error) {
  std::fprintf(stderr, "with_libtorch: %s\n", error.what());
  return 1;
}
