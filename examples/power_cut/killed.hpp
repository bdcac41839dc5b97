#pragma once
// A process that publishes is killed at random moments, again and again, on the same file.

#include "power_cut/network.hpp"
#include "power_cut/outcomes.hpp"
#include "power_cut/record.hpp"

#include <einet/posix/durable_slot.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <optional>
#include <random>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace example::power_cut {

/// A LastPublish in memory that outlives the publisher.
struct Progress {
  std::atomic<std::uint64_t> began{0}, returned{0};
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// Tells the progress to another process.
struct Told {
  using value_type = Output;
  einet::DurableSlot<Output>* slot;
  Progress* progress;
  std::uint64_t run;

  void begin_run() noexcept {
    ++run;
    slot->begin_run();
  }
  void publish(const Output& output, std::size_t exit) noexcept {
    progress->began = number_of(run, exit);
    slot->publish(output, exit);
    if (!slot->last_error()) progress->returned = number_of(run, exit);
  }
  [[nodiscard]] std::optional<einet::Published<Output>> read() const noexcept { return slot->read(); }
};

/// Continues the slot of the process before, until the end.
[[noreturn]] inline void publish_until_killed(const std::filesystem::path& path,
                                              Progress& progress) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nor does it outlive its parent
  try {
    einet::DurableSlot<Output> slot(path, keep);
    Told told{&slot, &progress, slot.snapshot().run};
    auto runner = publisher(told);
    Features x;
    for (;;) {
      x.load(told.run + 1);
      runner.run(x);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "power_cut: %s\n", error.what());
    _exit(1);
  }
}

/// @throws std::system_error if no process can be started, std::runtime_error if one ends by itself
inline Outcomes kill_publishers(const std::filesystem::path& path, std::size_t kills, std::uint64_t seed) {
  void* const shared =
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "memory between processes");
  Progress& progress = *new (shared) Progress;
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> moment(0, 20e-3);
  Outcomes outcomes;
  for (std::size_t k = 0; k < kills; ++k) {
    const pid_t publisher = fork();
    if (publisher < 0) throw std::system_error(errno, std::generic_category(), "a process to kill");
    if (publisher == 0) publish_until_killed(path, progress);
    std::this_thread::sleep_for(std::chrono::duration<double>(moment(random)));
    kill(publisher, SIGKILL);
    int status = 0;
    if (waitpid(publisher, &status, 0) != publisher || !WIFSIGNALED(status))
      throw std::runtime_error(path.string() + ": the process that published ended before it was killed");
    outcomes.count(in_slot(path), {progress.began, progress.returned});
  }
  munmap(shared, sizeof(Progress));
  return outcomes;
}

}  // namespace example::power_cut
