#pragma once
// The times of a network, run after run, and those in its profile.

#include "common/network_files.hpp"
#include "train/profiling.hpp"

#include <einet/io/profile_file.hpp>
#include <einet/nn/inference/features.hpp>
#include <einet/profile/measure_times.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace train {

class TimedNetwork {
  using Times = einet::TimeProfile<any_exits>;

 public:
  explicit TimedNetwork(const einet::nn::Graph& trained)
      : network_(example::make_inference(trained)),
        features_(std::visit([](const auto& n) { return n.make_features(); }, network_)) {}

  /// Times one run over an image of noise, after two that bring the network into the cache.
  void run() {
    std::visit(
        [&](const auto& n) {
          std::vector<float> image(n.input().size());
          for (std::size_t i = 0; i < image.size(); ++i)
            image[i] = static_cast<float>(i * 2654435761U % 1000) * 0.002f - 1.f;
          const auto load = [&](einet::nn::Features& f, std::size_t) { f.load(image); };
          runs_.push_back(einet::measure_times<any_exits>(n, features_, load, {2, 1}).median);
        },
        network_);
  }

  /// Over all runs.
  [[nodiscard]] PartTimes median() const {
    PartTimes result;
    std::vector<double> seconds(runs_.size());
    const auto of_part = [&](auto part) {
      std::ranges::transform(runs_, seconds.begin(), part);
      return einet::percentile(seconds, 0.5);
    };
    for (std::size_t k = 0; k < exits(); ++k) {
      result.conv.push_back(of_part([k](const auto& run) { return run.conv[k]; }));
      result.branch.push_back(of_part([k](const auto& run) { return run.branch[k]; }));
    }
    return result;
  }

  /// The times in a profile of all its exits.
  [[nodiscard]] PartTimes read(const std::filesystem::path& profile) const {
    const einet::io::SafetensorsFile file(profile);
    const auto times = einet::io::read_time_profile<any_exits>(file);
    if (times.exit_count() != exits())
      throw einet::io::FileError(profile, "tensor 'conv_seconds'",
                                 "the profile has " + std::to_string(times.exit_count()) +
                                     " exits, the network has " + std::to_string(exits()));
    const auto all = static_cast<std::ptrdiff_t>(exits());
    return {{times.conv.begin(), times.conv.begin() + all},
            {times.branch.begin(), times.branch.begin() + all}};
  }

  /// Replaces the times in a profile of all its exits or of the last, and takes out their spread, which was
  /// of the old ones. All else stays, bit for bit.
  void replace(const std::filesystem::path& profile, const PartTimes& seconds) const {
    const Times times{seconds.conv, seconds.branch};
    const einet::io::SafetensorsFile file(profile);
    einet::io::SafetensorsWriter writer(profile);
    if (file.tensor("conv_seconds").shape == std::vector<std::size_t>{1})
      einet::io::add_profile(writer, example::last_exit(times));
    else
      einet::io::add_profile(writer, times);
    std::vector<std::string> names;  // in the order of the file
    for (const auto& [name, entry] : file.tensors())
      if (!name.starts_with("conv_seconds") && !name.starts_with("branch_seconds")) names.push_back(name);
    std::ranges::sort(names, {}, [&](const std::string& name) { return file.tensor(name).begin; });
    for (const std::string& name : names) writer.add_stored(name, file.tensor(name), file.bytes(name));
    writer.set_metadata(file.metadata());
    writer.save();
  }

 private:
  [[nodiscard]] std::size_t exits() const {
    return std::visit([](const auto& n) { return n.size(); }, network_);
  }

  example::Inference network_;
  einet::nn::Features features_;
  std::vector<Times> runs_{};
};

}  // namespace train
