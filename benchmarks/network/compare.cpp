// Whole networks at batch 1 on one thread, all exits, in turn with the engines of others.

#include "network/compare.hpp"

#include "arguments.hpp"
#include "conv/fma_peak.hpp"
#include "csv.hpp"
#include "in_turn.hpp"
#include "network/rivals.hpp"
#include "workloads.hpp"

#include <einet/base/lanes.hpp>
#include <einet/nn/inference/dispatch.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>

#ifdef EINET_BENCH_ONNX
#include <einet/onnx/read_onnx.hpp>
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
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
std::vector<NetworkRival> onednn_rivals(const nn::Graph&, std::span<const float>) {
  return {};
}
#endif

namespace {

constexpr const char* help =
    "bench_network compare [NETWORK]... [options]: all exits at batch 1 on one thread, in turn with oneDNN, "
    "and\n"
    "with ONNX Runtime and LibTorch if they are built in and --models has the network. Networks: vgg16,\n"
    "vgg16_quarter, resnet50_half, msdnet21, mobilenet; by default all. A model of your own is NAME.onnx, "
    "and\n"
    "NAME.pt beside it, if it is there; its scores must be the same.\n"
    "  --seconds S       to measure each network for (default 3)\n"
    "  --dispatched      only einet's kernels: chosen at run time against compiled for the machine\n"
    "  --models FOLDER   NETWORK.onnx and NETWORK.pt, as benchmarks/network/models.py writes them\n"
    "  --onednn-isa SET  keep oneDNN to sse41, avx, avx2 or avx512_core, as befits einet's own flags\n"
    "  --csv FILE        write the figures to a file\n";

/// Speed of kernels chosen at run time, relative to those compiled for the machine.
constexpr double wanted_dispatched = .97;

/// Whether it names a model, not a network that is known.
bool is_file(std::string_view network) {
  return network.ends_with(".onnx");
}

struct Options {
  std::vector<std::string> networks;
  std::string isa, csv;
  std::filesystem::path models;
  double seconds = 3;
  bool dispatched = false;  // alone
};

Options parse(std::span<char* const> all) {
  Options options;
  Arguments arguments(all);
  while (arguments.more()) {
    const std::string_view one = arguments.next();
    if (one == "--seconds") {
      options.seconds = arguments.number(0, 3600);
    } else if (one == "--models") {
      options.models = arguments.value();
      if (!std::filesystem::is_directory(options.models))
        throw std::invalid_argument("--models: '" + options.models.string() + "' is no folder");
    } else if (one == "--dispatched") {
      options.dispatched = true;
    } else if (one == "--onednn-isa") {
      options.isa = arguments.value();
    } else if (one == "--csv") {
      options.csv = arguments.value();
    } else if (one.starts_with("-")) {
      arguments.refuse();
    } else {
      options.networks.emplace_back(is_file(one) ? one : workload(one).name);
    }
  }
  if (options.networks.empty())
    for (const Workload& one : workloads) options.networks.emplace_back(one.name);
  return options;
}

/// einet's own kernels.
class Own {
 public:
  Own(const nn::Graph& graph, std::span<const float> image, nn::GraphCompiler compile = nullptr)
      : network_(graph, {.compile = compile}), features_(network_.make_features()), image_(image) {}

  void run() {
    features_.load(image_);
    scores_.clear();
    for (const auto& block : network_.blocks()) {
      block.advance(features_);
      const float* const found = block.logits(features_);
      scores_.insert(scores_.end(), found, found + block.classes());
    }
  }
  [[nodiscard]] const std::vector<float>& scores() const noexcept { return scores_; }
  [[nodiscard]] std::size_t exits() const noexcept { return network_.size(); }
  [[nodiscard]] std::size_t classes(std::size_t exit) const { return network_.blocks()[exit].classes(); }

