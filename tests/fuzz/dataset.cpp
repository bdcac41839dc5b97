// Images and labels as two IDX files; the first two bytes say where the second file begins, the third how
// many classes there are. Data that is accepted is written, and must be the same when read again.

#include "files.hpp"

#include <einet/data/dataset.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>

using namespace einet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::MemoryFile first, second;
  static const std::filesystem::path images_again = fuzz::scratch() / "images",
                                     labels_again = fuzz::scratch() / "labels.gz";
  if (size < 3) return 0;
  const fuzz::Bytes all(data + 3, size - 3);
  const std::size_t middle = (std::min)(std::size_t{data[0]} | std::size_t{data[1]} << 8U, all.size());
  const std::size_t classes = data[2];
  data::Dataset images;
  if (!fuzz::accepts([&] {
        images = data::load_idx(first.with(all.first(middle)), second.with(all.subspan(middle)), classes);
      }))
    return 0;
  fuzz::require(images.count > 0 && images.labels.size() == images.count &&
                    images.pixels.size() == images.count * images.image_size(),
                "sizes agree");
  fuzz::require(std::ranges::all_of(images.labels, [&](std::uint8_t label) { return label < classes; }),
                "labels are classes");
  fuzz::require(fuzz::accepts([&] {
                  data::save_idx(images, images_again, labels_again);
                  const data::Dataset again = data::load_idx(images_again, labels_again, classes);
                  fuzz::require(again.pixels == images.pixels && again.labels == images.labels &&
                                    again.height == images.height && again.width == images.width &&
                                    again.channels == images.channels,
                                "images are kept");
                }),
                "images that were read can be written and read");
  return 0;
}
