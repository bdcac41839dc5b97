#include "paper/profiles.hpp"

#include "common/exit_counts.hpp"
#include "paper/cells.hpp"

#include <einet/io/safetensors.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <utility>

namespace paper {

namespace {

using Paths = std::vector<std::filesystem::path>;

using BuiltFor = example::ExitCounts<EINET_PAPER_EXITS>;

std::size_t exits_in(const std::filesystem::path& path) {
  const einet::io::SafetensorsFile file(path);
  const auto& shape = file.tensor("confidence").shape;
  if (shape.size() != 2)
    throw einet::io::FileError(
        path, "tensor 'confidence'",
        "has " + std::to_string(shape.size()) + " dimensions, expected [samples, exits]");
  return shape[1];
}

/// What the program cannot do with the profile, and how to build one that can.
std::string not_built_for(std::size_t exits) {
  return BuiltFor::refusal(exits, "EINET_PAPER_EXITS");
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
  for (const auto& path : {data / "profile_even.safetensors", data / "profile.safetensors"})
    if (std::filesystem::exists(path)) found.push_back(path);
  if (found.empty())
    throw std::runtime_error("no profile in " + data.string() +
                             " or its folder 'profiles'; name one by --profile");
  return found;
}

}  // namespace

Profiles open_profiles(Options& options, Report& report) {
  Profiles opened;
  if (options.profiles.empty()) {
    for (const auto& path : shipped_profiles(options.data)) {
      const std::size_t exits = exits_in(path);
      if (BuiltFor::contains(exits)) {
        options.profiles.push_back(path);
        continue;
      }
      report.note("left out: " + path.string() + " " + not_built_for(exits));
      opened.left_out.push_back(path.stem().string());
    }
    if (options.profiles.empty()) throw std::runtime_error("no profile is left; name one by --profile");
  }
  for (const auto& path : options.profiles) {
    const std::size_t exits = exits_in(path);
    std::unique_ptr<Study> study;
    if (!BuiltFor::visit(exits, [&]<std::size_t N>() { study = make_study<N>(path, options); }))
      throw einet::io::FileError(path, "tensor 'confidence'", not_built_for(exits));
    for (const auto& other : opened.studies)
      if (other->name() == study->name())
        throw einet::io::FileError(
            path, "",
            "would be called " + other->name() + " in tables and plots, as is " + other->path().string());
    report.note(text("%s: %zu exits, T = %.3f ms, %zu samples reported on (%s)", study->name().c_str(),
                     study->exits(), 1e3 * study->horizon(), study->reported(), path.string().c_str()));
    opened.studies.push_back(std::move(study));
  }
  report.note(options.held_out ? "Fitted on the odd samples, reported on the even ones."
                               : "Fitted on the same samples that are reported on, as in the paper.");
  return opened;
}

}  // namespace paper
