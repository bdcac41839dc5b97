#pragma once
// Maps from torchvision's state_dicts to the backbones of the networks in nn/networks. Layers have the same
// names there and here; what differs is the exits. A state_dict becomes a file by
// safetensors.torch.save_file(model.state_dict(), path).

#include <einet/io/tensor_map.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace einet::io {

namespace detail {

/// Parameters and tensors that begin with one of these stay out.
template <class... Prefix>
[[nodiscard]] TensorMap backbone_map(Prefix... exits) {
  const auto of_exit = [=](const std::string& name) { return (name.starts_with(exits) || ...); };
  TensorMap map;
  map.source = [=](const std::string& name) { return of_exit(name) ? std::string() : name; };
  map.may_be_unused = of_exit;
  return map;
}

/// The bias of the convolution before a batch norm whose running mean this is, as Sequential numbers them:
/// "features.0.bias" for "features.1.running_mean". Empty for any other name.
[[nodiscard]] inline std::string bias_before(std::string_view name) {
  constexpr std::string_view begin = "features.", end = ".running_mean";
  if (!name.starts_with(begin) || !name.ends_with(end) || name.size() <= begin.size() + end.size()) return {};
  const std::string_view digits = name.substr(begin.size(), name.size() - begin.size() - end.size());
  std::size_t number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9' || digits.size() > 4) return {};
    number = 10 * number + static_cast<std::size_t>(digit - '0');
  }
  if (number == 0) return {};
  return std::string(begin) + std::to_string(number - 1) + ".bias";
}

}  // namespace detail

/// From vgg16_bn to `vgg16` or `flex_vgg16` of width 1: all thirteen convolutions and their batch norms. The
/// convolutions' biases, which these networks do not have, are taken off the means that follow them, which
/// gives the same sums. Stay as they were: `branches.*` and `classifier.*`, for torchvision's classifier has
/// three layers over 7 x 7 pixels. To be trained, or loaded from elsewhere.
[[nodiscard]] inline TensorMap torchvision_vgg16_bn() {
  TensorMap map = detail::backbone_map("branches.", "classifier.");
  map.subtrahend = [](const std::string& name) { return detail::bias_before(name); };
  return map;
}

/// From resnet50 to `resnet50` of width 1 with `ResNetStem::imagenet`. `branches.*` stay as they were, and so
/// does `fc.*`, unless the network has the file's classes and wants them.
/// @param with_classifier whether to load `fc`, too
[[nodiscard]] inline TensorMap torchvision_resnet50(bool with_classifier = false) {
  return with_classifier ? detail::backbone_map("branches.") : detail::backbone_map("branches.", "fc.");
}

}  // namespace einet::io
