// TorchScript modules, on one thread.

#include "runner/engine_overhead.hpp"

#include <einet/engines/libtorch.hpp>

namespace einet::bench {

void libtorch_overhead(const std::string& folder, std::size_t turns) {
  at::set_num_threads(1);
  std::vector<engines::TorchBlock<engine_classes>> network =
      engines::load_torch_blocks<engine_classes>(folder);
  std::vector<float> pixels = engine_image();
  const at::Tensor image = at::from_blob(pixels.data(), {1, 3, 32, 32});
  engines::TorchFeatures features;
  print_engine_overhead(
      "LibTorch", network, features, [&](engines::TorchFeatures& to) { to.load(image); }, turns);
}

}  // namespace einet::bench
