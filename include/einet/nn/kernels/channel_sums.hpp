#pragma once
// Sums over all pixels of a batch, channel by channel: for batch normalisation and biases. Sums are float
// within short runs of pixels and double across them, in an order that does not depend on threads.

#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/workers.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace einet::nn::detail {

/// body.operator()<V>(channel, first row, last row) over runs of rows short enough to stay in the first-level
/// cache while they are read once for every vector of channels.
template <class Arch, class Body>
void over_blocks(std::size_t channels, std::size_t first, std::size_t last, const Body& body) {
  const std::size_t block = (std::max)(std::size_t{8}, std::size_t{4096} / channels);
  for (std::size_t at = first; at < last; at += block) {
    const std::size_t end = (std::min)(last, at + block);
    over_lanes<Arch>(channels, [&]<class V>(std::size_t c) { body.template operator()<V>(c, at, end); });
  }
}

/// Σ (x − pivot) and Σ (x − pivot)².
template <class A>
struct MomentSums {
  using Arch = A;
  const float* x;
  const float* pivot;  // [channels]

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
  const float* mean;  // [channels]
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

/// Both sums of `Terms` for every channel over `rows` pixels.
template <class Terms>
[[nodiscard]] std::pair<std::vector<double>, std::vector<double>> channel_sums(Workers& workers, Terms terms,
                                                                               std::size_t rows,
                                                                               std::size_t channels) {
  const std::size_t chunks = (std::min)(rows, std::size_t{16});
  std::vector<double> partial(2 * chunks * channels, 0.);
  workers.chunks(rows, chunks, [&](std::size_t chunk, std::size_t first, std::size_t last) {
    double* sums = partial.data() + 2 * chunk * channels;
    over_blocks<typename Terms::Arch>(
        channels, first, last, [&]<class V>(std::size_t c, std::size_t at, std::size_t end) {
          V sum(0.f);
          V product(0.f);
          for (std::size_t i = at * channels + c; i < end * channels; i += channels) {
            terms.template add<V>(c, i, sum, product);
          }
          add_lanes(sums + c, sum);
          add_lanes(sums + channels + c, product);
        });
  });
  std::pair<std::vector<double>, std::vector<double>> total{std::vector<double>(channels, 0.),
                                                            std::vector<double>(channels, 0.)};
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    for (std::size_t c = 0; c < channels; ++c) {
      total.first[c] += partial[2 * chunk * channels + c];
      total.second[c] += partial[(2 * chunk + 1) * channels + c];
    }
  }
  return total;
}

}  // namespace einet::nn::detail
