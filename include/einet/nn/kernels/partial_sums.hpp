#pragma once
// Adding up what several workers summed, in an order that does not depend on their number.

#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/workers.hpp>

#include <cstddef>

namespace einet::nn::detail {

/// partial[0][i] += Σ partial[chunk][i] over the other chunks, in order.
inline void sum_chunks(Workers& workers, float* partial, std::size_t chunks, std::size_t size) {
  workers.pieces(size, 4096, [=](std::size_t first, std::size_t last) {
    for (std::size_t chunk = 1; chunk < chunks; ++chunk)
      add(partial + first, partial + chunk * size + first, last - first);
  });
}

/// to[i] += from[i].
inline void add_all(Workers& workers, float* to, const float* from, std::size_t count) {
  workers.pieces(count, 16384,
                 [=](std::size_t first, std::size_t last) { add(to + first, from + first, last - first); });
}

}  // namespace einet::nn::detail
