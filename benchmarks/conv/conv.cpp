// The convolutions of networks at batch 1 on one thread, layer by layer: einet's kernels, as the network uses
// them, against oneDNN's fastest and the machine's own peak.

#include "arguments.hpp"
#include "conv/fma_peak.hpp"
#include "conv/layers.hpp"
#include "conv/plain_loops.hpp"
#include "conv/rivals.hpp"
#include "csv.hpp"
#include "in_turn.hpp"
#include "workloads.hpp"

#include <einet/base/lanes.hpp>
#include <einet/nn/training/initialise.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::bench {

#ifndef EINET_BENCH_ONEDNN
std::string set_up_onednn(std::string_view isa) {
  if (!isa.empty()) throw std::invalid_argument("--onednn-isa: built without oneDNN");
  return {};
}
std::vector<std::unique_ptr<ConvRival>> onednn_convs(const ConvLayer&) {
  return {};
}
#endif

namespace {

constexpr const char* help =
    "bench_conv [NETWORK]... [options]: the distinct convolutions of networks, bias and ReLU included, at\n"
    "batch 1 on one thread. Networks: vgg16, vgg16_quarter, resnet50_half, msdnet21, mobilenet; by default "
    "all\n"
    "but msdnet21.\n"
    "  --seconds S       to measure each layer for (default .3)\n"
    "  --only TEXT       layers whose names contain it, such as '512>512' or '3x3'\n"
    "  --cold            weights and maps come from beyond the second-level cache, as in a large network\n"
    "  --plain           time seven plain loops, too\n"
    "  --onednn-isa SET  keep oneDNN to sse41, avx, avx2 or avx512_core, as befits einet's own flags\n"
    "  --csv FILE        write the figures to a file\n";

/// What is wanted of the ratio to oneDNN.
constexpr double wanted_least = .9, wanted_mean = 1.1;

struct Options {
  std::vector<std::string> networks;
  std::string only, isa, csv;
  double seconds = .3;
  bool plain = false, cold = false;
};

Options parse(std::span<char* const> all) {
  Options options;
  Arguments arguments(all);
  while (arguments.more()) {
    const std::string_view one = arguments.next();
    if (one == "--seconds") {
      options.seconds = arguments.number(0, 600);
    } else if (one == "--only") {
      options.only = arguments.value();
    } else if (one == "--onednn-isa") {
      options.isa = arguments.value();
    } else if (one == "--csv") {
      options.csv = arguments.value();
    } else if (one == "--cold") {
      options.cold = true;
    } else if (one == "--plain") {
      options.plain = true;
    } else if (one.starts_with("-")) {
      arguments.refuse();
    } else {
      options.networks.emplace_back(workload(one).name);
    }
  }
  if (options.networks.empty()) options.networks = {"vgg16", "vgg16_quarter", "resnet50_half", "mobilenet"};
  return options;
}

/// The layer's result by its definition, [height][width][channels].
std::vector<float> by_definition(const ConvLayer& layer) {
  const nn::ConvShape& shape = layer.shape;
  const nn::Shape out = shape.out();
  const std::size_t pixels = shape.in.pixels(), in = shape.in.channels / shape.groups,
                    channels = shape.out_channels / shape.groups, taps = shape.taps();
  std::vector<float> y(out.size()), planes(out.pixels() * channels), slice(pixels * in);
  nn::ConvShape each = shape;
  each.in.channels = in;
  each.out_channels = channels;
  each.groups = 1;
  for (std::size_t group = 0; group < shape.groups; ++group) {
    for (std::size_t p = 0; p < pixels; ++p)
      for (std::size_t c = 0; c < in; ++c)
        slice[c * pixels + p] = layer.x[p * shape.in.channels + group * in + c];
    plain_loops(each, 1, slice.data(), layer.weights.data() + group * channels * in * taps,
                layer.bias.data() + group * channels, planes.data());
    for (std::size_t p = 0; p < out.pixels(); ++p)
      for (std::size_t c = 0; c < channels; ++c)
        y[p * shape.out_channels + group * channels + c] = planes[c * out.pixels() + p];
  }
  if (layer.relu)
    for (float& value : y) value = (std::max)(value, 0.f);
  return y;
}

/// Largest difference, relative to the largest value.
double difference(const std::vector<float>& truth, const std::vector<float>& found) {
  double most = 0, largest = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    most = (std::max)(most, std::abs(static_cast<double>(truth[i]) - static_cast<double>(found[i])));
    largest = (std::max)(largest, std::abs(static_cast<double>(truth[i])));
  }
  return largest > 0 ? most / largest : most;
}