 private:
  nn::InferenceNetwork<nn::any_classes> network_;
  nn::Features features_;
  std::span<const float> image_;
  std::vector<float> scores_;
};

/// The graph of a network, with random weights, or of a model's file.
nn::Graph graph_of(const std::string& network) {
  if (is_file(network)) {
#ifdef EINET_BENCH_ONNX
    return nn::read_onnx(network);
#else
    throw std::invalid_argument(network + ": built without einet::onnx");
#endif
  }
  nn::Graph graph = workload(network).make();
  nn::initialise(graph, 1);
  return graph;
}

std::vector<NetworkRival> rivals_of(const std::string& network, const Options& options,
                                    const nn::Graph& graph, std::span<const float> image,
                                    std::span<float> planes) {
  std::vector<NetworkRival> all;
  if (!is_file(network)) all = onednn_rivals(graph, image);  // it does not chain all layers
  const auto file = [&](const char* extension) {
    return is_file(network) ? std::filesystem::path(network).replace_extension(extension)
                            : options.models / (network + extension);
  };
  static_cast<void>(file);
  static_cast<void>(planes);
#ifdef EINET_BENCH_ONNXRUNTIME
  if (std::filesystem::exists(file(".onnx"))) all.push_back(onnxruntime_rival(file(".onnx"), planes));
#endif
#ifdef EINET_BENCH_LIBTORCH
  if (std::filesystem::exists(file(".pt"))) all.push_back(libtorch_rival(file(".pt"), graph.image(), planes));
#endif
  if (is_file(network))
    for (NetworkRival& rival : all) rival.same_weights = true;
  return all;
}

/// The largest difference of a score, relative to the largest score of the same exit; of the exit that is
/// furthest off. 0 if the weights are others.
/// @throws std::runtime_error if the rival computes something else
double check(const NetworkRival& rival, const Own& own) {
  const std::vector<float> found = rival.scores();
  const std::vector<float>& truth = own.scores();
  if (found.size() != truth.size())
    throw std::runtime_error(rival.name + " gives " + std::to_string(found.size()) + " scores, einet " +
                             std::to_string(truth.size()));
  if (!rival.same_weights) return 0;
  double worst = 0;
  std::size_t i = 0;
  for (std::size_t k = 0; k < own.exits(); ++k) {
    double most = 0, largest = 0;
    for (const std::size_t end = i + own.classes(k); i < end; ++i) {
      const double difference = std::abs(static_cast<double>(truth[i]) - static_cast<double>(found[i]));
      // std::max would drop what is not a number.
      if (!std::isfinite(difference))
        throw std::runtime_error("a score of exit " + std::to_string(k + 1) + ", of " + rival.name +
                                 " or of einet, is no finite number");
      most = (std::max)(most, difference);
      largest = (std::max)(largest, std::abs(static_cast<double>(truth[i])));
    }
    if (most > 1e-3 * largest)
      throw std::runtime_error(rival.name + " is off by " + csv_number(most / largest) +
                               " of the largest score at exit " + std::to_string(k + 1));
    if (largest > 0) worst = (std::max)(worst, most / largest);
  }
  return worst;
}

/// What matters of one network.
struct Found {
  double ratio = std::numeric_limits<double>::infinity();  ///< the least of a rival
  std::string engine{};                                    ///< whose it is
  double dispatched = 0;  ///< of einet's kernels that are chosen at run time; 0 if there are none
};

Found print(const std::string& network, const Options& options, Csv& csv) {
  const nn::Graph graph = graph_of(network);
  const nn::Shape shape = graph.image();
  std::vector<float> image(shape.size()), planes(shape.size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = nn::random_normal(7, i);
  for (std::size_t p = 0; p < shape.pixels(); ++p)
    for (std::size_t c = 0; c < shape.channels; ++c)
      planes[c * shape.pixels() + p] = image[p * shape.channels + c];

  Own own(graph, image);
  std::vector<NetworkRival> rivals;
  if (!options.dispatched) rivals = rivals_of(network, options, graph, image, planes);
  std::size_t dispatched = 0;  // of the variants; 0 if there is none
  if (const auto sets = nn::kernel_sets(); !sets.empty()) {
    const auto other = std::make_shared<Own>(graph, image, sets.back().compile);
    dispatched = 2 + rivals.size();
    rivals.push_back({"einet, dispatched " + std::string(sets.back().name), [other] { other->run(); },
                      [other] { return other->scores(); }, true});
  }
  own.run();
  std::vector<double> errors;
  for (const NetworkRival& rival : rivals) {
    rival.run();
    errors.push_back(check(rival, own));
  }
  double burst_macs = 0;
  std::vector<Variant> variants{{"einet", [&] { own.run(); }},
                                {"peak", [&] { burst_macs = fma_burst(5'000); }}};
  for (const NetworkRival& rival : rivals) variants.push_back({rival.name, rival.run});
  const std::vector<Rounds> rounds = in_turn(variants, {.seconds = options.seconds});

  std::size_t macs = 0;
  for (const nn::BlockLayers& block : graph.blocks())
    macs += graph.macs(block.conv) + graph.macs(block.branch);
  const double peak = burst_macs / rounds[1].median();
  std::printf("\n%s: %zu exits, %.1f M multiply-adds, %zu rounds, FMA peak %.1f GMAC/s\n", network.c_str(),
              graph.exits(), 1e-6 * static_cast<double>(macs), rounds[0].seconds.size(), 1e-9 * peak);
  std::printf("  %-26s %10s %9s %7s %15s %9s\n", "", "us", "GMAC/s", "ratio", "10 % to 90 %", "error");
  Found found;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    if (i == 1) continue;
    const double seconds = rounds[i].median(), ratio = rounds[0].ratio(rounds[i]);
    std::printf("  %-26s %10.1f %9.1f", variants[i].name.c_str(), 1e6 * seconds,
                1e-9 * static_cast<double>(macs) / seconds);
    if (i == 0) {
      std::printf("\n");
    } else {
      std::printf(" %7.3f %6.2f to %5.2f", ratio, rounds[0].ratio(rounds[i], .1),
                  rounds[0].ratio(rounds[i], .9));
      if (rivals[i - 2].same_weights)
        std::printf("   %.1e\n", errors[i - 2]);
      else
        std::printf("\n");
      if (i == dispatched)
        found.dispatched = ratio;
      else if (ratio < found.ratio)
        found.ratio = ratio, found.engine = variants[i].name;
    }
    csv.row({network, "\"" + variants[i].name + "\"", csv_number(1e6 * seconds), csv_number(ratio),
             csv_number(rounds[0].ratio(rounds[i], .1)), csv_number(rounds[0].ratio(rounds[i], .9)),
             std::to_string(rounds[0].seconds.size()), csv_number(1e-9 * peak)});
  }
  std::fflush(stdout);
  return found;
}

}  // namespace

int compare(std::span<char* const> arguments) try {
  for (const std::string_view one : arguments) {
    if (one != "--help") continue;
    std::fputs(help, stdout);
    return 0;
  }
  const Options options = parse(arguments);
  if (options.dispatched && nn::kernel_sets().empty())
    throw std::invalid_argument("--dispatched: no kernels are chosen at run time in this build, or here");
  std::string peers = set_up_onednn(options.isa);
#ifdef EINET_BENCH_ONNXRUNTIME
  peers += (peers.empty() ? "" : ", ") + onnxruntime_title();
#endif
#ifdef EINET_BENCH_LIBTORCH
  peers += (peers.empty() ? "" : ", ") + libtorch_title();
#endif
  Csv csv(options.csv, "network,engine,us,ratio,ratio_10,ratio_90,rounds,peak_gmac_per_s");
  std::printf(
      "All exits at batch 1, one thread, fp32. einet: %zu floats a register; %s\n"
      "ratio: time over einet's, round by round, median\n"
      "error: the largest difference of a score over the largest score of its exit\n",
      simd::width<float>, peers.empty() ? "no other engine is built in" : peers.c_str());
  double logs = 0, slowest = 0;  // the latter of the dispatched
  std::size_t count = 0, ahead = 0;
  Found least;
  for (const std::string& network : options.networks) {
    Found found = print(network, options, csv);
    slowest = (std::max)(slowest, found.dispatched);
    if (found.engine.empty()) continue;
    ++count;
    logs += std::log(found.ratio);
    ahead += found.ratio >= 1 ? 1 : 0;
    found.engine = network + ", " + found.engine;
    if (found.ratio < least.ratio) least = found;
  }
  if (count > 0)
    std::printf(
        "\nagainst the fastest engine of each network: geometric mean %.3f, least %.3f (%s)\n"
        "verdict: einet is ahead on %zu of %zu networks\n",
        std::exp(logs / static_cast<double>(count)), least.ratio, least.engine.c_str(), ahead, count);
  if (slowest > 0)
    std::printf(
        "dispatched at run time against compiled for the machine: speed at least %.3f (wanted: %.2f)\n",
        1 / slowest, wanted_dispatched);
  return 0;
} catch (const std::invalid_argument& error) {
  std::fprintf(stderr, "bench_network compare: %s\n", error.what());
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_network compare: %s\n", error.what());
  return 1;
}

}  // namespace einet::bench
