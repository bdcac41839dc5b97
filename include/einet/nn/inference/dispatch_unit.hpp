#pragma once
// What einet::dispatched compiles once for every instruction set. Everything in such a unit but its one
// function is made local (cmake/einet-dispatched.cmake), because the code of inline functions, std's too, has
// the same name under every instruction set.

#include <einet/nn/inference/compiled_graph.hpp>
#include <einet/nn/layers/attention.hpp>
#include <einet/nn/layers/layer_norm.hpp>
#include <einet/nn/layers/local_response_norm.hpp>
#include <einet/nn/layers/pool.hpp>
#include <einet/nn/layers/tokens.hpp>
#include <einet/nn/layers/wiring.hpp>

#include <cstring>
#include <span>
#include <typeinfo>

namespace einet::nn::detail {

/// Lowers layers of the types `Known` by this unit's code for them, and all others by the program's.
template <class... Known>
struct LowerHere {
  [[nodiscard]] LoweredMap operator()(const Layer& layer, Lowering& to,
                                      std::span<const LoweredMap> inputs) const {
    LoweredMap made;
    const bool known = (lower_if<Known>(layer, to, inputs, made) || ...);
    return known ? made : layer.lower(to, inputs);
  }

 private:
  template <class L>
  static bool lower_if(const Layer& layer, Lowering& to, std::span<const LoweredMap> inputs,
                       LoweredMap& made) {
    // By name: this unit has a type_info of its own.
    if (std::strcmp(typeid(layer).name(), typeid(L).name()) != 0) return false;
    made = static_cast<const L&>(layer).L::lower(to, inputs);
    return true;
  }
};

/// Layers that make steps of their own.
using LowerLayersHere = LowerHere<MaxPool, AveragePool, AdaptiveAveragePool, LocalResponseNorm, LayerNorm,
                                  Attention, ClassToken, PositionEmbedding, Product>;

/// compile_graph by this unit's code alone.
inline void compile_here(const Graph& graph, const InferenceOptions& options, const LayerPacked& packed,
                         CompiledGraph& to) {
  compile(graph, options, packed, to, LowerLayersHere{});
}

}  // namespace einet::nn::detail