struct Row {
  std::string layer;
  double ratio = 0;
};

/// All figures of one network, row by row.
class Table {
 public:
  Table(const Options& options, Csv& csv, std::vector<Row>& rows)
      : options_(options), csv_(csv), rows_(rows) {}

  void print(std::string_view network) {
    nn::Graph graph = workload(network).make();
    nn::initialise(graph, 1);
    NetworkLayers layers(graph);
    std::printf("\n%s\n%-22s %8s %9s %-11s %7s %7s %9s %7s  %s\n", std::string(network).c_str(), "layer",
                "MMAC", "einet us", "kernel", "useful", "GB/s", "peer us", "ratio", "fastest of oneDNN");
    for (std::size_t at = 0; at < layers.size(); ++at) {
      if (layers.layer(at).name().find(options_.only) == std::string::npos) continue;
      row(network, layers, at);
      std::fflush(stdout);
    }
  }

 private:
  void row(std::string_view network, NetworkLayers& layers, std::size_t at) {
    const ConvLayer& layer = layers.layer(at);
    layers.load(at);
    const std::vector<std::unique_ptr<ConvRival>> peers = onednn_convs(layer);
    std::vector<float> plain;
    constexpr std::size_t burst = 2'000;
    double burst_macs = 0;
    std::vector<Variant> variants{{"einet", [&] { layers.run(at); }},
                                  {"peak", [&] { burst_macs = fma_burst(burst); }}};
    for (const auto& peer : peers) variants.push_back({peer->name(), [&peer] { peer->run(); }});
    if (options_.plain) variants.push_back({"plain", [&] { plain = by_definition(layer); }});
    if (options_.cold)
      for (Variant& variant : variants)
        if (variant.name != "peak") variant.before = [this] { sweep_(); };
    const std::vector<Rounds> rounds = in_turn(variants, {.seconds = options_.seconds, .slice = 200e-6});

    const std::vector<float> truth = by_definition(layer);
    const double ours = difference(truth, layers.output(at));
    std::size_t best = 0;  // of oneDNN's
    for (std::size_t i = 0; i < peers.size(); ++i) {
      if (i == 0 || rounds[2 + i].median() < rounds[2 + best].median()) best = i;
      complain(layer, peers[i]->name(), difference(truth, peers[i]->output()));
    }
    complain(layer, "einet", ours);

    const double seconds = rounds[0].median();
    const double peak = burst_macs / rounds[1].median();
    // Round by round, because the clock changes.
    const double useful = layer.useful_macs() * rounds[0].ratio(rounds[1]) / burst_macs;
    const double bytes = static_cast<double>(layer.weights.size() * sizeof(float)) / seconds;
    const std::string name = layer.name();
    std::printf("%-22s %8.2f %9.1f %-11s %6.1f%% %7.1f", name.c_str(),
                1e-6 * static_cast<double>(layer.shape.macs()), 1e6 * seconds, layers.kernel(at).c_str(),
                100 * useful, 1e-9 * bytes);
    std::vector<std::string> fields{std::string(network),
                                    name,
                                    std::to_string(layer.shape.macs()),
                                    csv_number(layer.useful_macs()),
                                    layers.kernel(at),
                                    csv_number(1e6 * seconds),
                                    csv_number(useful),
                                    csv_number(1e-9 * bytes),
                                    csv_number(1e-9 * peak),
                                    csv_number(ours)};
    if (peers.empty()) {
      std::printf(" %9s %7s", "-", "-");
      fields.insert(fields.end(), {"", "", ""});
    } else {
      const Rounds& peer = rounds[2 + best];
      const double ratio = rounds[0].ratio(peer);
      rows_.push_back({std::string(network) + " " + name, ratio});
      std::printf(" %9.1f %7.2f  %s", 1e6 * peer.median(), ratio, peers[best]->name().c_str());
      fields.insert(fields.end(), {csv_number(1e6 * peer.median()), csv_number(ratio), peers[best]->name()});
    }
    if (options_.plain) std::printf("  plain loops %.1fx", rounds[0].ratio(rounds.back()));
    fields.push_back(options_.plain ? csv_number(1e6 * rounds.back().median()) : "");
    std::printf("\n");
    csv_.row(fields);
  }

