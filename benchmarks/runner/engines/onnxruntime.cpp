// ONNX files, on one thread.

#include "runner/engine_overhead.hpp"

#include <einet/engines/onnxruntime.hpp>

namespace einet::bench {

void onnxruntime_overhead(const std::string& folder, std::size_t turns) {
  const engines::OnnxNetwork<engine_classes> network(folder);
  engines::OnnxFeatures features = network.make_features();
  print_engine_overhead(
      "ONNX Runtime", network, features,
      [image = engine_image()](engines::OnnxFeatures& to) { to.load(image); }, turns);
}

}  // namespace einet::bench
