#pragma once
// What every strategy did on the first images, step by step: a row for each strategy, image after image.

#include "demo/contender.hpp"
#include "demo/stage.hpp"

#include <einet/eval/chrome_trace.hpp>
#include <einet/eval/run_trace.hpp>
#include <einet/io/file_error.hpp>
#include <einet/plan/time_profile.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace example::demo {

/// Repeats the first of the live runs, stopped at the same moments. Runs on an image are shown as if they had
/// begun at the same moment.
/// @throws einet::io::FileError if the file cannot be written
template <std::size_t N>
void write_traces(std::span<const Contender<N>> contenders, Stage<N>& stage, const Slot& slot,
                  const std::vector<Met<N>>& runs, const einet::TimeProfile<N>& times,
                  const std::filesystem::path& path) {
  constexpr std::size_t most_images = 10;
  constexpr double apart = 1.25;  // from image to image at least, in times of a whole run
  std::ofstream file(path);
  einet::eval::ChromeTrace written(file, "elastic_demo, in seconds of the time profile");
  for (std::size_t row = 0; row < contenders.size(); ++row) written.name_row(row, contenders[row].name);
  std::vector<einet::eval::RunTrace> traces(contenders.size(), einet::eval::RunTrace(stage.exits()));
  std::vector<std::string> titles(contenders.size());
  double shown_at = 0;
  for (std::size_t k = 0; k < (std::min)(runs.size(), most_images); ++k) {
    double longest = 0;
    for (std::size_t row = 0; row < contenders.size(); ++row) {
      const auto run = [&](double seconds) {
        contenders[row].traced(stage.features(), stage.deadline(seconds), traces[row]);
      };
      stage.keep_pace();
      stage.undisturbed(
          runs[k].image, [&] { run(Stage<N>::never); }, [&] { run(runs[k].moment); });
      const auto in_hand = slot.read();
      const bool right = in_hand && in_hand->output.label == stage.label(runs[k].image);
      titles[row] = "image " + std::to_string(runs[k].image) +
                    (!in_hand ? ": no answer"
                     : right  ? ": right"
                              : ": wrong");
      const einet::eval::TraceEvent& whole = traces[row].events().front();
      longest = (std::max)(longest, whole.end - whole.begin);
    }
    for (std::size_t row = 0; row < contenders.size(); ++row)
      written.write(traces[row], row, titles[row], traces[row].events().front().begin - shown_at);
    // A run that was preempted lasts beyond its stop.
    shown_at += (std::max)(apart * times.total(), longest + (apart - 1) * times.total());
  }
  written.finish();
  if (!file.flush()) throw einet::io::FileError(path, "", "cannot be written");
}

}  // namespace example::demo
