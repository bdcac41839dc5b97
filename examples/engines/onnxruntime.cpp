// An ONNX model in ONNX Runtime, stopped at random moments, also in the midst of a block. Its parts are files
// of their own, written for instance by
//   python3 examples/pytorch/export.py examples/pytorch/shipped.py:vgg16 --shape 3x32x32 --split parts

#include "images.hpp"

#include <einet/einet.hpp>
#include <einet/engines/onnxruntime.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <random>

namespace {

constexpr std::size_t exits = 14, classes = 10, fitted = 500, runs = 200;

}  // namespace

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fprintf(stderr, "usage: with_onnxruntime FOLDER\n");
    return 2;
  }
  const einet::engines::OnnxNetwork<classes> network(arguments[1]);
  einet::engines::OnnxFeatures features = network.make_features();

  const example::TestImages images;
  const auto load = [&](einet::engines::OnnxFeatures& to, std::size_t sample) {
    to.load(images.planes(sample));
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
    const auto stop = einet::stop_in(std::chrono::duration<double>(moment(random)));
    const auto cancel = einet::engines::cancelled_by(stop, features);
    runner.run(features, stop);
    const auto answer = slot.read();
    if (!answer) continue;
    ++answered;
    if (static_cast<std::size_t>(answer->output.label) == images.label(sample)) ++right;
  }
  std::printf(
      "%zu blocks take %.2f ms; of %zu runs that were stopped, %zu have an answer, %zu the right one\n",
      network.size(), 1e3 * times.total(), runs, answered, right);
} catch (const std::exception& error) {
  std::fprintf(stderr, "with_onnxruntime: %s\n", error.what());
  return 1;
}
