#pragma once
// The demo of a network with N exits, up_to(one of the sizes that the demo is compiled for).

#include "demo/options.hpp"

#include <cstddef>

namespace example::demo {

/// @throws einet::io::FileError, std::invalid_argument
template <std::size_t N>
void show(const Options& options);

}  // namespace example::demo
