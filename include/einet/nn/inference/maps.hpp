#pragma once
// How the maps of a network share memory.

namespace einet::nn {

/// Whether branches may run while later conv parts do.
enum class Maps {
  shared,  ///< maps that are never needed at the same time share memory, if conv parts and branches run in
           ///< turn
  kept,  ///< what branches read and make is not touched by later conv parts, so that branches, one at a time,
         ///< may run beside the backbone on another core, however far it is ahead. Takes more memory
};

}  // namespace einet::nn
