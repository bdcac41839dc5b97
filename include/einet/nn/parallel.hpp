#pragma once
// How the kernel set spreads work over oneTBB: independent images run in any order; sums are formed over a
// number of chunks that depends only on the work. So results never depend on the number of threads.

#include <einet/nn/lanes.hpp>

#include <algorithm>
#include <cstddef>

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

namespace einet::nn::detail {

/// body(i) for i in [0, count), at least `grain` of them per task.
template <class Body>
void parallel_each(std::size_t count, std::size_t grain, const Body& body) {
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, (std::max)(std::size_t{1}, grain)),
                    [&](const tbb::blocked_range<std::size_t>& range) {
                      for (std::size_t i = range.begin(); i != range.end(); ++i) body(i);
                    });
}

/// body(first, last) over pieces of [0, count) of at least `grain` items.
template <class Body>
void parallel_pieces(std::size_t count, std::size_t grain, const Body& body) {
  tbb::parallel_for(tbb::blocked_range<std::size_t>(0, count, (std::max)(std::size_t{1}, grain)),
                    [&](const tbb::blocked_range<std::size_t>& range) { body(range.begin(), range.end()); });
}

/// Items per task such that a task touches about 64 KiB, if an item has `floats` numbers.
[[nodiscard]] constexpr std::size_t grain_of(std::size_t floats) noexcept {
  return 1 + 16384 / (floats + 1);
}

/// body(chunk, first, last) for `chunks` nearly equal pieces of [0, count): the pieces depend only on count
/// and chunks.
template <class Body>
void parallel_chunks(std::size_t count, std::size_t chunks, const Body& body) {
  parallel_each(chunks, 1, [&](std::size_t chunk) {
    body(chunk, count * chunk / chunks, count * (chunk + 1) / chunks);
  });
}

/// How many partial sums of `size` floats to keep for `count` items: many if they are small, fewer if adding
/// them up would cost more than it gains.
[[nodiscard]] constexpr std::size_t chunks_for(std::size_t count, std::size_t size) noexcept {
  const std::size_t wanted = size > 65536 ? 4 : size > 8192 ? 8 : 16;
  return (std::max)(std::size_t{1}, (std::min)(count, wanted));
}

/// partial[0][i] += Σ partial[chunk][i] over the other chunks, in order.
inline void sum_chunks(float* partial, std::size_t chunks, std::size_t size) {
  parallel_pieces(size, 4096, [=](std::size_t first, std::size_t last) {
    for (std::size_t chunk = 1; chunk < chunks; ++chunk) {
      add(partial + first, partial + chunk * size + first, last - first);
    }
  });
}

/// to[i] += from[i].
inline void parallel_add(float* to, const float* from, std::size_t count) {
  parallel_pieces(count, 16384,
                  [=](std::size_t first, std::size_t last) { add(to + first, from + first, last - first); });
}

}  // namespace einet::nn::detail
