// An answer that outlives the process that found it. One process runs a network and publishes to a slot in
// shared memory; another reads it. `slot_reader write` and `slot_reader read` in two terminals are the two
// (kill -9 the writer: the reader still has its answer); without an argument both are run, and the writer is
// killed on the way.

#include <einet/einet.hpp>
#include <einet/posix/shared_slot.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr const char* name = "/einet-slot-reader";

/// While the next sample has no answer yet, that of the one before is found.
constexpr einet::SlotOptions keep{.between_runs = einet::BetweenRuns::keep};

void wait_ms(int time) {
  std::this_thread::sleep_for(std::chrono::milliseconds(time));
}

/// Takes ten milliseconds, and is surer the later it stands.
struct Block {
  float sure;
  void advance(std::int32_t&) const { wait_ms(9); }
  einet::Answer classify(const std::int32_t& label) const {
    wait_ms(1);
    return {label, sure};
  }
};

[[noreturn]] void write() {
  const std::array<Block, 5> network{{{.3f}, {.5f}, {.7f}, {.8f}, {.9f}}};
  einet::TimeProfile<5> times;
  times.conv.fill(9e-3);
  times.branch.fill(1e-3);
  auto slot = einet::SharedSlot<einet::Answer>::in_memory(name, keep);
  const einet::PriorPredictor<5> predictor{{.3f, .5f, .7f, .8f, .9f}};
  einet::ElasticRunner runner{network, einet::Planner{times, predictor}, slot};
  for (std::int32_t sample = 0;; ++sample) runner.run(sample);
}

void read(const einet::SharedSlotReader<einet::Answer>& slot) {
  const auto held = slot.snapshot();
  if (held && held->newest)
    std::printf("run %llu: label %d with confidence %.1f, from exit %zu of run %llu\n",
                static_cast<unsigned long long>(held->run), held->newest->output.label,
                static_cast<double>(held->newest->output.confidence), held->newest->exit,
                static_cast<unsigned long long>(held->answer_run));
  else
    std::puts("no answer yet");
}

void kill_and_read() {
  einet::SharedSlot<einet::Answer>::remove_from_memory(name);
  { const auto created = einet::SharedSlot<einet::Answer>::in_memory(name, keep); }
  const auto slot = einet::SharedSlotReader<einet::Answer>::in_memory(name);
  const pid_t writer = fork();
  if (writer < 0) throw std::runtime_error("cannot fork");
  if (writer == 0) write();
  for (std::uint64_t run = 0; run < 3 || !slot.read(); wait_ms(1)) run = slot.snapshot()->run;
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);
  std::puts("the writer was killed; the slot holds");
  read(slot);
  einet::SharedSlot<einet::Answer>::remove_from_memory(name);
}

}  // namespace

int main(int count, char** arguments) try {
  const std::string_view role = count > 1 ? arguments[1] : "";
  if (role == "write") write();
  if (role == "read") {
    const auto slot = einet::SharedSlotReader<einet::Answer>::in_memory(name);
    for (int k = 0; k < 20; ++k, wait_ms(50)) read(slot);
  } else {
    kill_and_read();
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "slot_reader: %s\n", error.what());
  return 1;
}
