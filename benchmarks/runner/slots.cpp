// Cost of publishing an output and reading it, against a plain copy and a copy under a mutex.

#include "runner/commands.hpp"

#include <einet/posix/durable_slot.hpp>
#include <einet/posix/shared_slot.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/local_slot.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <unistd.h>

namespace einet::bench {

namespace {

constexpr std::size_t batch = 64;  ///< operations timed together: reading the clock costs about 20 ns
constexpr std::size_t batches = 20000;

constexpr std::size_t disk_writes = 100;  ///< timed one by one, milliseconds each

struct Nanoseconds {
  double median, p99;
};

/// @param work called with a number that rises by one
template <class Work>
Nanoseconds time(std::size_t samples, std::size_t together, Work work) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> taken(samples);
  std::size_t turn = 0;
  for (std::size_t warm = 0; warm < together; ++warm) work(turn++);
  for (double& each : taken) {
    const auto begin = Clock::now();
    for (std::size_t k = 0; k < together; ++k) work(turn++);
    each = std::chrono::duration<double, std::nano>(Clock::now() - begin).count() /
           static_cast<double>(together);
  }
  std::sort(taken.begin(), taken.end());
  return {taken[samples / 2], taken[samples * 99 / 100]};
}

void print(const char* slot, const char* output, Nanoseconds publish, Nanoseconds read) {
  std::printf("%-24s %-12s %10.1f %10.1f %10.1f %10.1f\n", slot, output, publish.median, publish.p99,
              read.median, read.p99);
}

/// A plain copy: no slot can be faster.
template <class Output>
class PlainCopy {
 public:
  void publish(const Output& output, std::size_t) noexcept {
    std::memcpy(&held_, &output, sizeof(Output));
    benchmark::ClobberMemory();
  }
  [[nodiscard]] Output read() const noexcept { return held_; }

 private:
  Output held_{};
};

/// The obvious alternative to a slot. A writer that dies in it leaves the lock taken.
template <class Output>
class UnderMutex {
 public:
  void publish(const Output& output, std::size_t exit) {
    const std::scoped_lock lock(mutex_);
    held_ = Published<Output>{output, exit};
  }
  [[nodiscard]] std::optional<Published<Output>> read() const {
    const std::scoped_lock lock(mutex_);
    return held_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Published<Output>> held_;
};

template <class Output, class Slot>
void measure(const char* name, const char* type, Slot& slot, std::size_t samples = batches,
             std::size_t together = batch) {
  Output output{};
  const Nanoseconds publish = time(samples, together, [&](std::size_t turn) {
    output.label = static_cast<std::int32_t>(turn);
    slot.publish(output, turn % 40);
  });
  const Nanoseconds read = time(batches, batch, [&](std::size_t) {
    auto seen = slot.read();
    benchmark::DoNotOptimize(seen);
  });
  print(name, type, publish, read);
}

template <class Output>
void measure_all(const char* type) {
  PlainCopy<Output> plain;
  measure<Output>("memcpy", type, plain);
  UnderMutex<Output> mutex;
  measure<Output>("std::mutex", type, mutex);
  LocalSlot<Output> local;
  measure<Output>("LocalSlot", type, local);
  const std::string name = "/einet-bench-" + std::to_string(getpid());
  auto memory = SharedSlot<Output>::in_memory(name);
  measure<Output>("SharedSlot in memory", type, memory);
  SharedSlot<Output>::remove_from_memory(name);
  const std::filesystem::path path = std::filesystem::temp_directory_path() / name.substr(1);
  {
    auto file = SharedSlot<Output>::in_file(path);
    measure<Output>("SharedSlot in a file", type, file);
  }
  std::filesystem::remove(path);
  {
    DurableSlot<Output> disk(path);
    measure<Output>("DurableSlot", type, disk, disk_writes, 1);
    if (disk.last_error()) std::printf("DurableSlot: %s\n", disk.last_error().message().c_str());
  }
  std::filesystem::remove(path);
}

}  // namespace

int slots(int count, char** arguments) {
  if (count > 0) {
    const bool help = std::string_view(arguments[0]) == "--help";
    std::fputs("usage: bench_runner slots\n", help ? stdout : stderr);
    return help ? 0 : 2;
  }
  std::printf("nanoseconds; one thread, no other uses the slot\n%-24s %-12s %10s %10s %10s %10s\n", "slot",
              "output", "publish", "p99", "read", "p99");
  measure_all<Answer>("Answer");
  measure_all<Scores<10>>("Scores<10>");
  measure_all<Scores<100>>("Scores<100>");
  return 0;
}

}  // namespace einet::bench
