// The main job, live: a VGG-16 with 14 exits classifies real images while another thread interrupts every run
// at a uniformly random moment. All strategies meet the same images at the same moments, in random order, and
// are compared by the accuracy of the answer in hand; beside it stands what the replayed profile predicts.

#include "vgg16_files.hpp"

#include <einet/einet.hpp>
#include <einet/eval/bootstrap.hpp>
#include <einet/eval/fitting.hpp>
#include <einet/eval/interrupter.hpp>
#include <einet/eval/planning_cost.hpp>
#include <einet/eval/replayed.hpp>
#include <einet/io/predictor_file.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/predict/cs_predictor.hpp>
#include <einet/predict/quadratic_predictor.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/profile/input_samples.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace {

using namespace einet;
namespace fs = std::filesystem;

using Output = Scores<example::classes>;
using Slot = LocalSlot<Output>;
using Result = RunResult<Output, example::exits>;
using Profile = ConfidenceProfile<example::exits>;
using Times = TimeProfile<example::exits>;
using Network = nn::InferenceNetwork<example::classes>;

constexpr std::size_t window = 2;  // images between two measurements of the live runs' block times

struct Options {
  fs::path data = EINET_SOURCE_DIR "/examples/data";
  fs::path weights;
  std::size_t images = 1000;
  std::uint64_t seed = 1;
  fs::path json;
  fs::path csv;
};

/// A planner under test, and what became of it.
struct Strategy {
  std::string name;
  double planning;                                                     // seconds that replays charge
  std::function<Result(nn::Features&, const eval::FlagStop&)> live;    // one interrupted run
  std::function<eval::Replayed(const Profile&, const Times&)> replay;  // the profile's prediction
  std::vector<double> correct;                                         // live, one entry an image: 0 or 1
  double unanswered = 0, exits = 0, elapsed = 0, planned = 0;          // live, sums

  [[nodiscard]] double share(double sum) const { return sum / static_cast<double>(correct.size()); }
  [[nodiscard]] double accuracy() const {
    return share(std::accumulate(correct.begin(), correct.end(), 0.0));
  }
  [[nodiscard]] double planning_share() const { return elapsed > 0 ? planned / elapsed : 0; }
};

/// A strategy's figures beside those that the profile predicts.
struct Row {
  const Strategy* strategy;
  eval::Replayed predicted;
  eval::Interval gain;            // live, over the best static plan, paired
  eval::Interval predicted_gain;  // replayed
  bool agrees;                    // live and replayed, within 3 points plus the sampling interval
};

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result(a.size());
  std::ranges::transform(a, b, result.begin(), std::minus<>{});
  return result;
}

class Demo {
 public:
  explicit Demo(const Options& options)
      : options_(options),
        trained_(example::load_vgg16(options.weights)),
        network_(trained_.network),
        features_(network_.make_features()),
        images_(data::load_idx(options.data / example::images_file, options.data / example::labels_file)),
        fitting_(
            io::load_confidence_profile<example::exits>(options.data / example::profile_file).every(2, 1)) {
    if (options.images > images_.count)
      throw std::invalid_argument("--images: " + std::to_string(options.images) + " wanted, " +
                                  (options.data / example::images_file).string() + " has " +
                                  std::to_string(images_.count));
    example::expect_images(images_, options.data / example::images_file, trained_);
    const Shape input = network_.input();
    for (std::size_t k = 0; k < options.images; ++k) {
      inputs_.emplace_back(input.size());
      example::fill(images_, k, trained_, inputs_.back());
    }
  }

  void run() {
    measure();
    add_strategies();
    gather();
    interrupt_all();
    judge();
    print();
    write_csv();
    write_json();
  }

 private:
  using Shape = nn::Shape;

  void load(nn::Features& features, std::size_t image) const noexcept { features.load(inputs_[image]); }

  /// Times every block once, under the conditions of the live runs: after a rest, with the interrupter at
  /// work.
  Times one_run(std::size_t image) {
    Times seconds;
    interrupter_.interrupt(1e-3, [&](const eval::FlagStop&) {
      const auto load_image = [&](nn::Features& f, std::size_t) { load(f, image); };
      seconds = measure_times<example::exits>(network_, features_, load_image, {0, 1}).median;
    });
    return seconds;
  }

