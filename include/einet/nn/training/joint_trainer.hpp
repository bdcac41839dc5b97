#pragma once
// Joint training of all exits: one loss with a weight per exit, and the backbone not frozen (the paper's
// training of multi-exit networks).

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/labelled_images.hpp>
#include <einet/nn/training/random.hpp>
#include <einet/nn/training/sgd.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace einet::nn {

/// How all exits are trained.
struct TrainingOptions {
  std::size_t batch = 64;
  SgdOptions sgd{};
  Schedule rate = constant_rate(.05);
  std::uint64_t seed = 1;    ///< of the order of the images, their variations, and dropout
  bool equilibrium = false;  ///< of the exits' gradients, see equilibrium.hpp
};

/// The results of an epoch, over the images as they were seen in training.
struct EpochResult {
  bool complete = false;         ///< false: stopped between batches
  std::size_t batches = 0;       ///< done
  double loss = 0.;              ///< mean joint loss
  std::vector<double> accuracy;  ///< per exit, fraction of 1
};

/// Trains a network epoch by epoch. The result depends only on options, data and weights, never on the number
/// of threads; the result of an epoch only on its number, the parameters and the velocities. So training
/// resumes exactly from a saved network and the saved arrays of `for_each_state`. Refers to the graph.
class JointTrainer {
 public:
  /// Throws std::invalid_argument if the graph has no exit or the batch is 0.
  explicit JointTrainer(Graph& graph, TrainingOptions options = {})
      : network_(graph, std::make_unique<TbbWorkers>(), {.equilibrium = options.equilibrium}),
        options_(std::move(options)),
        sgd_(network_, options_.sgd) {
    detail::at_least("JointTrainer", "batch", options_.batch);
  }

  /// Batches in an epoch over `images`; images that do not fill a batch are left out of that epoch.
  [[nodiscard]] std::size_t batches(std::size_t images) const noexcept {
    return (std::max)(std::size_t{1}, images / options_.batch);
  }

  /// Runs epoch `number`, from 0, over `data` in an order of its own. `weights` holds a loss weight per exit.
  /// progress(batch, batches, loss) is called after every batch with the number done, and stop() before every
  /// batch: if it returns true, the network is left as it is, in the middle of the epoch. Throws
  /// std::invalid_argument for an empty data set, a wrong number of weights, or a label that is not a class,
  /// and std::runtime_error naming epoch and batch, both from 0, when the loss is not a finite number, or
  /// a weight or statistic at the end is not.
  template <LabelledImages Data, class Progress, class Stop>
  EpochResult epoch(std::size_t number, const Data& data, std::span<const float> weights, Progress progress,
                    Stop stop) {
    const std::size_t images = data.size();
    einet::detail::expect(images > 0, "JointTrainer", "data.size()", images, "at least 1 image");
    const std::uint64_t seed = random_bits(options_.seed, number);
    const std::vector<std::size_t> order = random_order(images, random_bits(seed, 0));
    const std::size_t size = (std::min)(images, options_.batch);
    const std::size_t all = batches(images);
    EpochResult result;
    std::vector<std::size_t> correct(network_.exits(), 0);
    double loss = 0.;
    while (result.batches < all && !stop()) {
      const std::size_t at = result.batches;
      batch_.gather(network_.workers(), data, network_.graph().image(),
                    std::span(order).subspan(at * size, size),
                    [draws = random_bits(seed, 1)](std::size_t image) { return random_bits(draws, image); });
      const double done = static_cast<double>(at) / static_cast<double>(all);
      const JointLoss joint = step(batch_.images, batch_.labels, weights, random_bits(seed, 2 + at),
                                   options_.rate(static_cast<double>(number) + done));
      require_finite(is_finite(joint.loss), "the loss", number, at);
      for (std::size_t k = 0; k < correct.size(); ++k) correct[k] += joint.correct[k];
      loss += joint.loss;
      ++result.batches;
      progress(result.batches, all, joint.loss);
    }
    result.complete = result.batches == all;
    // Weights that the last batch spoilt, and statistics, which the loss in training does not depend on.
    network_.graph().for_each_parameter([&](const Parameter& parameter) {
      if (result.batches == 0) return;
      for (const float value : parameter.weights->values())
        require_finite(is_finite(value), parameter.name, number, result.batches - 1);
    });
    const double seen = static_cast<double>((std::max)(std::size_t{1}, result.batches));
    result.loss = loss / seen;
    for (const std::size_t hits : correct) {
      result.accuracy.push_back(static_cast<double>(hits) / (seen * static_cast<double>(size)));
    }
    return result;
  }

  template <LabelledImages Data>
  EpochResult epoch(std::size_t number, const Data& data, std::span<const float> weights) {
    return epoch(
        number, data, weights, [](std::size_t, std::size_t, double) {}, [] { return false; });
  }

  /// Runs one batch: gradients, then one update at `rate`, unless the loss is not a finite number. `seed` is
  /// for dropout.
  JointLoss step(const Tensor& images, std::span<const std::int32_t> labels, std::span<const float> weights,
                 std::uint64_t seed, double rate) {
    JointLoss joint = network_.differentiate(images, labels, weights, {true, seed, branches_alone_});
    if (!is_finite(joint.loss)) return joint;
    sgd_.step(static_cast<float>(rate), branches_alone_);
    return joint;
  }

  /// From now on trains the branches alone, on conv parts that stay as they are, statistics of batch norms
  /// included; or all again.
  void train_branches_alone(bool alone) noexcept { branches_alone_ = alone; }

  /// See Sgd::for_each_state.
  template <class F>
  void for_each_state(F&& f) {
    sgd_.for_each_state(f);
  }

  /// The network as it is trained.
  [[nodiscard]] BatchNetwork& network() noexcept { return network_; }

 private:
  static void require_finite(bool finite, const std::string& what, std::size_t epoch, std::size_t batch) {
    if (!finite)
      EINET_THROW(std::runtime_error("training: " + what + " is not a finite number in epoch " +
                                     std::to_string(epoch) + ", batch " + std::to_string(batch)));
  }

  BatchNetwork network_;
  TrainingOptions options_;
  Sgd sgd_;
  bool branches_alone_ = false;
  Batch batch_;
};

}  // namespace einet::nn
