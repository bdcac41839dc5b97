#include "paper/profiles.hpp"

#include "paper/cells.hpp"

#include <einet/io/safetensors.hpp>
#include <einet/plan/exits.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <utility>

namespace paper {

namespace {

using Paths = std::vector<std::filesystem::path>;

std::size_t exits_in(const std::filesystem::path& path) {
  const einet::io::SafetensorsFile file(path);
  const auto& shape = file.tensor("confidence").shape;
  if (shape.size() != 2)
    throw einet::io::FileError(
        path, "tensor 'confidence'",
        "has " + std::to_string(shape.size()) + " dimensions, expected [samples, exits]");
  constexpr std::size_t most = einet::exit_sizes.back();
  if (shape[1] < 1 || shape[1] > most)
    throw einet::io::FileError(path, "tensor 'confidence'",
                               text("has %zu exits, expected 1 to %zu", shape[1], most));
  return shape[1];
}

/// Single-exit networks that Figure 10 finds by the names of those they are compared with.
bool is_partner(const std::filesystem::path& path) {
  const std::string stem = path.stem().string();
  return stem.ends_with("_classic") || stem.ends_with("_compressed");
}

Paths shipped_profiles(const std::filesystem::path& data) {
  Paths found;
  const auto folder = data / "profiles";
  if (std::filesystem::is_directory(folder))
    for (const auto& entry : std::filesystem::directory_iterator(folder))
      if (entry.path().extension() == ".safetensors" && !is_partner(entry.path()))
        found.push_back(entry.path());
  std::sort(found.begin(), found.end(), [](const auto& one, const auto& other) {
    const std::string name = one.stem().string(), other_name = other.stem().string();
    const Cell *const cell = cell_of(name), *const other_cell = cell_of(other_name);
    return cell == other_cell ? name < other_name : earlier(cell, other_cell);
  });
  if (const auto path = data / "profile.safetensors"; std::filesystem::exists(path)) found.push_back(path);
  if (found.empty())
    throw std::runtime_error("no profile in " + data.string() +
                             " or its folder 'profiles'; name one by --profile");
  return found;
}

}  // namespace

Studies open_profiles(Options& options, Report& report) {
  Studies opened;
  if (options.profiles.empty()) options.profiles = shipped_profiles(options.data);
  for (const auto& path : options.profiles) {
    const std::size_t exits = exits_in(path);
    auto study = einet::with_exits<EINET_EXIT_SIZES>(
        exits, [&]<std::size_t N>() { return make_study<N>(path, exits, options); });
    for (const auto& other : opened)
      if (other->name() == study->name())
        throw einet::io::FileError(
            path, "",
            "would be called " + other->name() + " in tables and plots, as is " + other->path().string());
    report.note(text("%s: %zu exits, T = %.3f ms, %zu samples reported on (%s)", study->name().c_str(),
                     study->exits(), 1e3 * study->horizon(), study->reported(), path.string().c_str()));
    opened.push_back(std::move(study));
  }
  report.note(options.held_out ? "Fitted on the odd samples, reported on the even ones."
                               : "Fitted on the same samples that are reported on, as in the paper.");
  return opened;
}

}  // namespace paper
