#pragma once
// How errors at set-up leave einet: as exceptions or, in programs that are built without them, by a message
// and an end. Nothing on the hot path throws.

#include <cstdio>
#include <cstdlib>

/// EINET_THROW(exception) throws it. Define it before the first include to send errors elsewhere; the
/// definition must not return. Where exceptions are off (-fno-exceptions), the default prints
/// `exception.what()` on the error output and calls std::abort().
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
