#include "counting_new.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <malloc.h>

// clang++ links the thread sanitizer's own operator new first, which cannot be replaced, but it can be heard.
#if defined(__clang__)
#if __has_feature(thread_sanitizer)
#define EINET_COUNTS_BY_HOOKS
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace {

thread_local std::size_t count = 0;
thread_local std::ptrdiff_t bytes = 0, most = 0;

std::ptrdiff_t usable(void* memory) noexcept {
  return static_cast<std::ptrdiff_t>(malloc_usable_size(memory));
}

void count_new(void* memory) noexcept {
  ++count;
  if (memory != nullptr) bytes += usable(memory);
  most = std::max(most, bytes);
}

void count_delete(void* memory) noexcept {
  if (memory != nullptr) bytes -= usable(memory);
}

}  // namespace

namespace einet::test {
std::size_t allocations() noexcept {
  return count;
}

namespace counting {

void start_counting_bytes() noexcept {
  bytes = most = 0;
}
std::size_t most_bytes() noexcept {
  return static_cast<std::size_t>(most);
}

}  // namespace counting
}  // namespace einet::test

#ifdef EINET_COUNTS_BY_HOOKS

// These hear of malloc, too.
[[maybe_unused]] static const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void* memory, std::size_t) { count_new(const_cast<void*>(memory)); },
    [](const volatile void* memory) { count_delete(const_cast<void*>(memory)); });

#else

namespace {

void* counted(void* memory) noexcept {
  count_new(memory);
  return memory;
}

void release(void* memory) noexcept {
  count_delete(memory);
  std::free(memory);
}

void* allocate(std::size_t size) noexcept {
  return counted(std::malloc(size == 0 ? 1 : size));
}

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  const auto step = static_cast<std::size_t>(alignment);
  // aligned_alloc needs a multiple of the alignment.
  return counted(std::aligned_alloc(step, (size + (size == 0 ? 1 : 0) + step - 1) / step * step));
}

void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc{};
  return memory;
}

}  // namespace

// All forms, because a sanitizer's own would otherwise allocate for those left out, and then see them freed
// by another allocator.
void* operator new(std::size_t size) {
  return or_throw(allocate(size));
}
void* operator new[](std::size_t size) {
  return or_throw(allocate(size));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate(size, alignment));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, alignment);
}

void operator delete(void* memory) noexcept {
  release(memory);
}
void operator delete[](void* memory) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  release(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  release(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  release(memory);
}

#endif
