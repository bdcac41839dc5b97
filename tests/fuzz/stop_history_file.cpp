// Stop histories: a file that is accepted is written, and must be the same when read again.

#include "files.hpp"
#include "safetensors_mutator.hpp"

#include <einet/io/stop_history_file.hpp>
#include <einet/plan/stop_history.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>

using namespace einet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  static const std::filesystem::path path = fuzz::scratch() / "again.safetensors";
  std::optional<StopHistory> history;
  if (!fuzz::accepts([&] { history.emplace(io::load_stop_history(memory.with({data, size}))); })) return 0;
  fuzz::require(fuzz::accepts([&] {
                  io::save_stop_history(path, *history);
                  fuzz::require(io::load_stop_history(path).state() == history->state(),
                                "histories are kept");
                }),
                "histories that were read can be written and read");
  return 0;
}
