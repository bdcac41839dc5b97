#pragma once
// Heap storage aligned to cache lines, for weights and buffers that are read by vector loads.

#include <einet/base/assert.hpp>
#include <einet/base/round_up.hpp>

#include <cstddef>
#include <new>
#include <vector>

namespace einet {

/// Bytes to which einet aligns its buffers: a cache line, and the widest vector of any supported target.
inline constexpr std::size_t buffer_alignment = 64;

namespace detail {

template <class T, std::size_t Alignment>
struct AlignedAllocator {
  using value_type = T;
  template <class U>
  struct rebind {  // NOLINT(readability-identifier-naming): std::allocator_traits asks for it
    using other = AlignedAllocator<U, Alignment>;
  };

  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U, Alignment>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) EINET_THROW(std::bad_array_new_length{});
    return static_cast<T*>(::operator new (count * sizeof(T), std::align_val_t{Alignment}));
  }
  void deallocate(T* memory, std::size_t) noexcept {
    ::operator delete (memory, std::align_val_t{Alignment});
  }
  template <class U>
  bool operator==(const AlignedAllocator<U, Alignment>&) const noexcept {
    return true;
  }
};

/// `length` floats rounded up to whole cache lines, each of which is two registers on most targets.
[[nodiscard]] constexpr std::size_t padded(std::size_t length) noexcept {
  return round_up(length, buffer_alignment / sizeof(float));
}

}  // namespace detail

/// A std::vector whose data is aligned to `Alignment` bytes.
template <class T, std::size_t Alignment = buffer_alignment>
using AlignedVector = std::vector<T, detail::AlignedAllocator<T, Alignment>>;

}  // namespace einet
