#pragma once
// The demo's results: a table for people, CSV and JSON for programs.

#include "demo/contender.hpp"
#include "demo/options.hpp"

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

/// All that is reported; the others are compared with `reference`.
template <std::size_t N>
struct Figures {
  std::span<const Contender<N>> contenders;
  const Contender<N>* reference;
  const Stage<N>* stage;
  const einet::TimeProfile<N>* times;

  /// Live, over the reference, on the same images at the same moments.
  [[nodiscard]] einet::eval::Interval gain(const Contender<N>& contender) const {
    return einet::eval::bootstrap_mean(einet::eval::paired_differences(contender.right, reference->right));
  }
  [[nodiscard]] einet::eval::Interval replayed_gain(const Contender<N>& contender) const {
    return einet::eval::bootstrap_mean(
        einet::eval::paired_differences(contender.replayed, reference->replayed));
  }
};

/// At most 80 columns wide. Results whose live runs and replays disagree are not shown.
template <std::size_t N>
void print(const Figures<N>& figures) {
  std::printf("\n%zu images, each stopped at a random moment of its run, the same for all\n\n",
              figures.stage->images());
  const double whole = figures.times->total();
  std::printf("%-21s%7s%9s%15s%8s%7s%6s%7s\n", "", "live", "replayed", "over the best", "no", "device",
              "exits", "plan");
  std::printf("%-21s%7s%9s%15s%8s%7s%6s%7s\n", "strategy", "right %", "right %", "static, points", "answer%",
              "time %", "run", "in us");
  for (const Contender<N>& c : figures.contenders) {
    if (!c.agrees()) {
      std::printf("%-21s  not shown, as live and replayed runs do not agree\n", c.name.c_str());
      continue;
    }
    char gain[32] = "-";
    if (figures.reference->agrees()) {
      const auto [mean, low, high] = figures.gain(c);
      std::snprintf(gain, sizeof gain, "%+.1f +-%.1f", 100 * mean, 50 * (high - low));
    }
    std::printf("%-21s%7.1f%9.1f%15s%8.1f%7.1f%6.2f%7.2f\n", c.name.c_str(), 100 * c.share(c.sum(c.right)),
                100 * c.share(c.sum(c.replayed)), gain, 100 * c.share(c.unanswered),
                100 * c.share(c.elapsed) / whole, c.share(c.outputs), 1e6 * c.cost.each);
  }
  std::puts(
      "\nWithout exits ('single exit') a network rarely has an answer when it is stopped.\n"
      "With exits it has one; a good choice ('best static plan') makes it mostly right.\n"
      "EINet chooses as it goes and, where time has a price, gives back most of it.\n"
      "'replayed' is simulated: it must agree.");
  std::printf("\nruns took %.2f to %.2f times the profile (10-90 %%); %.1f %% disturbed and repeated\n",
              figures.stage->pace(0.1), figures.stage->pace(0.9), 100 * figures.stage->repeated());
}

namespace detail {

/// @throws einet::io::FileError if not all of it could be written
inline void finish(std::ofstream& file, const std::filesystem::path& path) {
  if (!file.flush()) throw einet::io::FileError(path, "", "cannot be written");
}

}  // namespace detail

/// @throws einet::io::FileError
template <std::size_t N>
void write_csv(const Figures<N>& figures, const std::filesystem::path& path) {
  std::ofstream file(path);
  file << "strategy,live_accuracy,replayed_accuracy,gain,gain_low,gain_high,replayed_gain,replayed_gain_low,"
          "replayed_gain_high,no_answer_rate,device_seconds,exits_per_image,planning_share,planning_seconds,"
          "agrees\n";
  for (const Contender<N>& c : figures.contenders) {
    const auto gain = figures.gain(c), replayed = figures.replayed_gain(c);
    file << c.name;
    for (const double figure : {c.share(c.sum(c.right)), c.share(c.sum(c.replayed)), gain.mean, gain.low,
                                gain.high, replayed.mean, replayed.low, replayed.high, c.share(c.unanswered),
                                c.share(c.elapsed), c.share(c.outputs), c.planning_share(), c.cost.each})
      file << ',' << figure;
    file << ',' << c.agrees() << '\n';
  }
  detail::finish(file, path);
}

/// @throws einet::io::FileError
template <std::size_t N>
void write_json(const Figures<N>& figures, const Options& options) {
  const auto interval = [](const einet::eval::Interval& points) {
    return nlohmann::json{{"mean", points.mean}, {"low", points.low}, {"high", points.high}};
  };
  const auto seconds = [&](const auto& of_parts) {
    return std::span<const double>(of_parts).first(figures.times->exit_count());
  };
  nlohmann::json all = nlohmann::json::array();
  for (const Contender<N>& c : figures.contenders)
    all.push_back({{"name", c.name},
                   {"live_accuracy", c.share(c.sum(c.right))},
                   {"replayed_accuracy", c.share(c.sum(c.replayed))},
                   {"gain_over_best_static", interval(figures.gain(c))},
                   {"replayed_gain_over_best_static", interval(figures.replayed_gain(c))},
                   {"no_answer_rate", c.share(c.unanswered)},
                   {"device_seconds", c.share(c.elapsed)},
                   {"exits_per_image", c.share(c.outputs)},
                   {"planning_share", c.planning_share()},
                   {"planning_seconds", c.cost.each},
                   {"agrees", c.agrees()}});
  std::ofstream file(options.json);
  file << nlohmann::json{{"strategies", all},
                         {"images", options.images},
                         {"seed", options.seed},
                         {"conv_seconds", seconds(figures.times->conv)},
                         {"branch_seconds", seconds(figures.times->branch)},
                         {"pace", {figures.stage->pace(0.1), figures.stage->pace(0.9)}},
                         {"repeated_share", figures.stage->repeated()}}
              .dump(2)
       << '\n';
  detail::finish(file, options.json);
}

}  // namespace example::demo
