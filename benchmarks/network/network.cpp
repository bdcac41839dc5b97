// Whole networks with random weights: the time of one image through all conv parts and branches, or of a
// training step. With 'serve' it measures once for every line that it reads, so that another
// program can be measured in turn (pytorch.py).
//
//   bench_network <network> [<size>=<number>]... [images=<side>] [train=<batch> [threads=<number>]] [serve]
//   bench_network resnet50 width=.5 branch_channels=64 branch_hidden=128
//   bench_network compare [<network>]... [--help]        beside other engines, see compare.cpp

#include "../examples/common/network_files.hpp"
#include "network/compare.hpp"

#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>
#include <einet/nn/training/sgd.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/run/clock.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <tbb/global_control.h>

namespace {

using namespace einet;

struct Options {
  example::NetworkSizes sizes;
  std::size_t train = 0;    // images in a batch
  std::size_t threads = 1;  // that train
  bool serve = false;
};

double number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0))
    throw std::invalid_argument("'" + std::string(text) + "' is not a number");
  return value;
}

Options parse(std::span<char*> arguments) {
  if (arguments.empty()) throw std::invalid_argument("name a network");
  Options options{example::default_sizes(arguments[0])};
  options.sizes.image.channels = 3;
  options.sizes.width = 1;
  options.sizes.branch = {};
  std::map<std::string_view, std::size_t> others;
  for (const std::string_view argument : arguments.subspan(1)) {
    if (argument == "serve") {
      options.serve = true;
      continue;
    }
    const std::size_t at = argument.find('=');
    if (at == argument.npos) throw std::invalid_argument("'" + std::string(argument) + "' has no value");
    const std::string_view key = argument.substr(0, at);
    const double value = number(argument.substr(at + 1));
    const auto whole = static_cast<std::size_t>(value);
    if (key == "width") {
      options.sizes.width = value;
    } else if (key == "classes") {
      options.sizes.classes = whole;
    } else if (key == "images") {
      options.sizes.image.height = options.sizes.image.width = whole;
    } else if (key == "train") {
      options.train = whole;
    } else if (key == "threads" && whole > 0) {
      options.threads = whole;
    } else {
      others[key] = whole;
    }
  }
  // In this order: a size may decide whether later ones apply.
  for (const example::SizeField& field : example::size_fields()) {
    const auto given = others.find(field.key);
    if (given == others.end() || !field.applies(options.sizes)) continue;
    field.of(options.sizes) = given->second;
    others.erase(given);
  }
  if (!others.empty())
    throw std::invalid_argument("'" + std::string(others.begin()->first) + "' is no size of a " +
                                example::kind_of(options.sizes));
  return options;
}

/// Seconds of the median of the runs of about half a second.
double median_seconds(const std::function<void()>& run) {
  std::vector<double> seconds;
  const Stopwatch all;
  while (all() < .5 || seconds.size() < 3) {
    const Stopwatch one;
    run();
    seconds.push_back(one());
  }
  return percentile(seconds, .5);
}

std::function<void()> inference(nn::Graph& graph) {
  auto network = std::make_shared<example::Inference>(example::make_inference(graph));
  const std::size_t size = graph.image().size();
  return std::visit(
      [&](const auto& blocks) -> std::function<void()> {
        auto features = std::make_shared<nn::Features>(blocks.make_features());
        std::vector<float> image(size);
        for (std::size_t i = 0; i < size; ++i) image[i] = nn::random_normal(7, i);
        return [network, features, image, &blocks] {
          features->load(image);
          for (const auto& block : blocks.blocks()) {
            block.advance(*features);
            detail::keep(block.classify(*features));
          }
        };
      },
      *network);
}

std::function<void()> training(nn::Graph& graph, std::size_t batch) {
  auto network = std::make_shared<nn::BatchNetwork>(graph);
  auto sgd = std::make_shared<nn::Sgd>(*network, nn::SgdOptions{});
  nn::Tensor images;
  nn::resize(images, batch, graph.image());
  for (std::size_t i = 0; i < images.size(); ++i) images.data()[i] = nn::random_normal(7, i);
  std::vector<std::int32_t> labels(batch);
  for (std::size_t i = 0; i < batch; ++i) labels[i] = static_cast<std::int32_t>(i % graph.classes());
  const std::vector<float> weights(graph.exits(), 1.f);
  return [network, sgd, images, labels, weights] {
    detail::keep(network->differentiate(images, labels, weights, {true, 1}).loss);
    sgd->step(1e-4f);
  };
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const std::span<char*> all(arguments, static_cast<std::size_t>(count));
    if (count > 1 && std::string_view(arguments[1]) == "compare") return bench::compare(all.subspan(2));
    const Options options = parse(all.subspan(1));
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, options.threads);
    nn::Graph graph = example::make_network(options.sizes);
    nn::initialise(graph, 1);
    const auto run = options.train > 0 ? training(graph, options.train) : inference(graph);
    run();
    if (!options.serve) {
      std::size_t conv = 0, branch = 0;
      for (const nn::BlockLayers& block : graph.blocks()) {
        conv += graph.macs(block.conv);
        branch += graph.macs(block.branch);
      }
      const double seconds = median_seconds(run);
      const double macs = static_cast<double>((conv + branch) * (options.train > 0 ? 3 * options.train : 1));
      std::printf("%zu exits, %zu parameters, %.1f + %.1f M multiply-adds: %.1f us, %.1f GMAC/s\n",
                  graph.exits(), graph.parameter_count(), 1e-6 * static_cast<double>(conv),
                  1e-6 * static_cast<double>(branch), 1e6 * seconds, 1e-9 * macs / seconds);
      return 0;
    }
    for (std::string line; std::getline(std::cin, line);) {
      std::printf("%.9f\n", median_seconds(run));
      std::fflush(stdout);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "bench_network: " << error.what() << '\n';
    return 2;
  }
}