  /// Winograd's rounding is the largest that is let pass.
  static void complain(const ConvLayer& layer, const std::string& who, double difference) {
    if (!(difference <= 1e-3))
      throw std::runtime_error(layer.name() + ": " + who + " is off by " + csv_number(difference) +
                               " of the largest value");
  }

  const Options& options_;
  Csv& csv_;
  std::vector<Row>& rows_;
  Sweep sweep_;
};

void print_verdict(const std::vector<Row>& rows) {
  if (rows.empty()) return;
  double logs = 0;
  std::size_t ahead = 0, below = 0;
  const Row* least = &rows.front();
  for (const Row& row : rows) {
    logs += std::log(row.ratio);
    ahead += row.ratio >= 1 ? 1 : 0;
    below += row.ratio < wanted_least ? 1 : 0;
    if (row.ratio < least->ratio) least = &row;
  }
  const double mean = std::exp(logs / static_cast<double>(rows.size()));
  std::printf(
      "\nratio: time of oneDNN's fastest over einet's, geometric mean %.3f, least %.2f (%s)\n"
      "verdict: einet is ahead on %zu of %zu layers, %zu are below %.1f; wanted: all from %.1f, mean from "
      "%.1f: %s\n",
      mean, least->ratio, least->layer.c_str(), ahead, rows.size(), below, wanted_least, wanted_least,
      wanted_mean, below == 0 && mean >= wanted_mean ? "met" : "not met");
}

}  // namespace

}  // namespace einet::bench

int main(int count, char** arguments) try {
  using namespace einet::bench;
  const std::span<char* const> all(arguments + 1, static_cast<std::size_t>((std::max)(count, 1)) - 1);
  for (const std::string_view one : all) {
    if (one != "--help") continue;
    std::fputs(help, stdout);
    return 0;
  }
  const Options options = parse(all);
  const std::string peer = set_up_onednn(options.isa);
  Csv csv(
      options.csv,
      "network,layer,macs,useful_macs,kernel,einet_us,useful_share_of_peak,weights_gb_per_s,peak_gmac_per_s,"
      "difference,onednn_us,ratio,onednn_kernel,plain_us");
  std::printf(
      "Convolutions with bias and ReLU, batch 1, one thread. einet: %zu floats a register, FMA peak %.1f "
      "GMAC/s; %s\n"
      "useful: multiply-adds that are not on padding, share of the peak; GB/s: weights\n",
      einet::simd::width<float>, 1e-9 * fma_peak(), peer.empty() ? "oneDNN is not built in" : peer.c_str());
  std::vector<Row> rows;
  Table table(options, csv, rows);
  for (const std::string& network : options.networks) table.print(network);
  print_verdict(rows);
  return 0;
} catch (const std::invalid_argument& error) {
  std::fprintf(stderr, "bench_conv: %s\n", error.what());
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_conv: %s\n", error.what());
  return 1;
}
