#pragma once
// Enumeration on all processors: the plans are shared out by their first exit. What is found does not depend
// on the number of threads.

#include <einet/paper/enumeration.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/parallel/tbb_executor.hpp>

namespace einet::parallel {

/// As einet::EnumerationSearch, on oneTBB. Worth it where millions of plans are to be tried; the pruned
/// enumeration of short plans takes less time than waking a thread.
using EnumerationSearch = BasicEnumerationSearch<simd::default_arch, TbbExecutor>;

/// As einet::HybridSearch, its enumeration on oneTBB.
using HybridSearch = BasicHybridSearch<simd::default_arch, TbbExecutor>;

}  // namespace einet::parallel
