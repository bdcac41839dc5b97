#pragma once
// The records of a slot in memory that several processes map. POSIX only.

#include <einet/posix/slot_file.hpp>
#include <einet/posix/slot_layout.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

#include <sys/mman.h>

namespace einet::detail {

/// Maps a file into this process's memory during its lifetime.
class SlotMapping {
 public:
  /// @throws SlotError if the system cannot map it
  SlotMapping(const SlotFile& file, std::uint64_t size, bool writable)
      : size_(static_cast<std::size_t>(size)),
        memory_(mmap(nullptr, size_, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
                     file.descriptor(), 0)) {
    if (memory_ == MAP_FAILED) file.place().fail("cannot be mapped");
  }
  SlotMapping(const SlotMapping&) = delete;
  SlotMapping& operator=(const SlotMapping&) = delete;
  ~SlotMapping() { munmap(memory_, size_); }

  [[nodiscard]] std::uint64_t* words(std::uint64_t at) const noexcept {
    return static_cast<std::uint64_t*>(memory_) + at / sizeof(std::uint64_t);
  }

 private:
  std::size_t size_;
  void* memory_;
};

/// Refers to the records in a mapping. Does without std::atomic_ref, which some C++20 libraries lack.
class MappedStorage {
  static_assert(__atomic_always_lock_free(sizeof(std::uint64_t), nullptr),
                "slots that processes share need lock-free 64-bit atomics");

 public:
  MappedStorage(const SlotMapping& mapping, const SlotLayout& layout) noexcept
      : records_{mapping.words(layout.record(0)), mapping.words(layout.record(1))} {}

  [[nodiscard]] std::uint64_t load(std::size_t which, std::size_t word) const noexcept {
    return __atomic_load_n(records_[which] + word, __ATOMIC_ACQUIRE);
  }
  void store(std::size_t which, std::size_t word, std::uint64_t value) noexcept {
    __atomic_store_n(records_[which] + word, value, __ATOMIC_RELEASE);
  }

 private:
  std::array<std::uint64_t*, 2> records_;
};

}  // namespace einet::detail
