// Files of CIFAR-10 and CIFAR-100, two of them if the first byte says so.

#include "files.hpp"

#include <einet/data/cifar.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>

using namespace einet;

namespace {

void check(const data::Dataset& images, std::size_t bytes, std::size_t record, std::size_t classes) {
  fuzz::require(images.count * record == bytes, "every record is an image");
  fuzz::require(images.pixels.size() == images.count * images.image_size(),
                "there are pixels of every image");
  fuzz::require(images.labels.size() == images.count, "every image has a label");
  fuzz::require(std::ranges::all_of(images.labels, [&](std::uint8_t label) { return label < classes; }),
                "labels are classes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile memory;
  if (size == 0) return 0;
  const std::size_t files = 1 + data[0] % 2;
  const std::filesystem::path& path = memory.with({data + 1, size - 1});
  const std::array<std::filesystem::path, 2> both{path, path};
  const auto paths = std::span(both).first(files);
  const std::size_t bytes = files * (size - 1);
  fuzz::accepts([&] { check(data::load_cifar10(paths), bytes, 3073, 10); });
  fuzz::accepts([&] { check(data::load_cifar100(paths), bytes, 3074, 100); });
  fuzz::accepts([&] { check(data::load_cifar100(paths, data::CifarLabels::coarse), bytes, 3074, 20); });
  return 0;
}
