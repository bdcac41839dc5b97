#pragma once
// Branch insertion: any sequential backbone becomes a multi-exit network (the paper's section on model
// preparation: a branch of one convolution and two fully connected layers after each conv part).

#include <einet/nn/adaptive_average_pool.hpp>
#include <einet/nn/batch_norm.hpp>
#include <einet/nn/conv2d.hpp>
#include <einet/nn/flatten.hpp>
#include <einet/nn/linear.hpp>
#include <einet/nn/multi_exit_network.hpp>
#include <einet/nn/relu.hpp>

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// The sizes of an inserted branch.
struct BranchShape {
  std::size_t pool = 8;       ///< feature maps are averaged to at most pool × pool
  std::size_t channels = 64;  ///< of the convolution
  std::size_t hidden = 128;   ///< of the first fully connected layer
};

/// Adaptive average pool → conv 3×3, stride 2 → batch norm, ReLU → flatten → FC hidden, ReLU → FC classes,
/// for feature maps of shape `input`. Throws std::invalid_argument if a size is 0.
[[nodiscard]] inline Sequential make_branch(Shape input, std::size_t classes, BranchShape shape = {}) {
  const AdaptiveAveragePool pool(shape.pool);
  const Conv2d conv({pool.output(input), shape.channels, 3, 2, 1}, false);
  Sequential branch(pool, conv, BatchNorm(shape.channels), Relu{}, Flatten{});
  branch.add(Linear(conv.shape().out().size(), shape.hidden)).add(Relu{}).add(Linear(shape.hidden, classes));
  return branch;
}

/// A network of `conv_parts` with a branch after each, and at the end `head`, the backbone's own classifier,
/// as an exit with an empty conv part; there is no such exit if the head is empty. Throws
/// std::invalid_argument naming the part whose shapes do not fit.
[[nodiscard]] inline MultiExitNetwork insert_branches(std::vector<Sequential> conv_parts, Shape input,
                                                      std::size_t classes, BranchShape shape = {},
                                                      Sequential head = {}) {
  MultiExitNetwork network{input, classes, {}};
  Shape features = input;
  for (std::size_t k = 0; k < conv_parts.size(); ++k) {
    try {
      features = conv_parts[k].output(features);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument("insert_branches: conv part " + std::to_string(k) + ", " + error.what());
    }
    network.blocks.push_back({std::move(conv_parts[k]), make_branch(features, classes, shape)});
  }
  if (!head.empty()) network.blocks.push_back({{}, std::move(head)});
  network.validate();
  return network;
}

}  // namespace einet::nn
