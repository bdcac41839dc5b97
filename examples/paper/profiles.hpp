#pragma once
// Which profiles are shown.

#include "paper/commands.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"

#include <string>
#include <vector>

namespace paper {

struct Profiles {
  Studies studies;
  std::vector<std::string> left_out;  ///< names of those that the program is not built for
};

/// Opens the profiles that `options` names. If it names none: those of the shipped network, which lie in the
/// data folder, and all in that folder's `profiles`, named NETWORK_DATASET, in the paper's order; those of
/// other numbers of exits than the program is built for are left out. Says what it opens.
/// @param options then names all that are opened
/// @throws einet::io::FileError naming file and field, also for a named profile that the program is not built
/// for; std::runtime_error if there is none to show
[[nodiscard]] Profiles open_profiles(Options& options, Report& report);

}  // namespace paper
