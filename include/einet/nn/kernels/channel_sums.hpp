#pragma once
// Loops over all pixels of a batch, channel by channel, and sums: for batch normalisation. Sums are float
// within short blocks of pixels and double across them, in an order that does not depend on threads.

#include <einet/base/aligned.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/workers.hpp>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn::detail {

/// Pixels side by side, as many as fill whole vectors: a run is like one pixel with so many times the
/// channels. Otherwise channels beyond the last whole vector, or all of a map with few, would be taken one by
/// one.
template <class Arch>
class PixelRuns {
 public:
  PixelRuns(std::size_t pixels, std::size_t channels) noexcept
      : values_(pixels * channels), width_(std::lcm(channels, xsimd::batch<float, Arch>::size)) {}

  /// Values of a run.
  [[nodiscard]] std::size_t width() const noexcept { return width_; }
  /// Runs, of which the last may be shorter.
  [[nodiscard]] std::size_t count() const noexcept { return (values_ + width_ - 1) / width_; }

  /// The values of a pixel, again and again up to a run.
  [[nodiscard]] AlignedVector<float> repeated(std::span<const float> pixel) const {
    AlignedVector<float> run(width_);
    for (std::size_t i = 0; i < width_; ++i) run[i] = pixel[i % pixel.size()];
    return run;
  }

  /// body.operator()<V>(c, first, last) does the values at first, first + width(), … before last, of which
  /// each is the c-th of its run. Covers runs [first, last), in blocks that stay in the first-level cache
  /// while they are read once for every vector of a run.
  template <class Body>
  void over(std::size_t first, std::size_t last, const Body& body) const {
    const std::size_t whole = (std::min)(last, values_ / width_);
    const std::size_t block = (std::max)(std::size_t{8}, std::size_t{4096} / width_);
    for (std::size_t at = first; at < whole; at += block) {
      const std::size_t end = (std::min)(whole, at + block) * width_;
      over_lanes<Arch>(width_,
                       [&]<class V>(std::size_t c) { body.template operator()<V>(c, at * width_ + c, end); });
    }
    if (last <= whole) return;
    over_lanes<Arch>(values_ - whole * width_, [&]<class V>(std::size_t c) {
      body.template operator()<V>(c, whole * width_ + c, values_);
    });
  }

 private:
  std::size_t values_, width_;
};

/// Σ (x − pivot) and Σ (x − pivot)². Per run, as all below: `pivot` and `mean` have a value for each of a
/// run.
template <class A>
struct MomentSums {
  using Arch = A;
  const float* x;
  const float* pivot;

  template <class V>
  void add(std::size_t c, std::size_t i, V& sum, V& product) const noexcept {
    const V offset = load<V>(x + i) - load<V>(pivot + c);
    sum = sum + offset;
    product = multiply_add(offset, offset, product);
  }
};

/// Σ dz and Σ dz·(x − mean), where dz is dy, or dy where y > 0 if the output was rectified.
template <class A>
struct GradientSums {
  using Arch = A;
  const float* x;
  const float* mean;
  const float* dy;
  const float* y;  // null if the output was not rectified

  template <class V>
  [[nodiscard]] V gradient(std::size_t i) const noexcept {
    const V given = load<V>(dy + i);
    return y == nullptr ? given : choose(load<V>(y + i) > V(0.f), given, V(0.f));
  }

  template <class V>
  void add(std::size_t c, std::size_t i, V& sum, V& product) const noexcept {
    const V given = gradient<V>(i);
    sum = sum + given;
    product = multiply_add(given, load<V>(x + i) - load<V>(mean + c), product);
  }
};

/// Both sums of `Terms` for every channel.
template <class Terms>
[[nodiscard]] std::pair<std::vector<double>, std::vector<double>> channel_sums(
    Workers& workers, Terms terms, const PixelRuns<typename Terms::Arch>& runs, std::size_t channels) {
  const std::size_t width = runs.width(), chunks = (std::min)(runs.count(), std::size_t{16});
  std::vector<double> partial(2 * chunks * width, 0.);
  workers.chunks(runs.count(), chunks, [&](std::size_t chunk, std::size_t first, std::size_t last) {
    double* const sums = partial.data() + 2 * chunk * width;
    runs.over(first, last, [&]<class V>(std::size_t c, std::size_t at, std::size_t end) {
      V sum(0.f);
      V product(0.f);
      for (std::size_t i = at; i < end; i += width) terms.template add<V>(c, i, sum, product);
      add_lanes(sums + c, sum);
      add_lanes(sums + width + c, product);
    });
  });
  std::pair<std::vector<double>, std::vector<double>> total{std::vector<double>(channels, 0.),
                                                            std::vector<double>(channels, 0.)};
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    const double* const sums = partial.data() + 2 * chunk * width;
    for (std::size_t i = 0; i < width; ++i) {
      total.first[i % channels] += sums[i];
      total.second[i % channels] += sums[width + i];
    }
  }
  return total;
}

}  // namespace einet::nn::detail
