#pragma once
// Runs something with little memory, so that asking for too much is noticed, however it asks.

#include "sanitized.hpp"

#include <array>
#include <cstddef>
#include <exception>
#include <fstream>
#include <optional>
#include <string>

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

namespace einet::test {

#if defined(__linux__)
inline constexpr bool memory_can_be_limited =
    !sanitized;  // the shadow of sanitizers needs terabytes of address space
#else
inline constexpr bool memory_can_be_limited = false;
#endif

/// The std::string that f() returns in a child process that may use `bytes` more memory than this one has
/// now; the exception's text if it throws, and "died" if the child does not survive. Nothing if memory cannot
/// be limited.
template <class F>
std::optional<std::string> in_limited_memory(std::size_t bytes, F f) {
  if constexpr (!memory_can_be_limited) {
    return std::nullopt;
  } else {
#if defined(__linux__)
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return std::nullopt;
    const pid_t child = fork();
    if (child == 0) {
      std::size_t pages = 0;
      std::ifstream("/proc/self/statm") >> pages;
      const rlim_t most = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + bytes;
      const rlimit limit{most, most};
      std::string text;
      try {
        text = setrlimit(RLIMIT_AS, &limit) == 0 ? f() : "setrlimit failed";
      } catch (const std::exception& error) {
        text = error.what();
      }
      text.resize(text.size() < 4000 ? text.size() : 4000);  // a pipe holds this much without a reader
      _exit(write(ends[1], text.data(), text.size()) < 0 ? 1 : 0);
    }
    close(ends[1]);
    int status = 0;
    waitpid(child, &status, 0);
    std::string text(4096, '\0');
    const auto got = read(ends[0], text.data(), text.size());
    close(ends[0]);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "died";
#else
    return std::nullopt;
#endif
  }
}

}  // namespace einet::test
