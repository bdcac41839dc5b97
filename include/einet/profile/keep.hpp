#pragma once
// Keeps optimisers from removing timed work because nobody reads its result.

#include <atomic>

namespace einet::detail {

inline std::atomic<const void*> kept_address{nullptr};

/// `keep` for compilers without inline assembly: once the address is published, the object's bytes must be up
/// to date at the fence, because a signal handler may read them there.
template <class T>
void keep_at_fence(const T& value) noexcept {
  kept_address.store(&value, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// Makes the compiler assume that `value`, and all that its pointers lead to, is read here and may be
/// written: earlier computations can be neither removed nor delayed past this point, later ones cannot move
/// before it. Costs at most a store of what would have stayed in registers.
template <class T>
void keep(const T& value) noexcept {
#if defined(__GNUC__)
  asm volatile("" : : "r"(&value) : "memory");
#else
  keep_at_fence(value);
#endif
}

}  // namespace einet::detail
