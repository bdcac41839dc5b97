#pragma once
// Every instruction set that a test built for this target can compare: kernels must decide alike on all.

#include "sanitized.hpp"

#include <einet/base/lanes.hpp>

#include <type_traits>
#include <utility>

namespace einet::test {

/// visit(Arch{}) for single values, the least of x86 where the target is one, and the best of the target. The
/// address sanitizer, with which these tests compile for minutes, leaves out the least: its code is the same.
template <class Visit>
void for_each_arch(Visit&& visit) {
  visit(simd::scalar{});
  [&]<class Least>(Least least) {
    if constexpr (simd::has_arch<Least> && !address_sanitized) visit(least);
  }(xsimd::sse2{});
  if constexpr (!std::is_same_v<simd::default_arch, simd::scalar>) visit(simd::default_arch{});
}

}  // namespace einet::test
