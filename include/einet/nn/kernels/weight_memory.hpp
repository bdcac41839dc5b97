#pragma once
// Memory for packed weights, which are read from end to end on every run.

#include <einet/base/aligned.hpp>
#include <einet/posix/huge_pages.hpp>

#include <cstddef>
#include <new>
#include <vector>

namespace einet::nn {

namespace detail {

/// As AlignedAllocator, and asks for huge pages where the memory holds one: a kernel that streams weights
/// then need not look up an address every 4 KiB. It is advice: without huge pages everything works as well.
template <class T>
struct WeightAllocator {
  using value_type = T;

  WeightAllocator() = default;
  template <class U>
  WeightAllocator(const WeightAllocator<U>&) noexcept {}

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
  bool operator==(const WeightAllocator<U>&) const noexcept {
    return true;
  }

 private:
  [[nodiscard]] static std::align_val_t alignment(std::size_t bytes) noexcept {
    return std::align_val_t{bytes >= huge_page ? huge_page : buffer_alignment};
  }
};

}  // namespace detail

/// Aligned to cache lines, and to huge pages where it is as large.
using WeightVector = std::vector<float, detail::WeightAllocator<float>>;

}  // namespace einet::nn
