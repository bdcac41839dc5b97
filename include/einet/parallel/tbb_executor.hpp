#pragma once
// Independent pieces of work on oneTBB's threads.

#include <cstddef>

#include <tbb/parallel_for.h>

namespace einet::parallel {

/// Runs the pieces on the task arena of the calling thread. oneTBB allocates; if that fails, the calling
/// thread does all the work.
struct TbbExecutor {
  template <class Body>
  void operator()(std::size_t count, const Body& body) const noexcept {
    try {
      tbb::parallel_for(std::size_t{0}, count, [&](std::size_t k) { body(k); });
    } catch (...) {
      for (std::size_t k = 0; k < count; ++k) body(k);
    }
  }
};

}  // namespace einet::parallel
