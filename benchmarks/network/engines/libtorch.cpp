// A whole network as a frozen TorchScript module.

#include "network/rivals.hpp"

#include <einet/engines/libtorch.hpp>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

#include <torch/version.h>

namespace einet::bench {

NetworkRival libtorch_rival(const std::filesystem::path& file, nn::Shape shape, std::span<float> image) {
  struct Module {
    torch::jit::Module module;
    std::vector<c10::IValue> input;
    c10::IValue output{};
  };
  at::set_num_threads(1);
  const at::Tensor tensor = at::from_blob(
      image.data(), {1, static_cast<std::int64_t>(shape.channels), static_cast<std::int64_t>(shape.height),
                     static_cast<std::int64_t>(shape.width)});
  const auto own =
      std::make_shared<Module>(Module{engines::detail::load_torch_module(file), {c10::IValue(tensor)}});
  return {"LibTorch",
          [own] {
            const c10::InferenceMode inference;
            own->output = own->module.forward(own->input);
          },
          [own] {
            std::vector<float> all;
            const auto append = [&](const c10::IValue& value) {
              const at::Tensor scores = value.toTensor().to(at::kFloat).contiguous();
              all.insert(all.end(), scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel());
            };
            if (own->output.isTensor()) append(own->output);
            if (own->output.isTuple())
              for (const c10::IValue& value : own->output.toTuple()->elements()) append(value);
            if (own->output.isList())
              for (const c10::IValue& value : own->output.toListRef()) append(value);
            return all;
          },
          false};
}

std::string libtorch_title() {
  return "LibTorch " TORCH_VERSION;
}

}  // namespace einet::bench
