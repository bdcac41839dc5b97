#pragma once
// Shows single runs as they go, slowed down: on a terminal as a picture that changes, elsewhere as lines.

#include "demo/contender.hpp"
#include "demo/stage.hpp"
#include "demo/view.hpp"

#include <einet/plan/time_profile.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <unistd.h>

namespace example::demo {

/// Prints lines, over those that it printed before.
class Picture {
 public:
  void show(const std::vector<std::string>& rows) {
    if (rows_ > 0) std::printf("\x1b[%zuA", rows_);
    for (const std::string& row : rows) std::printf("%s\x1b[K\n", row.c_str());
    std::fflush(stdout);
    rows_ = rows.size();
  }

 private:
  std::size_t rows_ = 0;
};

/// Runs of an image under several strategies, side by side. A run of the whole network takes four seconds to
/// show.
inline void play(const std::string& title, const std::vector<Watched>& runs, double moment, double whole) {
  using namespace std::chrono_literals;
  constexpr double shown = 4, frames = 20;  // seconds for `whole`; in a second
  Picture picture;
  const auto show = [&](double seconds) {
    std::vector<std::string> rows{title, time_bar(seconds, whole, moment), view_legend};
    for (const Watched& run : runs) {
      rows.emplace_back();
      for (std::string& row : view(run, seconds)) rows.push_back(std::move(row));
    }
    picture.show(rows);
  };
  double end = moment;
  for (const Watched& run : runs) {
    const auto& all = run.trace.events().front();
    end = (std::max)(end, all.end - all.begin);
  }
  for (double seconds = 0; seconds < end; seconds += whole / (shown * frames)) {
    show(seconds);
    std::this_thread::sleep_for(std::chrono::duration<double>(1 / frames));
  }
  show(end);
  std::this_thread::sleep_for(1500ms);
  std::puts("");
}

/// Stops runs of the first images, each at one moment for all strategies, and shows those that a newcomer
/// compares first.
template <std::size_t N>
void watch(std::span<const Contender<N>> contenders, Stage<N>& stage, const einet::TimeProfile<N>& times,
           std::uint64_t seed) {
  constexpr std::size_t most_images = 5;
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> share(.1, 1);
  for (std::size_t image = 0; image < (std::min)(stage.images(), most_images); ++image) {
    const double moment = share(random) * times.total();
    std::vector<Watched> runs;
    for (const Contender<N>& contender : contenders) {
      constexpr std::array<std::string_view, 3> shown{"single exit", "best static plan",
                                                      "EINet, time priced"};
      if (std::ranges::find(shown, contender.name) == shown.end()) continue;
      Watched& watched = runs.emplace_back(
          Watched{contender.name, einet::eval::RunTrace(stage.exits()), stage.label(image)});
      const auto run = [&](double seconds) {
        contender.traced(stage.features(), stage.deadline(seconds), watched.trace);
      };
      stage.measured(image);
      stage.keep_pace();
      stage.undisturbed(
          image, [&] { run(Stage<N>::never); }, [&] { run(moment); });
    }
    char title[80];
    std::snprintf(title, sizeof title, "image %zu, of class %d, stopped after %.3f ms", image,
                  stage.label(image), 1e3 * moment);
    std::printf("\n");
    if (terminal) {
      play(title, runs, moment, times.total());
      continue;
    }
    std::puts(title);
    for (const Watched& run : runs)
      for (const std::string& line : lines(run)) std::puts(line.c_str());
  }
}

}  // namespace example::demo
