// Profiles of three exits: a file that is accepted is written, and must be the same when read again.

#include "files.hpp"
#include "safetensors_mutator.hpp"

#include <einet/io/profile_file.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>

using namespace einet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  static const std::filesystem::path path = fuzz::scratch() / "again.safetensors";
  const std::filesystem::path& file = memory.with({data, size});
  std::optional<io::SafetensorsFile> stored;
  if (!fuzz::accepts([&] { stored.emplace(file); })) return 0;

  TimeProfile<3> times;
  std::optional<TimeProfile<3>> spread;
  if (fuzz::accepts([&] {
        times = io::read_time_profile<3>(*stored);
        spread = io::read_time_spread<3>(*stored);
      }))
    fuzz::require(fuzz::accepts([&] {
                    io::save_profile(path, times, spread);
                    fuzz::require(io::load_time_profile<3>(path) == times, "times are kept");
                    fuzz::require(io::read_time_spread<3>(io::SafetensorsFile(path)) == spread,
                                  "spreads are kept");
                  }),
                  "times that were read can be written and read");

  ConfidenceProfile<3> profile;
  if (fuzz::accepts([&] { profile = io::read_confidence_profile<3>(*stored); }))
    fuzz::require(fuzz::accepts([&] {
                    io::save_profile(path, profile);
                    const auto again = io::load_confidence_profile<3>(path);
                    fuzz::require(again.confidence == profile.confidence &&
                                      again.predicted == profile.predicted && again.label == profile.label,
                                  "confidences are kept");
                  }),
                  "confidences that were read can be written and read");
  return 0;
}
