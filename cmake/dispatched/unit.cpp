// One of several objects of this source, each for another instruction set. EINET_UNIT names the only function
// that others see.

#include <einet/nn/inference/dispatch_unit.hpp>

extern "C" void EINET_UNIT(const einet::nn::Graph& graph, const einet::nn::InferenceOptions& options,
                           const einet::nn::LayerPacked& packed, einet::nn::CompiledGraph& to) {
  einet::nn::detail::compile_here(graph, options, packed, to);
}
