#pragma once

#include <span>

namespace einet::bench {

/// bench_network compare: whole networks beside other engines. Returns the exit code.
int compare(std::span<char* const> arguments);

}  // namespace einet::bench
