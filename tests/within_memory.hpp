#pragma once
// Whether something works with little memory: tried in a copy of the process that is limited to it.

#include <cstddef>
#include <fstream>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace einet::test {

/// Whether `work()` returns true in a copy of this process that may take `bytes` more address space than now;
/// also false if it throws or dies.
template <class Work>
[[nodiscard]] bool within_memory(std::size_t bytes, Work&& work) {
  const pid_t child = fork();
  if (child == 0) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t limit = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + bytes;
    const rlimit both{limit, limit};
    bool good = pages > 0 && setrlimit(RLIMIT_AS, &both) == 0;
    try {
      good = good && work();
    } catch (...) {
      good = false;
    }
    _exit(good ? 0 : 1);
  }
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace einet::test
