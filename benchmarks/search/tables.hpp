#pragma once
// The tables of bench_search, one per source file.

#include <filesystem>
#include <string>
#include <vector>

namespace einet::bench {

/// Product against plain transcriptions of the paper's algorithms at n = 40; a table like Table I of the
/// paper.
void print_ratios();
/// Nanoseconds of every search for n = 5 … 200, and how they grow with n.
void print_growth();

/// Time and confidence profiles of 14 or 21 exits, whose samples are searched as well as random problems.
using Profiles = std::vector<std::filesystem::path>;
/// Quality and time of the contenders.
void print_comparison(const Profiles& profiles);
/// Figure 12: hybrid search by the number of exits enumerated.
void print_figure12(const Profiles& profiles);
/// Figure 13: the searches under three laws of the stop time.
void print_figure13(const Profiles& profiles);

/// Runs one search `runs` times, for counting instructions; nothing is timed or printed.
/// @return false if there is no search of that name
bool run_only(const std::string& search, std::size_t runs);

}  // namespace einet::bench
