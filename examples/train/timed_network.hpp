#pragma once
// The times of a network of N exits, run after run, and those in its profile.

#include "common/network_files.hpp"
#include "train/exits_part.hpp"

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

template <std::size_t N>
class TimedNetworkOf final : public TimedNetwork {
 public:
  explicit TimedNetworkOf(const einet::nn::Graph& trained)
      : network_(example::make_inference(trained)),
        features_(std::visit([](const auto& n) { return n.make_features(); }, network_)) {}

  void run() override {
    std::visit(
        [&](const auto& n) {
          std::vector<float> image(n.input().size());
          for (std::size_t i = 0; i < image.size(); ++i)
            image[i] = static_cast<float>(i * 2654435761U % 1000) * 0.002f - 1.f;
          const auto load = [&](einet::nn::Features& f, std::size_t) { f.load(image); };
          runs_.push_back(einet::measure_times<N>(n, features_, load, {2, 1}).median);
        },
        network_);
  }

  [[nodiscard]] PartTimes median() const override {
    PartTimes result;
    std::vector<double> seconds(runs_.size());
    const auto of_part = [&](auto part) {
      std::ranges::transform(runs_, seconds.begin(), part);
      return einet::percentile(seconds, 0.5);
    };
    for (std::size_t k = 0; k < N; ++k) {
      result.conv.push_back(of_part([k](const auto& run) { return run.conv[k]; }));
      result.branch.push_back(of_part([k](const auto& run) { return run.branch[k]; }));
    }
    return result;
  }

  [[nodiscard]] PartTimes read(const std::filesystem::path& profile) const override {
    const einet::io::SafetensorsFile file(profile);
    const auto times = einet::io::read_time_profile<N>(file);
    return {{times.conv.begin(), times.conv.end()}, {times.branch.begin(), times.branch.end()}};
  }

  void replace(const std::filesystem::path& profile, const PartTimes& seconds) const override {
    einet::TimeProfile<N> times;
    std::ranges::copy(seconds.conv, times.conv.begin());
    std::ranges::copy(seconds.branch, times.branch.begin());
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
  example::Inference network_;
  einet::nn::Features features_;
  std::vector<einet::TimeProfile<N>> runs_{};
};

}  // namespace train
