// The power is cut while a network publishes. Which answer is found afterwards, if it was published by
// DurableSlot, or in ways that one would write by hand? And what does durability cost?
//
// The cuts are simulated: the calls that reach the disk are logged (calls.cpp), and at every moment of the
// log the disk may hold any sectors of what was not synced yet (cut.hpp). The killed processes are real.

#include "common/arguments.hpp"
#include "power_cut/by_hand.hpp"
#include "power_cut/cost.hpp"
#include "power_cut/folders.hpp"
#include "power_cut/killed.hpp"
#include "power_cut/outcomes.hpp"
#include "power_cut/record.hpp"

#include <einet/posix/durable_slot.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace {

using namespace example;
using namespace power_cut;

constexpr std::uint64_t runs = 8;
const std::filesystem::path memory = "/dev/shm";

struct Options {
  std::size_t cuts = 2000, kills = 50;
  std::uint64_t seed = 1;
  std::vector<std::filesystem::path> folders;
};

void row(const char* name, const Outcomes& outcomes) {
  std::printf("%-44s%10zu%10zu%10zu%10zu\n", name, outcomes.right, outcomes.older, outcomes.nothing,
              outcomes.garbage);
}

/// A row of what is left of a file that was written by hand.
template <class Slot>
void row_by_hand(const char* name, const std::filesystem::path& path, const Options& options) {
  row(name, cut_power(record<Slot>(path, runs, {}), path, options.cuts, options.seed, in_file));
}

/// @throws std::runtime_error if a DurableSlot breaks its promise
void show_outcomes(const Options& options) {
  // Simulated cuts need no disk.
  const Scratch scratch(std::filesystem::is_directory(memory) ? memory : options.folders.front());
  std::printf("%llu runs of %zu exits, %zu simulated power cuts each; a process is killed %zu times\n\n",
              static_cast<unsigned long long>(runs), exits, options.cuts, options.kills);
  std::printf("%-44s%10s%10s%10s%10s\n", "the answer found afterwards is", "the last*", "older", "missing",
              "garbage");
  row_by_hand<InPlace<false>>("one file, overwritten", scratch.path() / "overwritten", options);
  row_by_hand<InPlace<true>>("one file, overwritten and synced", scratch.path() / "synced", options);
  row_by_hand<Replaced<false>>("a new file each, renamed over the old", scratch.path() / "renamed", options);
  row_by_hand<Replaced<true>>("the same, with file and folder synced", scratch.path() / "both", options);
  const auto path = scratch.path() / "slot";
  const auto events = record<einet::DurableSlot<Output>>(path, runs, {}, keep);
  const auto durable = cut_power(events, path, options.cuts, options.seed, in_slot);
  row("DurableSlot", durable);
  row("DurableSlot, on a disk that ignores syncs",
      cut_power(events, path, options.cuts, options.seed, in_slot, Syncs::ignored));
  const auto again = cut_power_again(events, path, options.cuts, options.seed);
  row("DurableSlot, continued and cut again", again);
  const Scratch folder(options.folders.front());
  const auto killed = kill_publishers(folder.path() / "killed", options.kills, options.seed);
  row("DurableSlot, its process killed (SIGKILL)", killed);
  std::printf(
      "\n* whose publish() had returned, or a newer one\n\n"
      "The power cuts are a simulation. Of what was written but not synced, the disk has any sectors of\n"
      "512 bytes, in any order, each of them whole; a length that the file had; and the first few names.\n"
      "Slots are continued after such a cut, or after their process was killed before the cut. Not\n"
      "modelled: what a file system does beyond POSIX (ext4 hurries the data of a file that is renamed over\n"
      "another), its journal, write-back after some seconds, sectors that go bad, syncs that fail.\n");
  if (durable.wrong() + again.wrong() + killed.wrong() != 0)
    throw std::runtime_error("DurableSlot: the last answer was lost, see the table");
}

}  // namespace

int main(int argc, char** argv) {
  return run_program("power_cut", [&] {
    Options options;
    CLI::App app{"Cuts the power, in a simulation, while a network publishes: which answer is left?"};
    app.add_option("--cuts", options.cuts, "number of power cuts, for each way to publish")
        ->check(a_whole_number(1, 10'000'000))
        ->capture_default_str();
    app.add_option("--kills", options.kills, "how often a process is killed that publishes")
        ->check(a_whole_number(0, 100'000))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "seed of the cuts and of the moments of the kills")
        ->check(a_whole_number(0, 1'000'000'000))
        ->capture_default_str();
    app.add_option("--folder", options.folders, "where to publish; may be repeated (default: . and /dev/shm)")
        ->check(a_path)
        ->check(CLI::ExistingDirectory);
    if (!read_command_line(app, argc, argv)) return 0;
    if (options.folders.empty()) {
      options.folders.emplace_back(".");
      if (std::filesystem::is_directory(memory)) options.folders.push_back(memory);
    }
    for (const auto& folder : options.folders) const Scratch writable(folder);
    show_outcomes(options);
    show_costs(options.folders);
    return 0;
  });
}
