#pragma once
// Enumeration on all processors: the plans are divided by their first exit. The result does not depend on the
// number of threads.

#include <einet/paper/enumeration.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/parallel/tbb_executor.hpp>

namespace einet::parallel {

/// As einet::EnumerationSearch, on oneTBB. Worth it for millions of plans; the pruned enumeration of short
/// plans takes less time than waking a thread.
using EnumerationSearch = BasicEnumerationSearch<simd::default_arch, TbbExecutor>;

/// As einet::HybridSearch, with its enumeration on oneTBB.
using HybridSearch = BasicHybridSearch<simd::default_arch, TbbExecutor>;

}  // namespace einet::parallel
