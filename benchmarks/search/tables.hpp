#pragma once
// The tables of bench_search, one a source file.

#include <string>

namespace einet::bench {

/// Product against plain transcriptions of the paper's algorithms at n = 40; a table like the paper's Table
/// I.
void print_ratios();
/// Nanoseconds of every search for n = 5 … 200, and the exponent of their growth.
void print_growth();
/// Quality and time of the contenders at n = 40.
void print_comparison();
/// Figure 12: hybrid search by the number of exits enumerated.
void print_figure12();
/// Figure 13: the searches under three stop-time laws.
void print_figure13();
/// Runs one search `runs` times, for instruction counts; nothing else is timed or printed.
/// @return false if there is no search of that name
bool run_only(const std::string& search, std::size_t runs);

}  // namespace einet::bench
