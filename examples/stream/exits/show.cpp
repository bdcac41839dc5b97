// Compiled once for every size of networks, up to EINET_EXITS exits: streams are served, live or replayed.

#include "stream/show.hpp"

#include "common/chart.hpp"
#include "stream/live_device.hpp"
#include "stream/options.hpp"
#include "stream/replayed_device.hpp"
#include "stream/report.hpp"
#include "stream/scenario.hpp"
#include "stream/strategies.hpp"

#include <einet/eval/stream.hpp>
#include <einet/io/file_error.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>

#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace example::stream {

namespace {

using namespace einet;

constexpr std::size_t N = up_to(EINET_EXITS);
constexpr std::size_t reference = 1;  // the best static plan, among the contenders

void add_point(Line& line, double rate, double accuracy) {
  line.y.push_back(accuracy);
  line.marks.push_back({rate, accuracy});
}

/// Serves all streams by `device`.
template <class Device>
void serve_all(const Options& options, Device& device, const TimeProfile<N>& times,
               const ConfidenceProfile<N>& fitting, double first) {
  const Fitted<N> fitted = fit(times, fitting, first);
  const ReplayedDevice<N> on_fitting(times, fitting);
  Chart chart{"Accuracy over all samples of a stream", "samples in the time of one run of the whole network",
              "accuracy", options.rates};
  for (const Scenario scenario : options.scenarios) {
    Panel& panel = chart.panels.emplace_back(Panel{title_of(scenario)});
    for (const char* const name : Contenders<N>::names) panel.lines.push_back({name});
    for (const double rate : options.rates) {
      Rhythm rhythm{fitting.samples(), times.total(), rate, options.undisturbed, options.seed + 1};
      const auto contenders =
          tune(fitted, fitting, on_fitting, make_scene(scenario, rhythm), rhythm.away_every());
      rhythm.seed = options.seed;
      rhythm.samples = options.samples > 0 ? options.samples : device.samples();
      const Scene scene = make_scene(scenario, rhythm);
      Cell cell{rate, {}};
      {
        io::ProgressBar bar(name_of(scenario));
        contenders.visit(
            fitted, [&](const auto& planner, const auto& curve, double needed, const auto& begin) {
              const std::size_t at = cell.rows.size();
              bar.update(at, contenders.names.size());
              cell.rows.push_back({contenders.names[at], device.serve(planner, scene, curve, needed, begin)});
            });
      }
      for (std::size_t k = 0; k < cell.rows.size(); ++k)
        add_point(panel.lines[k], rate, eval::score(cell.rows[k].served).accuracy);
      std::printf("\n%s, %g samples in the time of one run; static plan %s; until %.2f sure along %s\n",
                  title_of(scenario), rate, to_string(contenders.best, times.exit_count()).c_str(),
                  static_cast<double>(contenders.walk.enough),
                  to_string(contenders.walk.plan, times.exit_count()).c_str());
      print(cell, reference, rhythm.period());
    }
  }
  if (!options.svg.empty()) draw(chart, options.svg);
}

void print_network(const char* how, const TimeProfile<N>& times, double first) {
  std::printf("%s: %zu exits on one thread, %.1f us in all, first answer after %.1f us\n", how,
              times.exit_count(), 1e6 * times.total(), 1e6 * first);
}

}  // namespace

template <>
void show<N>(const Options& options) {
  expect_writable(options.svg);
  const io::SafetensorsFile file(options.files.profile);
  const auto outputs = io::read_confidence_profile<N>(file);
  if (outputs.samples() < 2) throw io::FileError(options.files.profile, "", "has no samples for both halves");
  const auto fitting = outputs.every(2, 1);
  if (options.replay) {
    const auto times = io::read_time_profile<N>(file);
    const auto reported = outputs.every(2, 0);
    const double first = times.conv[0] + times.branch[0];
    print_network("replayed", times, first);
    ReplayedDevice<N> device(times, reported);
    return serve_all(options, device, times, fitting, first);
  }
  LiveDevice device(options.files);
  const auto measured = device.measure<N>();
  if (measured.median.exit_count() != outputs.exit_count())
    throw io::FileError(options.files.profile, "",
                        "has " + std::to_string(outputs.exit_count()) + " exits, the network " +
                            std::to_string(measured.median.exit_count()));
  // A first answer that is promised must come at the speed of a bad moment, too.
  const double first = measured.high.conv[0] + measured.high.branch[0];
  print_network("live", measured.median, first);
  serve_all(options, device, measured.median, fitting, first);
}

}  // namespace example::stream
