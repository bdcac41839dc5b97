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

/// Keeps oneDNN to an instruction set, if one is named, and to one thread.
/// @throws std::invalid_argument if oneDNN is not built in or the set is unknown
void set_up_onednn(std::string_view isa);
/// Its version and instruction set; empty if it is not built in.
[[nodiscard]] std::string onednn_title();
/// Every kernel of oneDNN that computes the layer, with weights packed and maps where the kernel wants them:
/// direct, Winograd and its own choice, on channels-last maps and on blocked ones.
/// @param layer outlives them
[[nodiscard]] std::vector<std::unique_ptr<ConvRival>> onednn_convs(const ConvLayer& layer);

}  // namespace einet::bench
