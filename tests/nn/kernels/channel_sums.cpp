#include "../gradients.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/channel_sums.hpp>
#include <einet/nn/training/tbb_workers.hpp>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

using namespace einet;

namespace {

using Sums = std::pair<std::vector<double>, std::vector<double>>;

/// Σ term and Σ term · factor by plain loops; the bounds are the same sums of absolute values.
struct PlainSums {
  Sums sums, sizes;
  PlainSums(std::size_t rows, std::size_t channels, const auto& term, const auto& factor) {
    for (Sums* each : {&sums, &sizes}) *each = {std::vector<double>(channels), std::vector<double>(channels)};
    for (std::size_t i = 0; i < rows * channels; ++i) {
      const std::size_t c = i % channels;
      const double a = term(i, c), b = a * factor(i, c);
      sums.first[c] += a;
      sums.second[c] += b;
      sizes.first[c] += std::abs(a);
      sizes.second[c] += std::abs(b);
    }
  }
  [[nodiscard]] bool near(const Sums& found) const {
    for (std::size_t c = 0; c < sums.first.size(); ++c)
      if (std::abs(found.first[c] - sums.first[c]) > 1e-5 * sizes.first[c] + 1e-6 ||
          std::abs(found.second[c] - sums.second[c]) > 1e-5 * sizes.second[c] + 1e-6)
        return false;
    return true;
  }
};

}  // namespace

TEST_CASE("sums per channel equal plain ones, whatever the number of threads", "[nn][channel_sums]") {
  using Arch = xsimd::default_arch;
  nn::OneWorker alone;
  for (const std::size_t channels : {1U, 3U, 8U, 17U, 64U, 5000U})
    for (const std::size_t rows : {1U, 7U, 100U, 1003U}) {
      if (rows * channels > 200000) continue;
      CAPTURE(channels, rows);
      const auto x = test::random_numbers(rows * channels, 1);
      const auto dy = test::random_numbers(rows * channels, 2);
      const auto y = test::random_numbers(rows * channels, 3);
      const auto mean = test::random_numbers(channels, 4);
      const auto at = [](const std::vector<float>& t, std::size_t i) { return static_cast<double>(t[i]); };
      const auto offset = [&](std::size_t i, std::size_t c) { return at(x, i) - at(mean, c); };
      const auto given = [&](std::size_t i, std::size_t) { return at(dy, i); };
      const auto rectified = [&](std::size_t i, std::size_t) { return at(y, i) > 0 ? at(dy, i) : 0; };
      const nn::detail::PixelRuns<Arch> runs(rows, channels);
      const auto means = runs.repeated(mean);
      const nn::detail::MomentSums<Arch> moments{x.data(), means.data()};
      const nn::detail::GradientSums<Arch> plain{x.data(), means.data(), dy.data(), nullptr};
      const nn::detail::GradientSums<Arch> with_relu{x.data(), means.data(), dy.data(), y.data()};
      CHECK(PlainSums(rows, channels, offset, offset).near(channel_sums(alone, moments, runs, channels)));
      CHECK(PlainSums(rows, channels, given, offset).near(channel_sums(alone, plain, runs, channels)));
      CHECK(
          PlainSums(rows, channels, rectified, offset).near(channel_sums(alone, with_relu, runs, channels)));

      nn::TbbWorkers several;
      CHECK(channel_sums(alone, moments, runs, channels) == channel_sums(several, moments, runs, channels));
    }
}
