#include "train/profiling.hpp"

#include <einet/einet.hpp>
#include <einet/io/predictor_file.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/paper/cs_trainer.hpp>
#include <einet/paper/cs_trainer_options.hpp>
#include <einet/paper/fit.hpp>
#include <einet/parallel/tbb_executor.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <span>
#include <string>
#include <variant>

namespace train {

namespace {

using namespace einet;

using Times = TimeProfile<any_exits>;
using Profile = ConfidenceProfile<any_exits>;
using Measured = MeasuredTimes<any_exits>;

/// The most probable classes of every output, as profiles have them.
class TopScores {
 public:
  explicit TopScores(std::size_t listed) : listed_(listed) {}

  template <std::size_t K>
  void add(const Scores<K>& output) {
    if (listed_ == 0) return;
    std::array<std::int32_t, K> order{};
    std::iota(order.begin(), order.end(), 0);
    const auto end = order.begin() + static_cast<std::ptrdiff_t>((std::min)(listed_, K));
    // The label first: where rounding makes two scores equal, it must not be the other that is listed.
    std::ranges::partial_sort(order, end, {}, [&](std::int32_t c) {
      const float score = output.scores[static_cast<std::size_t>(c)];
      return std::pair(c == output.label ? 0 : 1, -score);
    });
    for (auto at = order.begin(); at != end; ++at) {
      classes_.push_back(*at);
      logs_.push_back(lowered(std::log(output.scores[static_cast<std::size_t>(*at)])));
    }
  }

  void save(io::SafetensorsWriter& writer, std::size_t samples, std::size_t exits) const {
    if (listed_ == 0) return;
    const std::array<std::size_t, 3> shape{samples, exits, classes_.size() / samples / exits};
    std::vector<std::uint8_t> bytes(classes_.begin(), classes_.end());
    writer.add("top_class", shape, std::span<const std::uint8_t>(bytes));
    writer.add_half("top_logprob", shape, logs_);
  }

 private:
  /// What a half can hold: log(0) becomes a probability of practically 0.
  static float lowered(float log) { return (std::max)(log, -100.f); }

  std::size_t listed_;
  std::vector<std::int32_t> classes_;
  std::vector<float> logs_;
};

/// What the network says about the test images.
struct Gathered {
  Profile profile{};
  TopScores scores;
  bool complete = true;
};

template <class Network, class Load>
Gathered gather(const Finished& what, const Network& network, nn::Features& features, Load load) {
  const std::size_t exits = network.size();
  Gathered gathered{{}, TopScores{what.top_scores}};
  gathered.profile.counted = exits;
  io::ProgressBar bar("confidence profile");
  for (std::size_t sample = 0; sample < what.test.count; ++sample) {
    if (what.interrupted()) {
      gathered.complete = false;
      return gathered;
    }
    load(features, sample);
    std::array<float, einet::most_exits<any_exits>> confidences{};
    std::array<std::int32_t, einet::most_exits<any_exits>> labels{};
    for (std::size_t k = 0; k < exits; ++k) {
      network[k].advance(features);
      const auto output = network[k].classify(features);
      confidences[k] = output.confidence;
      labels[k] = output.label;
      if (!what.last_alone || k + 1 == exits) gathered.scores.add(output);
    }
    gathered.profile.confidence.push_back(confidences);
    gathered.profile.predicted.push_back(labels);
    gathered.profile.label.push_back(what.test.labels[sample]);
    bar.update(sample + 1, what.test.count);
  }
  return gathered;
}

void save(const Finished& what, const Measured& measured, const Gathered& gathered) {
  const std::size_t exits = measured.median.exit_count();
  Times spread(exits);
  for (std::size_t k = 0; k < exits; ++k) {
    spread.conv[k] = measured.high.conv[k] - measured.low.conv[k];
    spread.branch[k] = measured.high.branch[k] - measured.low.branch[k];
  }
  io::SafetensorsWriter writer(what.out / example::profile_file);
  const std::size_t classes = what.trained.network.classes();
  if (what.last_alone) {
    io::add_profile(writer, example::last_exit(measured.median));
    io::add_profile(writer, example::last_exit(gathered.profile), classes);
  } else {
    io::add_profile(writer, measured.median, spread);
    io::add_profile(writer, gathered.profile, classes);
  }
  gathered.scores.save(writer, what.test.count, what.last_alone ? 1 : exits);
  writer.save();
}

/// @return false if it was interrupted
bool fit(const Finished& what, const Profile& fitting) {
  CsTrainerOptions how;
  how.seed = what.seed;
  io::ProgressBar bar("predictor");
  const auto fitted = train_cs_predictor<example::hidden>(
      fitting, how,
      [&](std::size_t epoch, double, double error) {
        bar.update(epoch + 1, how.epochs, "error " + std::to_string(error));
        return !what.interrupted();
      },
      parallel::TbbExecutor{});
  if (what.interrupted()) return false;
  io::save_predictor(what.out / example::predictor_file, fitted.parameters,
                     example::predictor_identity(fitting));
  std::printf("predictor: mean squared error %.4f on held-back samples of the fitting half\n",
              fitted.history[fitted.best_epoch].validation);
  return true;
}

void report(const Measured& measured, std::span<const float> accuracy) {
  std::printf("exit  accuracy  conv µs (10-90 %%)        branch µs (10-90 %%)\n");
  for (std::size_t k = 0; k < measured.median.exit_count(); ++k)
    std::printf("%4zu    %.4f  %7.1f (%6.1f-%6.1f)  %8.1f (%6.1f-%6.1f)\n", k,
                static_cast<double>(accuracy[k]), 1e6 * measured.median.conv[k], 1e6 * measured.low.conv[k],
                1e6 * measured.high.conv[k], 1e6 * measured.median.branch[k], 1e6 * measured.low.branch[k],
                1e6 * measured.high.branch[k]);
  std::printf("all conv parts and branches: %.3f ms; accuracy on the reporting half of the test images\n",
              1e3 * measured.median.total());
}
template <class Network, class Load>
bool finish(const Finished& what, const Network& network, nn::Features& features, Load load) {
  const auto measured = measure_times<any_exits>(network, features, load);
  const Gathered gathered = gather(what, network, features, load);
  if (!gathered.complete) return false;
  const Profile fitting = gathered.profile.every(2, 1);
  // The predictor first: an interruption while it is fitted leaves both files as they were.
  if (!what.last_alone && !fit(what, fitting)) return false;
  save(what, measured, gathered);
  const auto accuracy = gathered.profile.every(2, 0).accuracy();
  if (what.last_alone)
    std::printf("the last exit, after %.3f ms: accuracy %.4f on the reporting half of the test images\n",
                1e3 * example::last_exit(measured.median).total(),
                static_cast<double>(accuracy[gathered.profile.exit_count() - 1]));
  else
    report(measured, accuracy);
  return true;
}

}  // namespace

bool finish(const Finished& what) {
  return std::visit(
      [&](const auto& network) {
        nn::Features features = network.make_features();
        std::vector<float> image(network.input().size());
        return finish(what, network, features, [&](nn::Features& into, std::size_t k) {
          example::fill(what.test, k % what.test.count, what.trained, image);
          into.load(image);
        });
      },
      example::make_inference(what.trained.network));
}

}  // namespace train
