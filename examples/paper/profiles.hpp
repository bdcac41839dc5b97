#pragma once
// Which profiles are shown.

#include "paper/commands.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"

namespace paper {

/// Opens the profiles that `options` names. If it names none: those of the shipped network, which lie in the
/// data folder, and all in that folder's `profiles`, named NETWORK_DATASET, in the paper's order. Says
/// what it opens.
/// @param options then names all that are opened
/// @throws einet::io::FileError naming file and field, also if it has more than 128 exits;
/// std::runtime_error if there is none to show
[[nodiscard]] Studies open_profiles(Options& options, Report& report);

}  // namespace paper
