#pragma once
// What run_onnx does with a network, up_to(one of the sizes that it is compiled for) exits.

#include "run_onnx/inputs.hpp"
#include "run_onnx/options.hpp"

#include <einet/nn/inference/network.hpp>

#include <cstddef>

namespace example::onnx {

using Network = einet::nn::InferenceNetwork<einet::nn::any_classes>;

/// Times the network and fits a predictor, or takes both from a file. Then it stops runs at random moments,
/// or serves until a signal comes.
/// @throws einet::io::FileError, std::invalid_argument
template <std::size_t N>
void run_session(const Options& options, Network network, Inputs inputs);

}  // namespace example::onnx
