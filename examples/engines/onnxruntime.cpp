// An ONNX model in ONNX Runtime, stopped at random moments, also in the midst of a block. Its parts are files
// of their own, written for instance by
//   python3 examples/pytorch/export.py examples/pytorch/shipped.py:vgg16 --shape 3x32x32 --split parts

#include "images.hpp"
#include "stopped_runs.hpp"

#include <einet/engines/onnxruntime.hpp>
#include <einet/run/stop.hpp>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>

int main(int count, char** arguments) try {
  if (count != 2) {
    std::fprintf(stderr, "usage: with_onnxruntime FOLDER\n");
    return 2;
  }
  const einet::engines::OnnxNetwork<example::classes> network(arguments[1]);
  einet::engines::OnnxFeatures features = network.make_features();

  const example::TestImages images;
  const auto load = [&](einet::engines::OnnxFeatures& to, std::size_t sample) {
    to.load(images.planes(sample));
  };
  example::stop_runs(network, features, images, load, [&](auto& runner, double seconds) {
    const auto stop = einet::stop_in(std::chrono::duration<double>(seconds));
    const auto cancel = einet::engines::cancelled_by(stop, features);  // within a block, too
    runner.run(features, stop);
  });
} catch (const std::exception& error) {
  std::fprintf(stderr, "with_onnxruntime: %s\n", error.what());
  return 1;
}
