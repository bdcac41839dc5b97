#pragma once
// What run_onnx shows a network.

#include <cstdint>
#include <string>
#include <vector>

namespace example {

/// What a network reads, and what it should answer.
struct Inputs {
  std::vector<std::vector<float>> images;  ///< each [height][width][channels]
  std::vector<std::int32_t> labels;        ///< as many, or none
  std::vector<std::string> names{};        ///< of the classes, if they have any
};

}  // namespace example
