#pragma once
// Huge pages for memory that is read from end to end: its addresses need not be looked up every 4 KiB.

#include <cstddef>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace einet {

/// Bytes of a huge page of x86-64 and AArch64.
inline constexpr std::size_t huge_page = std::size_t{1} << 21;

/// Asks for huge pages under memory that begins one. It is advice: where the system gives none, nothing
/// changes.
inline void advise_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) noexcept {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (bytes >= huge_page) static_cast<void>(madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE));
#endif
}

}  // namespace einet
