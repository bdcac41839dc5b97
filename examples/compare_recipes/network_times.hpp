#pragma once
// The block times that trainings are judged by. Recipes may ask for networks of several sizes: what is
// missing is measured in turn with the network of the command line, whose times are the scale of all others.

#include "compare_recipes/recipes.hpp"
#include "compare_recipes/results.hpp"
#include "train/timed_network.hpp"

#include <einet/io/profile_file.hpp>
#include <einet/nn/graph.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace lab {

class NetworkTimes {
 public:
  /// Networks are made when they are needed.
  using MakeNetwork = std::function<einet::nn::Graph(const example::NetworkSizes&)>;

  /// @param folder keeps what was measured; made if there is none
  /// @param given a profile with the times of the network of the command line, or empty: they are measured
  /// @throws einet::io::FileError naming file and field for times that cannot be
  NetworkTimes(std::filesystem::path folder, const std::filesystem::path& given,
               const example::NetworkSizes& usual, std::span<const NamedRecipe> recipes,
               const MakeNetwork& make)
      : folder_(std::move(folder)), usual_(usual) {
    std::filesystem::create_directories(folder_);
    std::map<std::string, example::NetworkSizes> wanted;
    for (const NamedRecipe& recipe : recipes) wanted.try_emplace(name_of(recipe.sizes), recipe.sizes);
    wanted.try_emplace(name_of(usual), usual);
    std::map<std::string, train::TimedNetwork> missing;
    const auto path_of = [&](const std::string& name) {
      return name == name_of(usual) && !given.empty() ? given : folder_ / (name + ".safetensors");
    };
    for (const auto& [name, sizes] : wanted)
      if (!std::filesystem::exists(path_of(name))) missing.try_emplace(name, make(sizes));
    if (!missing.empty()) missing.try_emplace(name_of(usual), make(usual));
    for (int turn = 0; turn < 301; ++turn)
      for (auto& [name, network] : missing) network.run();

    const einet::nn::Graph own = make(usual);
    const std::filesystem::path known = path_of(name_of(usual));
    if (!std::filesystem::exists(known)) save(known, missing.at(name_of(usual)).median(), {});
    times_[name_of(usual)] = read_times(known, own);
    for (const auto& [name, sizes] : wanted) {
      if (name == name_of(usual)) continue;
      const std::filesystem::path path = path_of(name);
      if (const auto found = missing.find(name); found != missing.end())
        save(path, found->second.median(),
             {{beside, train::setting_text(missing.at(name_of(usual)).median().total())}});
      times_[name] = scaled(path, own, make(sizes));
    }
  }

  /// Of a network of these sizes, one of a recipe's.
  [[nodiscard]] const Times& of(const example::NetworkSizes& sizes) const {
    return times_.at(name_of(sizes));
  }

  /// Stops come until the network of the command line would be done, also where another is faster or slower.
  [[nodiscard]] double last_stop() const { return usual_times().total(); }

  /// Sizes that are not those of the command line, as "key=value".
  [[nodiscard]] std::vector<std::string> other_sizes(example::NetworkSizes sizes) const {
    example::NetworkSizes usual = usual_;
    std::vector<std::string> result;
    for (const example::SizeField& field : example::size_fields())
      if (field.of(sizes) != field.of(usual))
        result.push_back(std::string(field.key) + "=" + std::to_string(field.of(sizes)));
    return result;
  }

 private:
  [[nodiscard]] const Times& usual_times() const { return times_.at(name_of(usual_)); }

  /// Of the file for the times of a network of these sizes.
  [[nodiscard]] std::string name_of(const example::NetworkSizes& sizes) const {
    std::string name = "times";
    for (const std::string& size : other_sizes(sizes)) name += "-" + size;
    return name;
  }

  [[nodiscard]] static bool same_backbone(const einet::nn::Graph& a, const einet::nn::Graph& b) {
    if (a.exits() != b.exits()) return false;
    for (std::size_t k = 0; k < a.exits(); ++k)
      if (a.macs(a.blocks()[k].conv) != b.macs(b.blocks()[k].conv)) return false;
    return true;
  }

  /// The metadata that says how long the network of the command line took when another was measured.
  static constexpr const char* beside = "usual_seconds";

  static void save(const std::filesystem::path& path, const train::PartTimes& times,
                   const einet::io::Metadata& metadata) {
    einet::io::SafetensorsWriter writer(path);
    einet::io::add_profile(writer, Times{times.conv, times.branch});
    writer.set_metadata(metadata);
    writer.save();
  }

  /// Times that were measured beside those of the network of the command line, to its scale.
  [[nodiscard]] Times scaled(const std::filesystem::path& path, const einet::nn::Graph& usual,
                             const einet::nn::Graph& network) const {
    Times times = read_times(path, network);
    const double then = example::number_in(einet::io::SafetensorsFile(path), beside, 1e-9, 1e9);
    const auto now = [&](auto& seconds) {
      for (double& each : seconds) each *= last_stop() / then;
    };
    now(times.conv);
    now(times.branch);
    // Where branches alone differ, noise in the times of the rest must not decide between them.
    if (same_backbone(usual, network)) times.conv = usual_times().conv;
    return times;
  }

  [[nodiscard]] static Times read_times(const std::filesystem::path& path, const einet::nn::Graph& network) {
    const Times times = einet::io::read_time_profile<train::any_exits>(einet::io::SafetensorsFile(path));
    if (times.exit_count() != network.exits())
      throw einet::io::FileError(path, "tensor 'conv_seconds'",
                                 "is of " + std::to_string(times.exit_count()) + " exits, the network has " +
                                     std::to_string(network.exits()));
    return times;
  }

  std::filesystem::path folder_;
  example::NetworkSizes usual_;
  std::map<std::string, Times> times_{};
};

}  // namespace lab
