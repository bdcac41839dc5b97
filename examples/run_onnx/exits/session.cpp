// Compiled once for every size of networks, up to EINET_EXITS exits: models are timed, stopped and served.

#include "run_onnx/session.hpp"

#include "run_onnx/saved.hpp"

#include <einet/einet.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/eval/strategies.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/posix/shared_slot.hpp>
#include <einet/posix/signal_stop.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace example::onnx {

namespace {

constexpr std::size_t N = einet::up_to(EINET_EXITS);

using Stop = einet::StopAfter<einet::SteadyClock>;

/// A network, what it is run on, and how it is planned.
class Session {
 public:
  Session(const Options& options, Network network, Inputs inputs)
      : options_(options),
        network_(std::move(network)),
        inputs_(std::move(inputs)),
        features_(network_.make_features()) {}

  void run() {
    const Saved<N> plan =
        options_.load ? load_saved<N>(*options_.load, origin(), options_.any_origin) : made();
    if (plan.times.exit_count() != network_.size())
      throw einet::io::FileError(*options_.load, "",
                                 "is of " + std::to_string(plan.times.exit_count()) +
                                     " exits, the model has " + std::to_string(network_.size()));
    print_blocks(plan.times);
    if (options_.save) save(*options_.save, plan, origin(), options_.preprocessing);
    if (options_.serve.empty())
      compare(plan);
    else
      serve(plan);
  }

 private:
  [[nodiscard]] einet::io::Origin origin() const {
    return {einet::io::file_fingerprint(options_.model), "einet " EINET_PROJECT_VERSION, 1};
  }

  void load(std::size_t image) { features_.load(inputs_.images[image % inputs_.images.size()]); }

  /// What every exit says of every image. Without labels, the last exit's answer counts as right.
  [[nodiscard]] einet::ConfidenceProfile<N> answers() {
    einet::io::ProgressBar bar("all exits");
    const std::size_t count = inputs_.images.size();
    auto all = einet::gather_confidences<N>(
        network_, features_, count, [&](auto&, std::size_t k) { load(k); },
        [&](std::size_t k) { return inputs_.labels.empty() ? 0 : inputs_.labels[k]; },
        [&](std::size_t done) { bar.update(done, count); });
    if (inputs_.labels.empty())
      for (std::size_t k = 0; k < count; ++k) all.label[k] = all.predicted[k][network_.size() - 1];
    return all;
  }

  [[nodiscard]] Saved<N> made() {
    const auto times = einet::measure_times<N>(network_, features_, [&](auto&, std::size_t k) { load(k); },
                                               {.warm_up = 3, .repeats = options_.repeats})
                           .median;
    outputs_ = answers();
    const einet::ConfidenceProfile<N> fitting = outputs_.every(2, 0);
    return {times, fitting, einet::fit_quadratic(fitting)};
  }

  void print_blocks(const einet::TimeProfile<N>& times) const {
    std::printf("%zu exits, %zu classes, images of %zux%zux%zu, one thread\n\n", network_.size(),
                network_.classes(), network_.input().height, network_.input().width,
                network_.input().channels);
    std::printf("%5s%12s%9s%12s%9s\n", "block", "conv ms", "%", "branch ms", "%");
    const double all = times.total();
    for (std::size_t k = 0; k < times.exit_count(); ++k)
      std::printf("%5zu%12.4f%9.1f%12.4f%9.1f\n", k + 1, 1e3 * times.conv[k], 100 * times.conv[k] / all,
                  1e3 * times.branch[k], 100 * times.branch[k] / all);
    std::printf("  all%12.4f ms\n\n", 1e3 * all);
  }

