#pragma once
// A process that publishes to a shared slot at full speed and reports its progress, to be stopped or killed
// at any moment.

#include "posix/slot_outputs.hpp"

#include <einet/posix/shared_slot.hpp>

#include <atomic>
#include <compare>
#include <csignal>
#include <cstdint>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace einet::test {

/// The output `number` of a run; 0 is the run's beginning.
struct Progress {
  std::uint64_t run = 0, number = 0;
  friend auto operator<=>(const Progress&, const Progress&) = default;
};

class SlotWriter {
 public:
  explicit SlotWriter(std::string name) : name_(std::move(name)) {
    void* const page = mmap(nullptr, sizeof(Note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::runtime_error("no page to note a writer's progress on");
    finished_ = new (page) Note{0};
  }
  SlotWriter(const SlotWriter&) = delete;
  SlotWriter& operator=(const SlotWriter&) = delete;
  ~SlotWriter() {
    if (child_ > 0) kill();
    munmap(static_cast<void*>(finished_), sizeof(Note));
  }

  /// Forks the process, which begins a run every few outputs.
  void start_without_waiting() {
    finished_->store(0);
    child_ = fork();
    if (child_ < 0) throw std::runtime_error("cannot fork");
    if (child_ == 0) publish_for_ever();
  }
  /// The same, and returns after its first output.
  void start() {
    start_without_waiting();
    while (finished_->load() == 0) {
    }
  }

  /// The last that was published when this was called, or a later one.
  [[nodiscard]] Progress finished() const {
    const std::uint64_t note = finished_->load();
    return {note >> 32, note & 0xffffffff};
  }

  /// Returns once the process stands still.
  void stop() { signal(SIGSTOP, WUNTRACED); }
  void go_on() { ::kill(child_, SIGCONT); }
  void kill() {
    signal(SIGKILL, 0);
    child_ = -1;
  }

 private:
  using Note = std::atomic<std::uint64_t>;

  void signal(int number, int wait_for) {
    ::kill(child_, number);
    int status = 0;
    waitpid(child_, &status, wait_for);
    if (WIFEXITED(status)) throw std::runtime_error("the writer ended by itself");
  }

  [[noreturn]] void publish_for_ever() noexcept {
    try {
      auto slot = SharedSlot<HundredScores>::in_memory(name_);
      std::uint64_t run = slot.snapshot()->run;
      for (std::uint64_t round = 0;; ++round) {
        slot.begin_run();
        ++run;
        finished_->store(run << 32);
        for (std::uint64_t number = 1; number <= round % 20; ++number) {
          slot.publish(scores_of(run, number), number % 40);
          finished_->store((run << 32) + number);
        }
      }
    } catch (const std::exception&) {
    }
    _exit(1);
  }

  std::string name_;
  Note* finished_ = nullptr;
  pid_t child_ = -1;
};

}  // namespace einet::test
