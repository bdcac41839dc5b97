#pragma once
// Which kernel computes each layer, as text: what --explain prints and --kernels takes back.

#include <einet/nn/inference/kernel_choice.hpp>

#include <cstdio>
#include <fstream>
#include <optional>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace example {

/// A line for every convolution and linear layer: its name, its kernel, and for the reader its shape and what
/// it took when it was measured.
inline std::string explained(std::span<const einet::nn::ChosenKernel> kernels) {
  std::string all = "# layer                          kernel      shape\n";
  for (const einet::nn::ChosenKernel& one : kernels) {
    const einet::nn::ConvShape& s = one.shape;
    char line[256];
    std::snprintf(line, sizeof line, "%-32s %-11s %zux%zux%zu to %zu, %zux%zu", one.layer.c_str(),
                  std::string(einet::nn::name_of(one.kernel)).c_str(), s.in.height, s.in.width, s.in.channels,
                  s.out_channels, s.kernel.height, s.kernel.width);
    all += line;
    if (one.seconds > 0) {
      std::snprintf(line, sizeof line, ", %.1f us", 1e6 * one.seconds);
      all += line;
    }
    all += '\n';
  }
  return all;
}

/// What `explained` wrote. Throws std::runtime_error naming file and line.
inline std::vector<std::pair<std::string, einet::nn::ConvKernel>> kernels_in(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::vector<std::pair<std::string, einet::nn::ConvKernel>> all;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line);
    std::string layer, kernel;
    if (!(words >> layer) || layer[0] == '#') continue;
    words >> kernel;
    const auto known = einet::nn::conv_kernel_named(kernel);
    if (!known)
      throw std::runtime_error(path + ": line " + std::to_string(number) + ": '" + kernel.substr(0, 40) +
                               "' is no kernel");
    all.emplace_back(layer, *known);
  }
  return all;
}

/// "model", "measure", or a file.
inline einet::nn::KernelOptions kernel_options(const std::string& choice) {
  if (choice == "model") return {};
  if (choice == "measure") return {.measure = true};
  return {.chosen = kernels_in(choice)};
}

}  // namespace example
