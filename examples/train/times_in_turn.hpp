#pragma once
// Block times of several networks that are to be compared. They are measured in turn, so that whatever slows
// the machine slows them all, and scaled to an existing profile.

#include "common/network_files.hpp"
#include "train/timed_network.hpp"

#include <einet/io/safetensors.hpp>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace train {

/// The metadata that tell the size of a network.
inline einet::io::Metadata sizes_in(const std::filesystem::path& weights) {
  einet::io::Metadata sizes = einet::io::SafetensorsFile(weights).metadata();
  sizes.erase("mean");
  sizes.erase("deviation");
  return sizes;
}

/// Gives the profiles in `folders`, of all exits or of the last, the times that their networks would have had
/// when the profile in the folder `reference` was measured. A network of the same sizes gets the reference's
/// times. Another, which may have another number of exits, is measured in turn with the reference, and its
/// times are scaled by the reference's time then over its time now.
/// @throws einet::io::FileError naming file and field
inline void measure_in_turn(const std::filesystem::path& reference,
                            std::span<const std::filesystem::path> folders, std::size_t turns) {
  std::map<einet::io::Metadata, std::unique_ptr<TimedNetwork>> networks;  // by their sizes
  const auto add = [&](const std::filesystem::path& folder) -> const TimedNetwork& {
    const std::filesystem::path weights = folder / example::weights_file;
    std::unique_ptr<TimedNetwork>& network = networks[sizes_in(weights)];
    if (!network) {
      const example::Trained trained = example::load_network(weights);
      network = std::make_unique<TimedNetwork>(trained.network);
    }
    return *network;
  };
  const TimedNetwork& known = add(reference);
  const PartTimes then = known.read(reference / example::profile_file);
  std::vector<const TimedNetwork*> of_folder;
  for (const std::filesystem::path& folder : folders) of_folder.push_back(&add(folder));
  for (std::size_t turn = 0; turn < turns; ++turn)
    for (auto& [sizes, network] : networks) network->run();

  const double factor = then.total() / known.median().total();
  std::printf("%s: %.1f us now, %.1f us in its profile\n", reference.string().c_str(),
              1e6 * known.median().total(), 1e6 * then.total());
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const PartTimes now = of_folder[i]->median();
    const PartTimes times = of_folder[i] == &known ? then : now.scaled(factor);
    of_folder[i]->replace(folders[i] / example::profile_file, times);
    std::printf("%s: %.1f us now, up to the last exit alone %.1f us; in its profile %.1f and %.1f us\n",
                folders[i].string().c_str(), 1e6 * now.total(), 1e6 * now.last_alone(), 1e6 * times.total(),
                1e6 * times.last_alone());
  }
}

}  // namespace train
