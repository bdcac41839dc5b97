#pragma once
// The command line of run_onnx.

#include "run_onnx/preprocessing.hpp"

#include <einet/nn/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace example::onnx {

struct Options {
  std::filesystem::path model, data;
  std::optional<std::filesystem::path> labels, save, load;
  std::vector<std::string> exits;               // outputs, if not all
  std::optional<einet::nn::Shape> image_shape;  // where the model leaves it open
  Preprocessing preprocessing;
  std::size_t images = 1000, repeats = 101;
  std::uint64_t seed = 1;
  std::string serve;
  bool any_origin = false;
  std::string kernels = "model";
  bool explain = false;    // print the kernels, and no more
  bool operators = false;  // print the operators, and no more
};

/// The options of the command line. Prints the help if that is asked for, and returns nothing.
/// @throws CLI::ParseError
std::optional<Options> parse(int count, const char* const* arguments);

}  // namespace example::onnx
