#include "../../catch.hpp"

#include <einet/nn/training/labelled_images.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace einet;

namespace {

/// All pixels of image i are i; if varied, they are the draw.
struct Numbered {
  [[nodiscard]] std::size_t size() const { return 9; }
  [[nodiscard]] std::int32_t label(std::size_t i) const { return static_cast<std::int32_t>(10 * i); }
  void fill(std::size_t i, std::span<float> image) const {
    std::fill(image.begin(), image.end(), static_cast<float>(i));
  }
};
struct Varied : Numbered {
  using Numbered::fill;
  void fill(std::size_t, std::span<float> image, std::uint64_t draw) const {
    std::fill(image.begin(), image.end(), static_cast<float>(draw));
  }
};
static_assert(nn::LabelledImages<Numbered> && !nn::AugmentedImages<Numbered>);
static_assert(nn::AugmentedImages<Varied>);

std::vector<float> firsts(const nn::Batch& batch) {
  std::vector<float> found;
  for (std::size_t i = 0; i < batch.labels.size(); ++i) {
    found.push_back(batch.images(i, 0, 0, 0));
    CHECK(batch.images(i, 1, 2, 3) == found.back());
  }
  return found;
}

}  // namespace

TEST_CASE("a batch holds the images asked for, in order, each varied by its own draw",
          "[nn][labelled_images]") {
  nn::Batch batch;
  nn::OneWorker workers;
  const std::vector<std::size_t> which{7, 0, 7, 3};
  const auto draws = [](std::size_t image) { return std::uint64_t{100} + image; };
  batch.gather(workers, Numbered{}, {2, 3, 4}, which, draws);
  CHECK(firsts(batch) == std::vector<float>{7, 0, 7, 3});
  CHECK(batch.labels == std::vector<std::int32_t>{70, 0, 70, 30});
  batch.gather(workers, Varied{}, {2, 3, 4}, which, draws);
  CHECK(firsts(batch) == std::vector<float>{107, 100, 107, 103});
  batch.gather(workers, Varied{}, {2, 3, 4}, std::vector<std::size_t>{8, 1});
  CHECK(firsts(batch) == std::vector<float>{8, 1});
}