  /// Stops every strategy at the same moments, on images that nothing was fitted on.
  void compare(const Saved<N>& plan) {
    if (outputs_.samples() == 0) outputs_ = answers();
    const einet::ConfidenceProfile<N> held_out = outputs_.every(2, 1);
    const double whole = plan.times.total();
    const einet::Uniform law{whole};
    const auto fitted = einet::eval::fit_strategies(plan.times, plan.fitting, law);
    std::mt19937_64 random(options_.seed);
    std::uniform_real_distribution<double> moment(0, whole);
    std::vector<double> moments(held_out.samples());
    for (double& seconds : moments) seconds = moment(random);
    std::printf(
        "%zu images, each stopped at a random moment of its run; %s\n\n", held_out.samples(),
        inputs_.labels.empty() ? "without labels: 'right' is what the last exit says" : "none was fitted on");
    std::printf("%-21s%9s%12s%11s%8s\n", "", "live", "replayed", "no answer", "exits");
    std::printf("%-21s%9s%12s%11s%8s\n", "strategy", "right %", "right %", "%", "run");
    using Strategy = einet::eval::Strategy;
    for (const Strategy strategy : {Strategy::single_exit, Strategy::static_all, Strategy::best_static,
                                    Strategy::threshold, Strategy::standard})
      einet::eval::visit_planner(
          strategy, fitted, [&] { return plan.predictor(); }, plan.predictor(),
          [&](const auto& planner) {
            const auto live = stopped(planner, moments);
            const double replayed = einet::eval::replayed(planner, plan.times, held_out, law, 0.).accuracy;
            const auto share = [&](std::size_t number) {
              return 100 * static_cast<double>(number) / static_cast<double>(moments.size());
            };
            std::printf("%-21s%9.1f%12.1f%11.1f%8.2f\n", einet::eval::name_of(strategy), share(live.right),
                        100 * replayed, share(live.unanswered), share(live.exits) / 100);
          });
  }

  struct Counts {
    std::size_t right = 0, unanswered = 0, exits = 0;
  };
  template <class Planner>
  [[nodiscard]] Counts stopped(const Planner& planner, const std::vector<double>& moments) {
    einet::LocalSlot<einet::Answer> slot;
    einet::ElasticRunner runner{std::as_const(network_.blocks()), planner, slot};
    Counts counts;
    einet::io::ProgressBar bar("stopped");
    for (std::size_t k = 0; k < moments.size(); ++k) {
      const std::size_t image = 2 * k + 1;  // the other half was fitted on
      load(image);
      const auto result =
          runner.run(features_, Stop{einet::SteadyClock{}, einet::SteadyClock::now() + moments[k]});
      const auto in_hand = slot.read();
      counts.right += in_hand && in_hand->output.label == outputs_.label[image] ? 1U : 0U;
      counts.unanswered += in_hand ? 0U : 1U;
      counts.exits += result.ran.count();
      bar.update(k + 1, moments.size());
    }
    return counts;
  }

  /// Runs image after image until a signal comes. Whoever opens the slot reads the newest answer.
  void serve(const Saved<N>& plan) {
    const einet::SignalStop signals{SIGINT, SIGTERM};
    const auto stop = signals.token();
    auto slot = einet::SharedSlot<einet::Answer>::in_memory(options_.serve,
                                                            {.between_runs = einet::BetweenRuns::keep});
    einet::ElasticRunner runner{std::as_const(network_.blocks()),
                                einet::Planner{plan.times, plan.predictor()}, slot};
    std::printf("answering in shared memory '%s' until a signal comes\n", options_.serve.c_str());
    std::fflush(stdout);
    std::size_t served = 0;
    for (; !stop.stop_requested(); ++served) {
      load(served);
      runner.run(features_, stop);
    }
    if (const auto last = slot.read())
      std::printf("%zu images; the newest answer is class %s with confidence %.3f\n", served,
                  name_of(last->output.label).c_str(), static_cast<double>(last->output.confidence));
    else
      std::printf("%zu images, and no answer\n", served);
    einet::SharedSlot<einet::Answer>::remove_from_memory(options_.serve);
  }
  [[nodiscard]] std::string name_of(std::int32_t label) const {
    const auto at = static_cast<std::size_t>(label);
    return at < inputs_.names.size() ? inputs_.names[at] : std::to_string(label);
  }

  const Options& options_;
  Network network_;
  Inputs inputs_;
  einet::nn::Features features_;
  einet::ConfidenceProfile<N> outputs_;
};

}  // namespace

template <>
void run_session<N>(const Options& options, Network network, Inputs inputs) {
  Session(options, std::move(network), std::move(inputs)).run();
}

}  // namespace example::onnx
