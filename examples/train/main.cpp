// Trains any of the networks on Fashion-MNIST, MNIST, CIFAR-10 or CIFAR-100, or takes weights that PyTorch
// has trained, profiles it on this machine, fits the CS-Predictor, and saves all that elastic_demo and paper
// need. If it is interrupted, the last complete epoch is kept, and the same command continues from there.

#include "common/arguments.hpp"
#include "train/options.hpp"
#include "train/times_in_turn.hpp"
#include "train/training.hpp"

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <span>

#include <tbb/global_control.h>

namespace {

volatile std::sig_atomic_t interrupted = 0;

/// The first signal asks to stop; the second ends the program.
void interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
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

int main(int argc, char** argv) {
  return example::run_program("train", [&] {
    const auto options = train::parse(argc, argv);
    if (!options) return 0;
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    return run(*options);
  });
}
