#pragma once
// Memory that is read from end to end: packed weights in every run, maps and gradients in training.

#include <einet/base/aligned.hpp>
#include <einet/posix/huge_pages.hpp>

#include <cstddef>
#include <new>
#include <vector>

namespace einet::nn {

namespace detail {

/// As AlignedAllocator, and asks for huge pages where the memory holds one: a kernel that streams it then
/// need not look up an address every 4 KiB. It is advice: without huge pages everything works as well.
template <class T>
struct LargeAllocator {
  using value_type = T;

  LargeAllocator() = default;
  template <class U>
  LargeAllocator(const LargeAllocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) EINET_THROW(std::bad_array_new_length{});
    const std::size_t bytes = count * sizeof(T);
    void* const memory = ::operator new(bytes, alignment(bytes));
    advise_huge_pages(memory, bytes);
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) noexcept {
    ::operator delete(memory, alignment(count * sizeof(T)));
  }
  template <class U>
  bool operator==(const LargeAllocator<U>&) const noexcept {
    return true;
  }

 private:
  [[nodiscard]] static std::align_val_t alignment(std::size_t bytes) noexcept {
    return std::align_val_t{bytes >= huge_page ? huge_page : buffer_alignment};
  }
};

}  // namespace detail

/// Aligned to cache lines, and to huge pages where it is as large.
using LargeVector = std::vector<float, detail::LargeAllocator<float>>;

}  // namespace einet::nn
