#pragma once
// Others that compute a convolution.

#include "conv/layers.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace einet::bench {

class ConvRival {
 public:
  virtual ~ConvRival() = default;
  virtual void run() = 0;
  /// [height][width][channels]
  [[nodiscard]] virtual std::vector<float> output() = 0;
  [[nodiscard]] virtual std::string name() const = 0;
};

/// Keeps oneDNN to an instruction set, if one is named, and to one thread. Returns its version and
/// instruction set, or nothing if it is not built in.
/// @throws std::invalid_argument if the set is unknown, or named and oneDNN not built in
std::string set_up_onednn(std::string_view isa);
/// Every kernel of oneDNN that computes the layer, with weights packed and maps where the kernel wants them:
/// direct, Winograd and its own choice, on channels-last maps and on blocked ones.
/// @param layer outlives them
[[nodiscard]] std::vector<std::unique_ptr<ConvRival>> onednn_convs(const ConvLayer& layer);

}  // namespace einet::bench
