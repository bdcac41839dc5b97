#pragma once
// A kernel of convolution against the plain loops: whatever it is called with, and nothing but its output
// written.

#include "../support.hpp"
#include "plain_conv.hpp"

#include <einet/nn/kernels/conv2d_kernel.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>

namespace einet::test {

/// Random pitches, residual, bias, factors and bounds.
/// @param packed packed(weights, bias, scale) makes the weights
/// @param workspace_of workspace_of(pack) is how many floats it asks for
/// @param run run(pack, maps, workspace, bounds) comes to its end
template <class Packed, class Workspace, class Run>
void check_conv(const nn::ConvShape& shape, std::size_t images, std::mt19937& random, const Packed& packed,
                const Workspace& workspace_of, const Run& run, double tolerance) {
  const std::size_t in = shape.in.channels, outputs = shape.out_channels;
  const auto sometimes = [&](std::size_t count) {
    return random() % 2 != 0 ? random_values(count, random) : Values{};
  };
  const Values x = random_values(images * shape.in.size(), random);
  const Values w = random_values(shape.weights(), random);
  const Values bias = sometimes(outputs), factor = sometimes(outputs), shift = sometimes(outputs);
  const Values residual = sometimes(images * shape.out().size());
  const auto pack = packed(w, bias, nn::ChannelScale{factor, shift});
  Guarded source(x, in, in + random() % 2 * 7);
  Guarded result(images * shape.out().pixels(), outputs, outputs + random() % 2 * 5);
  Guarded added(residual, outputs, outputs + random() % 2 * 3);
  Guarded workspace(workspace_of(pack), 1, 1);
  nn::ConvMaps maps{source.data(), source.pitch, result.data(), result.pitch};
  if (!residual.empty()) {
    maps.residual = added.data();
    maps.residual_pitch = added.pitch;
  }
  constexpr float infinite = std::numeric_limits<float>::infinity();
  double allowed = 0;
  const Truth sums = plain_forward(shape, images, x, w, bias);
  for (const nn::Bounds bounds : {nn::Bounds{}, nn::Bounds{0.f, 6.f}, nn::Bounds{0.f, infinite}}) {
    Truth truth = sums;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      if (!factor.empty()) truth[i] *= double{factor[i % outputs]};
      if (!shift.empty()) truth[i] += double{shift[i % outputs]};
      if (!residual.empty()) truth[i] += double{residual[i]};
      truth[i] = std::clamp(truth[i], double{bounds.low}, double{bounds.high});
    }
    CHECK(run(pack, maps, workspace.data(), bounds));
    if (bounds.low == -infinite)
      allowed = tolerance * scale_of(truth);  // of the largest output before bounds
    CHECK(largest_error(result.values(), truth) * scale_of(truth) < allowed);
  }
  CHECK(result.intact());
  CHECK(workspace.intact());
}

}  // namespace einet::test
