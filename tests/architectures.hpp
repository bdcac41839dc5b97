#pragma once
// Every instruction set that a test built for this target can compare: kernels must decide alike on all.

#include <einet/base/lanes.hpp>

#include <utility>

namespace einet::test {

/// visit(Arch{}) for single values, the least of x86 where the target is one, and the best of the target. The
/// address sanitizer, with which these tests compile for minutes, does without the least: the code is the
/// same.
template <class Visit>
void for_each_arch(Visit&& visit) {
  visit(simd::scalar{});
#ifndef XSIMD_NO_SUPPORTED_ARCHITECTURE
#ifndef __SANITIZE_ADDRESS__
  [&]<class Least>(Least least) {
    if constexpr (xsimd::has_simd_register<float, Least>::value) visit(least);
  }(xsimd::sse2{});
#endif
  visit(simd::default_arch{});
#endif
}

}  // namespace einet::test
