#pragma once
// The streams of a network with N exits, up_to(one of the sizes that the program is compiled for).

#include "stream/options.hpp"

#include <cstddef>

namespace example::stream {

/// @throws einet::io::FileError, std::invalid_argument
template <std::size_t N>
void show(const Options& options);

}  // namespace example::stream
