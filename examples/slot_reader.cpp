// An answer that outlives the process that found it. The child runs a network and publishes to a slot in
// shared memory until it is killed in mid-run; the parent still has the newest answer. With the name of a
// slot as its argument, this program only reads that one.

#include <einet/einet.hpp>
#include <einet/posix/shared_slot.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <stdexcept>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;
using Slot = einet::SharedSlot<einet::Answer>;

constexpr const char* name = "/einet-slot-reader";

/// While a new sample has no answer yet, the slot keeps that of the sample before.
constexpr einet::SlotOptions keep{.between_runs = einet::BetweenRuns::keep};

/// Takes ten milliseconds; later blocks are surer.
struct Block {
  float sure;
  void advance(std::int32_t&) const { std::this_thread::sleep_for(9ms); }
  einet::Answer classify(const std::int32_t& label) const {
    std::this_thread::sleep_for(1ms);
    return {label, sure};
  }
};

[[noreturn]] void write() {
  const std::array<Block, 5> network{{{.3f}, {.5f}, {.7f}, {.8f}, {.9f}}};
  einet::TimeProfile<5> times;
  times.conv.fill(9e-3);
  times.branch.fill(1e-3);
  auto slot = Slot::in_memory(name, keep);
  const einet::PriorPredictor<5> predictor{{.3f, .5f, .7f, .8f, .9f}};
  einet::ElasticRunner runner{network, einet::Planner{times, predictor}, slot};
  for (std::int32_t sample = 0;; ++sample) runner.run(sample);
}

void show(const std::optional<einet::SlotSnapshot<einet::Answer>>& held) {
  if (!held || !held->newest) throw std::runtime_error("there is no answer yet");
  std::printf("label %d with confidence %.1f, from exit %zu of run %llu\n", held->newest->output.label,
              static_cast<double>(held->newest->output.confidence), held->newest->exit,
              static_cast<unsigned long long>(held->answer_run));
}

}  // namespace

int main(int count, char** arguments) try {
  using Reader = einet::SharedSlotReader<einet::Answer>;
  if (count > 1) return show(Reader::in_memory(arguments[1]).snapshot()), 0;
  Slot::remove_from_memory(name);                        // what an earlier run may have left
  { const auto created = Slot::in_memory(name, keep); }  // so that the reader finds it
  const auto slot = Reader::in_memory(name);
  const pid_t writer = fork();
  if (writer < 0) throw std::runtime_error("cannot fork");
  if (writer == 0) write();
  for (std::uint64_t run = 0; run < 3 || !slot.read(); std::this_thread::sleep_for(1ms))
    run = slot.snapshot()->run;
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);
  std::printf("the writer was killed in run %llu: ", static_cast<unsigned long long>(slot.snapshot()->run));
  show(slot.snapshot());
  Slot::remove_from_memory(name);
} catch (const std::exception& error) {
  std::fprintf(stderr, "slot_reader: %s\n", error.what());
  return 1;
}
