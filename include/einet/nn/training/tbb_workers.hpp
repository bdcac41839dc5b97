#pragma once
// The work of training passes, spread over the threads of oneTBB.

#include <einet/base/aligned.hpp>
#include <einet/nn/workers.hpp>

#include <cstddef>

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

namespace einet::nn {

/// As many threads as the caller's arena has.
class TbbWorkers final : public Workers {
 public:
  void run(std::size_t count, Body body, const void* context) override {
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, count),
        [&](const tbb::blocked_range<std::size_t>& range) { body(context, range.begin(), range.end()); });
  }

  [[nodiscard]] float* scratch(std::size_t count) override {
    AlignedVector<float>& own = scratch_.local();
    if (own.size() < count) own.resize(count);
    return own.data();
  }

 private:
  tbb::enumerable_thread_specific<AlignedVector<float>> scratch_;
};

}  // namespace einet::nn