  static Times median(const std::vector<Times>& runs) {
    Times result;
    std::vector<double> seconds(runs.size());
    for (const auto part : {&Times::conv, &Times::branch})
      for (std::size_t k = 0; k < example::exits; ++k) {
        std::ranges::transform(runs, seconds.begin(), [&](const Times& run) { return (run.*part)[k]; });
        (result.*part)[k] = einet::detail::percentile(seconds, 0.5);
      }
    return result;
  }

  void measure() {
    for (std::size_t run = 0; run < 100; ++run) one_run(run % inputs_.size());  // to warm up
    std::vector<Times> runs;
    for (std::size_t run = 0; run < 501; ++run) runs.push_back(one_run(run % inputs_.size()));
    times_ = median(runs);
    law_ = Uniform{times_.total()};
    std::printf("VGG-16 with %zu exits, one thread: conv parts %.3f ms, branches %.3f ms, T = %.3f ms\n",
                example::exits, 1e3 * std::accumulate(times_.conv.begin(), times_.conv.end(), 0.0),
                1e3 * std::accumulate(times_.branch.begin(), times_.branch.end(), 0.0), 1e3 * times_.total());
  }

  template <class Planner>
  void add(std::string name, const Planner& planner) {
    const double planning = eval::median_planning_seconds(planner, fitting_);
    Strategy strategy;
    strategy.name = std::move(name);
    strategy.planning = planning;
    using Runner = decltype(ElasticRunner{network_, planner, slot_});
    strategy.live = [runner = std::make_shared<Runner>(network_, planner, slot_)](
                        nn::Features& features, const eval::FlagStop& stop) {
      return runner->run(features, stop);
    };
    strategy.replay = [planner, planning, this](const Profile& outputs, const Times& times) {
      return eval::replayed(planner, times, outputs, law_, planning);
    };
    strategies_.push_back(std::move(strategy));
  }

  void add_strategies() {
    const PriorPredictor<example::exits> prior{fitting_.accuracy()};
    const auto fixed = [&](const ExitPlan<example::exits>& plan) {
      return Planner{times_, prior, FixedPlan<example::exits>{plan}, law_};
    };
    const auto best = eval::best_static_plan(times_, fitting_, law_);
    add("single exit", fixed({example::exits - 1}));
    add("static 25 %", fixed(evenly_spread<example::exits>(0.25)));
    add("static 50 %", fixed(evenly_spread<example::exits>(0.5)));
    add("static 100 %", fixed(evenly_spread<example::exits>(1.0)));
    reference_ = strategies_.size();
    add("best static plan", fixed(best));
    // The threshold's planner costs so little that it is fitted as if it cost nothing.
    const float enough = eval::best_threshold(times_, fitting_, law_, 0.0);
    add("confidence threshold", Planner{times_, prior, ThresholdSearch{enough}, law_});

    CsParameters<example::exits, example::hidden> parameters;
    io::load_predictor(options_.data / example::predictor_file, parameters,
                       example::predictor_identity(fitting_));
    const CsPredictor<example::exits, example::hidden> predictor{parameters};
    add("EINet as published", Planner{times_, predictor, HybridSearch{}, law_});
    const auto samples = confidence_samples(fitting_);
    const QuadraticPredictor<example::exits> quadratic{fit_quadratic(samples.view())};
    add("EINet default", Planner{times_, quadratic, ExactSearch{}, law_});
    std::printf("best static plan %s, confidence threshold %.2f\n", to_string(best).c_str(),
                static_cast<double>(enough));
    std::printf("median planning:");
    for (const Strategy& strategy : strategies_)
      std::printf("%s %s %.2f µs", &strategy == strategies_.data() ? "" : ",", strategy.name.c_str(),
                  1e6 * strategy.planning);
    std::printf("\n");
  }

  /// What every exit says of the demo's own images, by this network on this machine.
  void gather() {
    outputs_ = gather_confidences<example::exits>(
        network_, features_, inputs_.size(), [&](nn::Features& f, std::size_t k) { load(f, k); },
        [&](std::size_t k) { return images_.labels[k]; }, [](std::size_t) {});
  }

