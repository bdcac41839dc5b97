#pragma once
// How long publish() takes.

#include "power_cut/by_hand.hpp"
#include "power_cut/folders.hpp"
#include "power_cut/network.hpp"

#include <einet/posix/durable_slot.hpp>
#include <einet/posix/shared_slot.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/local_slot.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

namespace example::power_cut {

constexpr std::size_t warm_up = 20, publishes = 300;

/// Prints a row of the table.
template <class Slot>
void cost_row(const char* name, Slot& slot) {
  std::vector<Output> answers;
  for (std::uint64_t number = 1; number <= exits; ++number) answers.push_back(answer_of(number));
  std::vector<double> seconds;
  slot.begin_run();
  for (std::size_t k = 0; k < warm_up + publishes; ++k) {
    const einet::Stopwatch elapsed;
    slot.publish(answers[k % exits], k % exits);
    if (k >= warm_up) seconds.push_back(elapsed());
    if constexpr (requires { slot.last_error(); })
      if (slot.last_error()) throw std::system_error(slot.last_error(), name);
  }
  std::printf("%-44s%12.1f%12.1f\n", name, 1e6 * einet::percentile(seconds, .5),
              1e6 * einet::percentile(seconds, .99));
}

inline void show_costs(const std::vector<std::filesystem::path>& folders) {
  std::printf("\n%-44s%12s%12s\n", "microseconds of a publish", "median", "99 % below");
  einet::LocalSlot<Output> local;
  cost_row("LocalSlot, in memory", local);
  for (const std::filesystem::path& folder : folders) {
    const Scratch scratch(folder);
    std::printf("files in %s (%s):\n", folder.c_str(), file_system_of(folder).c_str());
    auto shared = einet::SharedSlot<Output>::in_file(scratch.path() / "shared");
    cost_row("SharedSlot", shared);
    Replaced<true> replaced(scratch.path() / "replaced");
    cost_row("by hand: a new file, renamed, both synced", replaced);
    einet::DurableSlot<Output> durable(scratch.path() / "durable");
    cost_row("DurableSlot", durable);
  }
}

}  // namespace example::power_cut
