#pragma once
// The steps that a graph is lowered to, as letters.

#include "catch.hpp"
#include "equal_outputs.hpp"
#include "small_network.hpp"

#include <einet/nn/inference/network.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace einet::test {

/// Of every block.
using Steps = std::vector<std::string>;

/// A letter per step: c convolution, s scale, a activation or copy, + sum, o a layer's own; conv part, "|",
/// branch.
inline std::string letters(std::span<const nn::PlacedStep> steps) {
  std::string all;
  for (const nn::PlacedStep& placed : steps) {
    const nn::Step* const step = placed.step.get();
    all += dynamic_cast<const nn::ConvStep*>(step)         ? 'c'
           : dynamic_cast<const nn::ScaleStep*>(step)      ? 's'
           : dynamic_cast<const nn::ActivationStep*>(step) ? 'a'
           : dynamic_cast<const nn::SumStep*>(step)        ? '+'
                                                           : 'o';
  }
  return all;
}

/// The steps of all blocks, once it is checked that they compute what the layers do.
inline Steps steps_of(nn::Graph& graph) {
  randomise(graph, 7);
  check_equal_outputs<3>(graph, 7);
  const nn::InferenceNetwork<3> network(std::as_const(graph));
  Steps all;
  for (const auto& block : network.blocks())
    all.push_back(letters(block.conv()) + "|" + letters(block.branch()));
  return all;
}

inline nn::Map scores_of(const nn::Map& x) {
  return linear(x, {.outputs = 3});
}

/// The steps of a network of one exit, made by `body`, whose features are its result.
template <class Body>
std::string conv_steps(const Body& body) {
  nn::Graph graph({6, 5, 4});
  const nn::Map x = body(graph.input());
  graph.exit(scores_of(x), x);
  const std::string all = steps_of(graph).front();
  CHECK(all.ends_with("|c"));
  return all.substr(0, all.find('|'));
}

}  // namespace einet::test
