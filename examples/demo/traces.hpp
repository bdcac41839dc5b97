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
  constexpr double apart = 1.25;  // from image to image, in times of a whole run
  std::ofstream file(path);
  einet::eval::ChromeTrace written(file, "elastic_demo, in seconds of the time profile");
  for (std::size_t row = 0; row < contenders.size(); ++row) written.name_row(row, contenders[row].name);
  einet::eval::RunTrace trace(stage.exits());
  for (std::size_t k = 0; k < (std::min)(runs.size(), most_images); ++k)
    for (std::size_t row = 0; row < contenders.size(); ++row) {
      const auto run = [&](double seconds) {
        contenders[row].traced(stage.features(), stage.deadline(seconds), trace);
      };
      stage.keep_pace();
      stage.undisturbed(
          runs[k].image, [&] { run(Stage<N>::never); }, [&] { run(runs[k].moment); });
      const auto in_hand = slot.read();
      const bool right = in_hand && in_hand->output.label == stage.label(runs[k].image);
      const std::string title = "image " + std::to_string(runs[k].image) +
                                (!in_hand ? ": no answer"
                                 : right  ? ": right"
                                          : ": wrong");
      const double shown_at = apart * times.total() * static_cast<double>(k);
      written.write(trace, row, title, trace.events().front().begin - shown_at);
    }
  written.finish();
  if (!file.flush()) throw einet::io::FileError(path, "", "cannot be written");
}

}  // namespace example::demo
