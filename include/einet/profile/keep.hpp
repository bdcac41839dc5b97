#pragma once
// Work whose result nobody reads is work that an optimiser leaves out. What is timed must be done.

#include <atomic>

namespace einet::detail {

inline std::atomic<const void*> kept_address{nullptr};

/// `keep` for compilers without inline assembly: who has put the address where others see it must have the
/// object's bytes ready at the fence, as a signal handler may read them there.
template <class T>
void keep_at_fence(const T& value) noexcept {
  kept_address.store(&value, std::memory_order_relaxed);
  std::atomic_signal_fence(std::memory_order_seq_cst);
}

/// Makes the compiler believe that all of `value`, and whatever its pointers lead to, is read here and may be
/// written: nothing that was to be computed before can be left out or come later, nothing after can come
/// earlier. Costs at most the store of what would have stayed in registers.
template <class T>
void keep(const T& value) noexcept {
#if defined(__GNUC__)
  asm volatile("" : : "r"(&value) : "memory");
#else
  keep_at_fence(value);
#endif
}

}  // namespace einet::detail
