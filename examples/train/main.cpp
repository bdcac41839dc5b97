// Trains any of the networks on Fashion-MNIST, MNIST, CIFAR-10 or CIFAR-100, or takes weights that PyTorch
// has trained, profiles it on this machine, fits the CS-Predictor, and saves all that elastic_demo and paper
// need. If it is interrupted, the last complete epoch is kept, and the same command continues from there.

#include "train/exits_part.hpp"
#include "train/options.hpp"
#include "train/times_in_turn.hpp"
#include "train/training.hpp"

#include <csignal>
#include <cstddef>
#include <exception>
#include <iostream>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include <tbb/global_control.h>

namespace {

volatile std::sig_atomic_t interrupted = 0;

/// The first signal asks to stop; the second ends the program.
void interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

constexpr std::size_t built_for[] = {EINET_TRAIN_EXITS};

template <std::size_t... I>
std::unique_ptr<const train::ExitsPart> part_for(std::size_t exits, std::index_sequence<I...>) {
  std::unique_ptr<const train::ExitsPart> part;
  static_cast<void>(((exits == built_for[I] && (part = train::make_exits_part<built_for[I]>())) || ...));
  return part;
}

int run(const train::Options& options) {
  if (!options.measure.empty()) {
    train::measure_in_turn(options.measure[0], std::span(options.measure).subspan(1), 501);
    return 0;
  }
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, options.threads);
  train::Training training(options, [] { return interrupted != 0; });
  if (!options.weights.empty())
    training.take(options.weights);
  else if (!training.train())
    return 130;
  return training.finish() ? 0 : 130;
}

}  // namespace

std::unique_ptr<const train::ExitsPart> train::exits_part(std::size_t exits) {
  auto part = part_for(exits, std::make_index_sequence<std::size(built_for)>());
  if (part) return part;
  std::string list;
  for (const std::size_t known : built_for) list += (list.empty() ? "" : " or ") + std::to_string(known);
  throw std::invalid_argument("the network has " + std::to_string(exits) +
                              " exits, this program is built for " + list +
                              " (cmake -DEINET_TRAIN_EXITS=" + std::to_string(exits) + ")");
}

int main(int argc, char** argv) {
  try {
    const auto options = train::parse(argc, argv);
    if (!options) return 0;
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    return run(*options);
  } catch (const CLI::ParseError& error) {
    std::cerr << "train: " << error.what() << " (--help shows the options)\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "train: " << error.what() << '\n';
    return 1;
  }
}
