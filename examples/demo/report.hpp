#pragma once
// What the demo has to say: a table for people, CSV and JSON for programs.

#include "demo/options.hpp"
#include "demo/strategy.hpp"

#include <einet/eval/bootstrap.hpp>
#include <einet/eval/judged.hpp>
#include <einet/io/file.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>

#include <nlohmann/json.hpp>

namespace example::demo {

/// All that is reported; `reference` is the strategy that the others are compared with.
struct Figures {
  std::span<const Strategy> strategies;
  const Strategy* reference;
  const Stage* stage;
  const Times* times;

  /// Live, over the reference, on the same images at the same moments.
  [[nodiscard]] einet::eval::Interval gain(const Strategy& strategy) const {
    return einet::eval::bootstrap_mean(einet::eval::paired_differences(strategy.right, reference->right));
  }
  [[nodiscard]] einet::eval::Interval replayed_gain(const Strategy& strategy) const {
    return einet::eval::bootstrap_mean(
        einet::eval::paired_differences(strategy.replayed, reference->replayed));
  }
};

/// At most 80 columns wide. Figures of live runs that do not agree with their replays are not shown.
inline void print(const Figures& figures) {
  std::printf("\n%zu images, each stopped at a random moment of its run, the same for all\n\n",
              figures.stage->images());
  std::printf("%-21s%7s%10s%15s%11s%7s%9s\n", "", "live", "replayed", "over the best", "no answer", "exits",
              "planning");
  std::printf("%-21s%7s%10s%15s%11s%7s%9s\n", "strategy", "right %", "right %", "static, points", "%", "run",
              "us");
  for (const Strategy& s : figures.strategies) {
    if (!s.agrees()) {
      std::printf("%-21s  not shown, as live and replayed runs do not agree\n", s.name.c_str());
      continue;
    }
    char gain[32] = "-";
    if (figures.reference->agrees()) {
      const auto [mean, low, high] = figures.gain(s);
      std::snprintf(gain, sizeof gain, "%+.1f +-%.1f", 100 * mean, 50 * (high - low));
    }
    std::printf("%-21s%7.1f%10.1f%15s%11.1f%7.2f%9.2f\n", s.name.c_str(), 100 * s.share(s.sum(s.right)),
                100 * s.share(s.sum(s.replayed)), gain, 100 * s.share(s.unanswered), s.share(s.outputs),
                1e6 * s.cost.each);
  }
  std::puts(
      "\nWithout exits ('single exit') a network rarely has an answer when it is stopped.\n"
      "With exits it has one; a good choice ('best static plan') makes it mostly right.\n"
      "EINet chooses as it goes and runs fewer. 'replayed' is simulated: it must agree.");
  std::printf("\nruns took %.2f to %.2f times the profile (10-90 %%); %.1f %% disturbed, done again\n",
              figures.stage->pace(0.1), figures.stage->pace(0.9), 100 * figures.stage->repeated());
}

namespace detail {

/// @throws einet::io::FileError if not all of it could be written
inline void finish(std::ofstream& file, const std::filesystem::path& path) {
  if (!file.flush()) throw einet::io::FileError(path, "", "cannot be written");
}

}  // namespace detail

/// Refuses a file that could not be written before the work is done rather than after it.
/// @throws einet::io::FileError
inline void expect_writable(const std::filesystem::path& path) {
  if (path.empty()) return;
  if (!std::ofstream(path, std::ios::app)) throw einet::io::FileError(path, "", "cannot be written");
}

/// @throws einet::io::FileError
inline void write_csv(const Figures& figures, const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "strategy,live_accuracy,replayed_accuracy,gain,gain_low,gain_high,replayed_gain,replayed_gain_low,"
          "replayed_gain_high,no_answer_rate,exits_per_image,planning_share,planning_seconds,agrees\n";
  for (const Strategy& s : figures.strategies) {
    const auto gain = figures.gain(s), replayed = figures.replayed_gain(s);
    file << s.name;
    for (const double figure : {s.share(s.sum(s.right)), s.share(s.sum(s.replayed)), gain.mean, gain.low,
                                gain.high, replayed.mean, replayed.low, replayed.high, s.share(s.unanswered),
                                s.share(s.outputs), s.planning_share(), s.cost.each})
      file << ',' << figure;
    file << ',' << s.agrees() << '\n';
  }
  detail::finish(file, path);
}

/// @throws einet::io::FileError
inline void write_json(const Figures& figures, const Options& options) {
  const auto interval = [](const einet::eval::Interval& points) {
    return nlohmann::json{{"mean", points.mean}, {"low", points.low}, {"high", points.high}};
  };
  nlohmann::json all = nlohmann::json::array();
  for (const Strategy& s : figures.strategies)
    all.push_back({{"name", s.name},
                   {"live_accuracy", s.share(s.sum(s.right))},
                   {"replayed_accuracy", s.share(s.sum(s.replayed))},
                   {"gain_over_best_static", interval(figures.gain(s))},
                   {"replayed_gain_over_best_static", interval(figures.replayed_gain(s))},
                   {"no_answer_rate", s.share(s.unanswered)},
                   {"exits_per_image", s.share(s.outputs)},
                   {"planning_share", s.planning_share()},
                   {"planning_seconds", s.cost.each},
                   {"agrees", s.agrees()}});
  std::ofstream file(options.json);
  file << nlohmann::json{{"strategies", all},
                         {"images", options.images},
                         {"seed", options.seed},
                         {"conv_seconds", figures.times->conv},
                         {"branch_seconds", figures.times->branch},
                         {"pace", {figures.stage->pace(0.1), figures.stage->pace(0.9)}},
                         {"repeated_share", figures.stage->repeated()}}
              .dump(2)
       << '\n';
  detail::finish(file, options.json);
}

}  // namespace example::demo
