// The convolutions of VGG-16 (width 1, 32x32 input) at batch 1 on one thread: einet's kernel against seven
// plain loops compiled with the same flags, and both against the machine's own peak. Times are the fastest of
// five repetitions; multiply-accumulates on padding count as work for both.

#include "fastest.hpp"
#include "fma_peak.hpp"
#include "plain_loops.hpp"

#include <einet/nn/kernels/conv2d_kernel.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

namespace {

using einet::nn::ConvShape;

/// One layer, its seeded data in both layouts, and room for both results.
struct Layer {
  ConvShape shape;
  std::string name;
  std::vector<float> weights, bias, x, x_planes, y, y_planes, workspace;
  einet::nn::PackedConv<> pack;

  Layer(std::size_t index, const ConvShape& s)
      : shape{s},
        name{"conv" + std::to_string(index) + "/" + std::to_string(s.in.height) + "x" +
             std::to_string(s.in.width) + "/" + std::to_string(s.in.channels) + "->" +
             std::to_string(s.out_channels)},
        weights(random(s.weights(), 1)),
        bias(random(s.out_channels, 2)),
        x(random(s.in.size(), 3)),
        x_planes(x.size()),
        y(s.out().size()),
        y_planes(y.size()),
        workspace(einet::nn::conv2d_workspace(s)),
        pack{s, weights, bias} {
    const std::size_t pixels = s.in.height * s.in.width;
    for (std::size_t p = 0; p < pixels; ++p) {
      for (std::size_t c = 0; c < s.in.channels; ++c) x_planes[c * pixels + p] = x[p * s.in.channels + c];
    }
  }

  void plain() {
    einet::bench::plain_loops(shape, 1, x_planes.data(), weights.data(), bias.data(), y_planes.data());
  }
  void ours() { einet::nn::conv2d_forward(pack, x.data(), y.data(), workspace.data()); }

  /// Largest difference between the two results.
  double disagreement() {
    plain();
    ours();
    const std::size_t pixels = shape.out().height * shape.out().width;
    double largest = 0;
    for (std::size_t p = 0; p < pixels; ++p) {
      for (std::size_t o = 0; o < shape.out_channels; ++o) {
        const float difference = y[p * shape.out_channels + o] - y_planes[o * pixels + p];
        largest = (std::max)(largest, std::abs(static_cast<double>(difference)));
      }
    }
    return largest;
  }

 private:
  static std::vector<float> random(std::size_t count, unsigned seed) {
    std::mt19937 generator{seed};
    std::uniform_real_distribution<float> uniform{-1.0f, 1.0f};
    std::vector<float> values(count);
    for (float& value : values) value = uniform(generator);
    return values;
  }
};

constexpr std::array<std::array<std::size_t, 3>, 13> vgg16{{{32, 3, 64},
                                                            {32, 64, 64},
                                                            {16, 64, 128},
                                                            {16, 128, 128},
                                                            {8, 128, 256},
                                                            {8, 256, 256},
                                                            {8, 256, 256},
                                                            {4, 256, 512},
                                                            {4, 512, 512},
                                                            {4, 512, 512},
                                                            {2, 512, 512},
                                                            {2, 512, 512},
                                                            {2, 512, 512}}};

using einet::bench::Fastest;

void print_table(const std::vector<std::unique_ptr<Layer>>& layers, const Fastest& fastest, double peak) {
  std::printf("\nVGG-16 convolutions, batch 1, one thread, %zu float lanes; FMA peak %.1f GMAC/s\n",
              xsimd::batch<float>::size, peak * 1e-9);
  std::printf("%-22s %9s %14s %12s %8s %8s %9s\n", "layer", "MMAC", "plain ns", "einet ns", "ratio",
              "of peak", "differ by");
  struct Row {
    std::size_t macs;
    double share;
  };
  std::vector<Row> rows;
  double log_ratio = 0, least = std::numeric_limits<double>::infinity();
  for (const auto& layer : layers) {
    const auto plain = fastest.nanoseconds.find(layer->name + "/plain");
    const auto ours = fastest.nanoseconds.find(layer->name + "/einet");
    if (plain == fastest.nanoseconds.end() || ours == fastest.nanoseconds.end()) continue;
    const double ratio = plain->second / ours->second;
    const double macs = static_cast<double>(layer->shape.macs());
    const double share = macs / (ours->second * 1e-9) / peak;
    rows.push_back({layer->shape.macs(), share});
    log_ratio += std::log(ratio);
    least = (std::min)(least, ratio);
    std::printf("%-22s %9.2f %14.0f %12.0f %7.1fx %7.1f%% %9.1e\n", layer->name.c_str(), macs * 1e-6,
                plain->second, ours->second, ratio, 100 * share, layer->disagreement());
  }
  if (rows.empty()) return;
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.macs > b.macs; });
  std::printf("geometric mean of the ratios %.1fx, least %.1fx; share of peak on the largest:",
              std::exp(log_ratio / static_cast<double>(rows.size())), least);
  for (std::size_t i = 0; i < (std::min)(rows.size(), std::size_t{3}); ++i) {
    std::printf(" %.1f%%", 100 * rows[i].share);
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const double peak = einet::bench::fma_peak();
  std::vector<std::unique_ptr<Layer>> layers;
  for (const auto& [side, in, out] : vgg16) {
    layers.push_back(std::make_unique<Layer>(layers.size() + 1, ConvShape{{side, side, in}, out, 3, 1, 1}));
    Layer* const layer = layers.back().get();
    const auto add = [&](const char* variant, auto work) {
      benchmark::RegisterBenchmark((layer->name + "/" + variant).c_str(),
                                   [=](benchmark::State& state) {
                                     for (auto _ : state) {
                                       work(*layer);
                                       benchmark::ClobberMemory();
                                     }
                                     const double macs = static_cast<double>(layer->shape.macs());
                                     constexpr auto rate = benchmark::Counter::kIsIterationInvariantRate;
                                     state.counters["macs_per_second"] = benchmark::Counter{macs, rate};
                                     state.counters["share_of_peak"] = benchmark::Counter{macs / peak, rate};
                                   })
          ->Repetitions(9)
          ->MinTime(0.01)
          ->UseRealTime();
    };
    add("plain", [](Layer& l) { l.plain(); });
    add("einet", [](Layer& l) { l.ours(); });
  }
  Fastest fastest;
  benchmark::RunSpecifiedBenchmarks(&fastest);
  print_table(layers, fastest, (std::max)(peak, einet::bench::fma_peak()));
  return 0;
}
