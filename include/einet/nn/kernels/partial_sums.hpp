#pragma once
// Adding up what several workers summed, in an order that does not depend on their number.

#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/workers.hpp>

#include <algorithm>
#include <cstddef>

namespace einet::nn::detail {

/// partial[0][i] += Σ partial[chunk][i] over the other chunks, in order.
inline void sum_chunks(Workers& workers, float* partial, std::size_t chunks, std::size_t size) {
  workers.pieces(size, 4096, [=](std::size_t first, std::size_t last) {
    for (std::size_t chunk = 1; chunk < chunks; ++chunk)
      add(partial + first, partial + chunk * size + first, last - first);
  });
}

/// The sum of `size` numbers each over `count` items: sum(to, first, last) adds those of [first, last) to
/// `to`. Valid as long as the workers' memory for partial sums.
template <class Sum>
[[nodiscard]] float* summed(Workers& workers, std::size_t count, std::size_t size, const Sum& sum) {
  const std::size_t chunks = chunks_for(count, size);
  float* const partial = workers.partial(chunks * size);
  workers.chunks(count, chunks, [&](std::size_t chunk, std::size_t first, std::size_t last) {
    float* const to = partial + chunk * size;
    std::fill_n(to, size, 0.f);
    sum(to, first, last);
  });
  sum_chunks(workers, partial, chunks, size);
  return partial;
}

/// to[i] += from[i].
inline void add_all(Workers& workers, float* to, const float* from, std::size_t count) {
  workers.pieces(count, 16384,
                 [=](std::size_t first, std::size_t last) { add(to + first, from + first, last - first); });
}

}  // namespace einet::nn::detail
