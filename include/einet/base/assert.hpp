#pragma once
// How misuse is reported: EINET_ASSERT checks preconditions on the hot path, EINET_THROW reports errors at
// set-up. Define either before the first include to replace it.

#include <cstdio>
#include <cstdlib>

/// EINET_ASSERT(condition) is assert() by default; define it to report violations elsewhere, or nowhere.
#ifndef EINET_ASSERT
#include <cassert>
#define EINET_ASSERT(condition) assert(condition)
#endif

/// EINET_THROW(exception) throws it; a definition of your own must not return. Without exceptions
/// (-fno-exceptions), the default prints `exception.what()` to stderr and calls std::abort().
#ifndef EINET_THROW
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define EINET_THROW(...) throw __VA_ARGS__
#else
#define EINET_THROW(...) ::einet::detail::end_with((__VA_ARGS__).what())
#endif
#endif

namespace einet::detail {

[[noreturn]] inline void end_with(const char* message) noexcept {
  std::fprintf(stderr, "einet: %s\n", message);
  std::abort();
}

}  // namespace einet::detail