  /// Every image under every strategy, interrupted at a moment that is drawn once an image.
  void interrupt_all() {
    std::mt19937_64 random(options_.seed);
    std::uniform_real_distribution<double> moment(0, times_.total());
    std::vector<std::size_t> order(strategies_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    io::ProgressBar bar("live");
    for (std::size_t image = 0; image < inputs_.size(); ++image) {
      const double after = moment(random);
      std::ranges::shuffle(order, random);
      for (const std::size_t turn : order) interrupt(strategies_[turn], image, after);
      if (image % window == 0) times_while_live_.push_back(one_run(image));
      bar.update(image + 1, inputs_.size());
    }
  }

  /// One interrupted run. Where the interrupter itself was held up by other work on the machine, the moment
  /// was not the one that was drawn, and the run is done again.
  void interrupt(Strategy& strategy, std::size_t image, double after) {
    const double tolerance = (std::max)(20e-6, 0.02 * times_.total());
    Result result;
    eval::Interrupter<Slot>::Taken taken{};
    for (int attempt = 0; attempt < 4; ++attempt) {
      load(features_, image);
      slot_.begin_run();
      taken = interrupter_.interrupt(
          after, [&](const eval::FlagStop& stop) { result = strategy.live(features_, stop); });
      if (taken.moment - after <= tolerance) break;
      ++repeated_;
    }
    const bool right = taken.in_hand && taken.in_hand->output.label == images_.labels[image];
    strategy.correct.push_back(right ? 1 : 0);
    strategy.unanswered += taken.in_hand ? 0 : 1;
    strategy.exits += static_cast<double>(result.ran.count());
    strategy.elapsed += result.elapsed;
    strategy.planned += result.planning;
    late_.push_back(taken.moment - after);
  }

  /// What the profile predicts for the live runs, window by window, for the block times that were met then.
  eval::Replayed replay(const Strategy& strategy) const {
    eval::Replayed all;
    for (std::size_t w = 0; w < times_while_live_.size(); ++w) {
      Profile part;
      for (std::size_t k = w * window; k < (std::min)((w + 1) * window, outputs_.size()); ++k) {
        part.confidence.push_back(outputs_.confidence[k]);
        part.predicted.push_back(outputs_.predicted[k]);
        part.label.push_back(outputs_.label[k]);
      }
      const eval::Replayed some = strategy.replay(part, times_while_live_[w]);
      all.correct.insert(all.correct.end(), some.correct.begin(), some.correct.end());
    }
    all.accuracy = std::accumulate(all.correct.begin(), all.correct.end(), 0.0) /
                   static_cast<double>(all.correct.size());
    return all;
  }

  void judge() {
    for (const Strategy& strategy : strategies_) rows_.push_back({&strategy, replay(strategy), {}, {}, true});
    const Row& best = rows_[reference_];
    for (Row& row : rows_) {
      const auto& live = row.strategy->correct;
      row.gain = eval::bootstrap_mean(difference(live, best.strategy->correct));
      row.predicted_gain = eval::bootstrap_mean(difference(row.predicted.correct, best.predicted.correct));
      const auto gap = eval::bootstrap_mean(difference(live, row.predicted.correct));
      row.agrees = std::abs(gap.mean) <= 0.03 + (gap.high - gap.low) / 2;
    }
  }

  void print() {
    std::printf(
        "\n%zu images, each interrupted at a uniformly random moment of [0, T], the same for all "
        "strategies\n",
        inputs_.size());
    std::printf("%-21s %8s %9s %26s %26s %10s %7s %9s\n", "", "live", "replayed", "live - best static",
                "replayed - best static", "no answer", "exits", "planning");
    std::printf("%-21s %8s %9s %26s %26s %10s %7s %9s\n", "strategy", "acc. %", "acc. %",
                "points (95 % interval)", "points (95 % interval)", "%", "/image", "% of time");
    for (const Row& row : rows_) {
      const Strategy& s = *row.strategy;
      std::printf("%-21s %8.2f %9.2f %26s %26s %10.2f %7.2f %9.2f%s\n", s.name.c_str(), 100 * s.accuracy(),
                  100 * row.predicted.accuracy, text(row.gain).c_str(), text(row.predicted_gain).c_str(),
                  100 * s.share(s.unanswered), s.share(s.exits), 100 * s.planning_share(),
                  row.agrees ? "" : " !");
    }
    std::vector<double> change;
    for (const Times& times : times_while_live_) change.push_back(100 * (times.total() / times_.total() - 1));
    const double low = einet::detail::percentile(change, 0.1);
    std::printf(
        "while the live runs went on, T changed by %+.1f to %+.1f %% (10-90 %%); the replays go by that\n",
        low, einet::detail::percentile(change, 0.9));
    std::printf(
        "interruptions came %.1f µs late in the median; %zu of %zu runs were done again because theirs came "
        "too late\n",
        1e6 * einet::detail::percentile(late_, 0.5), repeated_, late_.size() + repeated_);
    if (std::ranges::all_of(rows_, &Row::agrees))
      std::puts("live and replayed accuracy agree (3 points plus the sampling interval)");
    else
      std::puts(
          "live and replayed accuracy DO NOT agree where marked '!' (3 points plus the sampling interval):"
          " other work on this machine?");
  }

  static std::string text(const eval::Interval& points) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%+.2f (%+.2f, %+.2f)", 100 * points.mean, 100 * points.low,
                  100 * points.high);
    return buffer;
  }

  void write_csv() const {
    if (options_.csv.empty()) return;
    std::ofstream file(options_.csv);
    file
        << "strategy,live_accuracy,replayed_accuracy,gain,gain_low,gain_high,replayed_gain,replayed_gain_low,"
           "replayed_gain_high,no_answer_rate,exits_per_image,planning_share,planning_seconds,agrees\n";
    for (const Row& row : rows_) {
      const Strategy& s = *row.strategy;
      file << s.name << ',' << s.accuracy() << ',' << row.predicted.accuracy << ',' << row.gain.mean << ','
           << row.gain.low << ',' << row.gain.high << ',' << row.predicted_gain.mean << ','
           << row.predicted_gain.low << ',' << row.predicted_gain.high << ',' << s.share(s.unanswered) << ','
           << s.share(s.exits) << ',' << s.planning_share() << ',' << s.planning << ',' << row.agrees << '\n';
    }
    check(file, options_.csv);
  }

  void write_json() const {
    if (options_.json.empty()) return;
    const auto interval = [](const eval::Interval& points) {
      return nlohmann::json{{"mean", points.mean}, {"low", points.low}, {"high", points.high}};
    };
    nlohmann::json all = nlohmann::json::array();
    for (const Row& row : rows_) {
      const Strategy& s = *row.strategy;
      all.push_back({{"name", s.name},
                     {"live_accuracy", s.accuracy()},
                     {"replayed_accuracy", row.predicted.accuracy},
                     {"gain_over_best_static", interval(row.gain)},
                     {"replayed_gain_over_best_static", interval(row.predicted_gain)},
                     {"no_answer_rate", s.share(s.unanswered)},
                     {"exits_per_image", s.share(s.exits)},
                     {"planning_share", s.planning_share()},
                     {"planning_seconds", s.planning},
                     {"agrees", row.agrees}});
    }
    std::ofstream file(options_.json);
    file << nlohmann::json{{"strategies", all},
                           {"images", inputs_.size()},
                           {"seed", options_.seed},
                           {"conv_seconds", times_.conv},
                           {"branch_seconds", times_.branch}}
                .dump(2)
         << '\n';
    check(file, options_.json);
  }

  static void check(std::ofstream& file, const fs::path& path) {
    if (!file.flush()) throw io::FileError(path, "", "cannot be written");
  }

  Options options_;
  example::Trained trained_;
  Network network_;
  nn::Features features_;
  data::Dataset images_;
  Profile fitting_;
  Profile outputs_;
  std::vector<std::vector<float>> inputs_;
  Times times_;                          // what planners know
  std::vector<Times> times_while_live_;  // what the live runs met: the machine's speed changes
  Uniform law_;
  Slot slot_;
  eval::Interrupter<Slot> interrupter_{slot_};
  std::vector<Strategy> strategies_;
  std::size_t reference_ = 0;
  std::vector<double> late_;
  std::size_t repeated_ = 0;
  std::vector<Row> rows_;
};

/// Refuses a file that could not be written before the work is done rather than after it.
void expect_writable(const fs::path& path) {
  if (path.empty()) return;
  if (!std::ofstream(path, std::ios::app)) throw io::FileError(path, "", "cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Interrupts a network with 14 exits at random moments, under several strategies."};
  app.add_option("--images", options.images, "how many of the images")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000000}))
      ->capture_default_str();
  app.add_option("--data", options.data, "folder of images, profile and predictor")->capture_default_str();
  app.add_option("--weights", options.weights, "the network's weights; those in the folder by default");
  app.add_option("--seed", options.seed, "of the moments and the order of the strategies")
      ->capture_default_str();
  app.add_option("--json", options.json, "write all figures to this file");
  app.add_option("--csv", options.csv, "write the table to this file");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "elastic_demo: " << error.what() << " (--help shows the options)\n";
    return 2;
  }
  if (options.weights.empty()) options.weights = options.data / example::weights_file;
  try {
    expect_writable(options.json);
    expect_writable(options.csv);
    Demo(options).run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "elastic_demo: " << error.what() << '\n';
    return 1;
  }
}
