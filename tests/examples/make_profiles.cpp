// Writes a profile of 14 exits with class scores, networks of one exit beside it, profiles that are not
// sound, and a folder `data` of profiles as they are shipped. usage: make_profiles FOLDER

#include <einet/io/profile_file.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace {

constexpr std::size_t classes = 4, listed = 3;

/// Random outputs whose accuracy grows from exit to exit, the same labels for every number of exits.
/// @param spoil what to make unsound: nothing, "top_class", "conv_seconds", or "top_logprob" a single number
template <std::size_t N>
void save(const std::filesystem::path& path, const std::string& spoil = "", std::size_t labelled_from = 0,
          std::size_t samples = 60) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<float> confidence, logs;
  std::vector<std::uint8_t> predicted, label, columns;
  for (std::size_t s = 0; s < samples; ++s) {
    label.push_back(static_cast<std::uint8_t>((s + labelled_from) % classes));
    for (std::size_t k = 0; k < N; ++k) {
      const double sure = 0.4 + 0.5 * unit(random) * static_cast<double>(k + 1) / N;
      const bool right = unit(random) < sure;
      const auto best = static_cast<std::uint8_t>(right ? label.back() : (label.back() + 1) % classes);
      confidence.push_back(static_cast<float>(sure));
      predicted.push_back(best);
      for (std::size_t i = 0; i < listed; ++i) {
        columns.push_back(static_cast<std::uint8_t>((best + i) % classes));
        logs.push_back(static_cast<float>(std::log(i == 0 ? sure : (1 - sure) / (classes - 1))));
      }
    }
  }
  std::vector<double> conv(N, 1e-3), branch(N, 2e-4);
  if (spoil == "conv_seconds") conv[0] = -1;
  if (spoil == "top_class") columns[7] = classes;
  const std::array<std::size_t, 3> shape{samples, N, listed};
  einet::io::SafetensorsWriter file(path);
  file.set_metadata("classes", std::to_string(classes));
  file.add("conv_seconds", std::span(shape).subspan(1, 1), std::span<const double>(conv));
  file.add("branch_seconds", std::span(shape).subspan(1, 1), std::span<const double>(branch));
  file.add("confidence", std::span(shape).first(2), std::span<const float>(confidence));
  file.add("predicted", std::span(shape).first(2), std::span<const std::uint8_t>(predicted));
  file.add("label", std::span(shape).first(1), std::span<const std::uint8_t>(label));
  file.add("top_class", shape, std::span<const std::uint8_t>(columns));
  if (spoil == "top_logprob")
    file.add("top_logprob", std::span(shape).first(0), std::span<const float>(logs).first(1));
  else
    file.add("top_logprob", shape, std::span<const float>(logs));
  file.save();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: make_profiles FOLDER\n";
    return 2;
  }
  try {
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    save<14>(folder / "own.safetensors");
    save<1>(folder / "own_classic.safetensors");
    save<1>(folder / "own_compressed.safetensors");
    save<14>(folder / "other.safetensors");
    save<1>(folder / "other_classic.safetensors", "", 1);
    save<129>(folder / "many.safetensors");
    save<14>(folder / "backwards.safetensors", "conv_seconds");
    save<14>(folder / "nameless.safetensors", "top_class");
    save<14>(folder / "scalar.safetensors", "top_logprob");
    for (const std::size_t few : {3u, 4u, 5u, 7u})
      save<14>(folder / ("few" + std::to_string(few) + ".safetensors"), "", 0, few);
    std::filesystem::create_directories(folder / "again" / "deeper" / "again");
    save<14>(folder / "again" / "own.safetensors");
    save<14>(folder / "again" / "deeper" / "again" / "own.safetensors");
    const auto shipped = folder / "data" / "profiles";
    std::filesystem::create_directories(shipped);
    save<14>(folder / "data" / "profile.safetensors");
    save<21>(shipped / "msdnet21_cifar100.safetensors");
    save<14>(shipped / "vgg16_cifar10.safetensors");
    save<1>(shipped / "vgg16_cifar10_classic.safetensors");
    save<1>(shipped / "vgg16_cifar10_compressed.safetensors");
    save<14>(shipped / "flex_vgg16_cifar10.safetensors");
    save<7>(shipped / "resnet50_cifar10.safetensors");
    save<3>(folder / "b_alexnet_mnist.safetensors");
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "make_profiles: " << error.what() << '\n';
    return 1;
  }
}
