// What the runner adds to each engine on a VGG-16 of width 1.

#include "runner/commands.hpp"
#include "runner/engine_overhead.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>

#include <charconv>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::bench {

std::vector<float> engine_image() {
  std::vector<float> image(32 * 32 * 3);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = nn::random_normal(7, i);
  return image;
}

int engines(int count, char** arguments) try {
  std::string torchscript, onnx;
  std::size_t turns = 50;
  for (int i = 0; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help") {
      std::printf(
          "bench_runner engines [--torchscript FOLDER] [--onnx FOLDER] [--turns N]: a VGG-16 of width 1 with "
          "a fixed plan of all 14 exits, N times; the folders have its parts, made from "
          "benchmarks/runner/vgg16.py\n");
      return 0;
    }
    if (i + 1 == count)
      throw std::invalid_argument("'" + std::string(argument) + "' is unknown, or has no value; see --help");
    const std::string_view value = arguments[++i];
    if (argument == "--torchscript") {
      torchscript = value;
    } else if (argument == "--onnx") {
      onnx = value;
    } else if (argument == "--turns") {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), turns);
      if (error != std::errc() || end != value.data() + value.size() || turns == 0 || turns > 1'000'000)
        throw std::invalid_argument("--turns: '" + std::string(value) +
                                    "' is not a number from 1 to 1000000");
    } else {
      throw std::invalid_argument("'" + std::string(argument) + "' is unknown; see --help");
    }
  }

  std::printf("%-14s %10s %10s %10s %13s   (wanted: under 1 %%)\n", "VGG-16", "loop, us", "run, us", "added",
              "of the least");
  {
    nn::Graph graph = nn::vgg16();
    nn::initialise(graph, 1);
    const nn::InferenceNetwork<engine_classes> network(std::move(graph));
    nn::Features features = network.make_features();
    print_engine_overhead(
        "einet", network, features, [image = engine_image()](nn::Features& to) { to.load(image); }, turns);
  }
#ifdef EINET_BENCH_ONEDNN
  onednn_overhead(turns);
#endif
#ifdef EINET_BENCH_LIBTORCH
  if (!torchscript.empty()) libtorch_overhead(torchscript, turns);
#else
  if (!torchscript.empty()) throw std::invalid_argument("--torchscript: built without LibTorch");
#endif
#ifdef EINET_BENCH_ONNXRUNTIME
  if (!onnx.empty()) onnxruntime_overhead(onnx, turns);
#else
  if (!onnx.empty()) throw std::invalid_argument("--onnx: built without ONNX Runtime");
#endif
  return 0;
} catch (const std::invalid_argument& error) {
  std::fprintf(stderr, "bench_runner engines: %s\n", error.what());
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_runner engines: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
