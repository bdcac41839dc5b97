#pragma once
// Block times of several networks that are to be compared. They are measured in turn, so that whatever slows
// the machine slows them all, and scaled to an existing profile.

#include "common/network_files.hpp"

#include <einet/io/profile_file.hpp>
#include <einet/nn/inference/features.hpp>
#include <einet/profile/measure_times.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace train {

/// A network and the times of its runs.
template <std::size_t N>
struct TimedNetwork {
  example::Inference network;
  einet::nn::Features features;
  std::vector<einet::TimeProfile<N>> runs{};

  explicit TimedNetwork(const einet::nn::Graph& trained)
      : network(example::make_inference(trained)),
        features(std::visit([](const auto& n) { return n.make_features(); }, network)) {}

  /// Times one run over an image of noise, after two that bring the network into the cache.
  void run() {
    std::visit(
        [&](const auto& n) {
          std::vector<float> image(n.input().size());
          for (std::size_t i = 0; i < image.size(); ++i)
            image[i] = static_cast<float>(i * 2654435761U % 1000) * 0.002f - 1.f;
          const auto load = [&](einet::nn::Features& f, std::size_t) { f.load(image); };
          runs.push_back(einet::measure_times<N>(n, features, load, {2, 1}).median);
        },
        network);
  }

  [[nodiscard]] einet::TimeProfile<N> median() const {
    einet::TimeProfile<N> result;
    std::vector<double> seconds(runs.size());
    const auto of_part = [&](auto part) {
      std::ranges::transform(runs, seconds.begin(), part);
      return einet::percentile(seconds, 0.5);
    };
    for (std::size_t k = 0; k < N; ++k) {
      result.conv[k] = of_part([k](const auto& run) { return run.conv[k]; });
      result.branch[k] = of_part([k](const auto& run) { return run.branch[k]; });
    }
    return result;
  }
};

namespace detail {

/// The metadata that tell the size of a network.
inline einet::io::Metadata sizes_in(const std::filesystem::path& weights) {
  einet::io::Metadata sizes = einet::io::SafetensorsFile(weights).metadata();
  sizes.erase("mean");
  sizes.erase("deviation");
  return sizes;
}

/// Replaces the times in the profile at `path`. All else stays, bit for bit.
template <std::size_t N>
void replace_times(const std::filesystem::path& path, const einet::TimeProfile<N>& times,
                   const std::optional<einet::TimeProfile<N>>& spread = std::nullopt) {
  const einet::io::SafetensorsFile file(path);
  einet::io::SafetensorsWriter writer(path);
  einet::io::add_profile(writer, times, spread);
  std::vector<std::string> names;  // in the order of the file
  for (const auto& [name, entry] : file.tensors())
    if (!name.starts_with("conv_seconds") && !name.starts_with("branch_seconds")) names.push_back(name);
  std::ranges::sort(names, {}, [&](const std::string& name) { return file.tensor(name).begin; });
  for (const std::string& name : names) writer.add_stored(name, file.tensor(name), file.bytes(name));
  writer.set_metadata(file.metadata());
  writer.save();
}

template <std::size_t N>
einet::TimeProfile<N> scaled(einet::TimeProfile<N> times, double factor) {
  for (double& seconds : times.conv) seconds *= factor;
  for (double& seconds : times.branch) seconds *= factor;
  return times;
}

}  // namespace detail

/// Gives the profiles in `folders`, of all exits or of the last, the times that their networks would have had
/// when the profile in the folder `reference` was measured. A network of the same sizes gets the reference's
/// times. Another is measured in turn with the reference, and its times are scaled by the reference's time
/// then over its time now.
/// @throws einet::io::FileError naming file and field
template <std::size_t N>
void measure_in_turn(const std::filesystem::path& reference, std::span<const std::filesystem::path> folders,
                     std::size_t turns) {
  using Times = einet::TimeProfile<N>;
  const einet::io::SafetensorsFile taken(reference / example::profile_file);
  const auto then = einet::io::read_time_profile<N>(taken);
  const auto spread = einet::io::read_time_spread<N>(taken);
  std::map<einet::io::Metadata, TimedNetwork<N>> networks;  // by their sizes
  const auto add = [&](const std::filesystem::path& folder) -> TimedNetwork<N>& {
    const std::filesystem::path weights = folder / example::weights_file;
    return networks.try_emplace(detail::sizes_in(weights), example::load_network(weights).network)
        .first->second;
  };
  const TimedNetwork<N>& known = add(reference);
  std::vector<const TimedNetwork<N>*> of_folder;
  for (const std::filesystem::path& folder : folders) of_folder.push_back(&add(folder));
  for (std::size_t turn = 0; turn < turns; ++turn)
    for (auto& [sizes, network] : networks) network.run();

  const double factor = then.total() / known.median().total();
  std::printf("%s: %.1f us now, %.1f us in its profile\n", reference.string().c_str(),
              1e6 * known.median().total(), 1e6 * then.total());
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const Times now = of_folder[i]->median();
    const bool same = of_folder[i] == &known;
    const Times times = same ? then : detail::scaled(now, factor);
    const std::filesystem::path path = folders[i] / example::profile_file;
    const bool one =
        einet::io::SafetensorsFile(path).tensor("conv_seconds").shape == std::vector<std::size_t>{1};
    if (one)
      detail::replace_times<1>(path, example::last_exit(times));
    else
      detail::replace_times<N>(path, times, same ? spread : std::nullopt);
    std::printf("%s: %.1f us now, up to the last exit alone %.1f us; in its profile %.1f and %.1f us\n",
                folders[i].string().c_str(), 1e6 * now.total(), 1e6 * example::last_exit(now).total(),
                1e6 * times.total(), 1e6 * example::last_exit(times).total());
  }
}

}  // namespace train
