#pragma once
// Where einet leaves the path of those who use it rightly: EINET_ASSERT for preconditions on the hot path,
// EINET_THROW for errors at set-up. Both may be defined before the first include.

#include <cstdio>
#include <cstdlib>

/// EINET_ASSERT(condition) sends violations elsewhere, or to nothing; by default it is assert().
#ifndef EINET_ASSERT
#include <cassert>
#define EINET_ASSERT(condition) assert(condition)
#endif

/// EINET_THROW(exception) throws it; a definition of your own must not return. Where exceptions are off
/// (-fno-exceptions), the default prints `exception.what()` on the error output and calls std::abort().
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
