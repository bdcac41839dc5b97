// Brings a model from elsewhere: reads an ONNX file whose outputs are exits, times its blocks, fits a
// predictor on half of the images, and stops runs on the other half at random moments.

#include "common/arguments.hpp"
#include "common/kernel_choice.hpp"
#include "run_onnx/images.hpp"
#include "run_onnx/options.hpp"
#include "run_onnx/session.hpp"

#include <einet/onnx/read_onnx.hpp>
#include <einet/plan/exits.hpp>

#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

namespace {

using namespace example;
using namespace example::onnx;

void print_operators() {
  for (const auto& known : einet::nn::onnx_operators) std::cout << known.name << '\n';
  for (const auto& known : einet::nn::onnx_constant_operators) std::cout << known << '\n';
}

void run(Options options) {
  if (options.operators) return print_operators();
  einet::nn::Graph graph =
      einet::nn::read_onnx(options.model, {.exits = options.exits, .image = options.image_shape});
  const einet::nn::InferenceOptions how{.kernels = example::kernel_options(options.kernels)};
  if (options.explain) {
    std::cout << example::explained(Network(std::move(graph), how).conv_kernels());
    return;
  }
  if (options.load)
    options.preprocessing = described_preprocessing(einet::io::SafetensorsFile(*options.load));
  Inputs inputs =
      load_inputs(options.data, options.labels, options.preprocessing, graph.image(), options.images);
  if (inputs.images.size() < 4) throw einet::io::FileError(options.data, "", "has fewer than 4 images");
  const std::size_t exits = graph.exits();
  Network network(std::move(graph), how);
  for (const std::int32_t label : inputs.labels)
    if (label < 0 || static_cast<std::size_t>(label) >= network.classes())
      throw einet::io::FileError(options.data, "",
                                 "has an image of class " + std::to_string(label) + ", the model has " +
                                     std::to_string(network.classes()));
  einet::with_exits<EINET_EXIT_SIZES>(
      exits, [&]<std::size_t N>() { run_session<N>(options, std::move(network), std::move(inputs)); });
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("run_onnx", [&] {
    if (auto options = parse(argc, argv)) run(*std::move(options));
    return 0;
  });
}
