// Measured on this machine: Figure 4, the spread of block times, and Table III, the activation cache.

#include "common/network_files.hpp"
#include "paper/commands.hpp"

#include <einet/eval/cs_workload.hpp>
#include <einet/eval/dense_forward.hpp>
#include <einet/io/progress_bar.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/profile/measure_times.hpp>
#include <einet/run/clock.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace paper {

namespace {

using namespace einet;

/// Seconds of observing all exits of all runs: the fastest of several passes.
template <class Work>
double fastest(Work work) {
  double least = 1e300;
  for (int pass = 0; pass < 15; ++pass) {
    const double start = SteadyClock::now();
    work();
    least = (std::min)(least, SteadyClock::now() - start);
  }
  return least;
}

template <std::size_t N, std::size_t H>
void add_predictor(Table& table, const char* model, const char* reduced, std::size_t bytes) {
  const auto parameters = eval::he_parameters<N, H>(7);
  const auto runs = eval::confidence_runs<N>(10, 8);
  CsPredictor<N, H> predictor{parameters};
  eval::DenseForward<N, H> dense{parameters};
  const auto count = static_cast<double>(runs.size() * N);
  volatile float kept = 0;
  const double cached = fastest([&] {
    for (const auto& run : runs) {
      predictor.reset();
      for (std::size_t k = 0; k < N; ++k) {
        predictor.observe(k, std::span<const float, 1>(&run[k], 1));
        kept = predictor.confidences()[N - 1];
      }
    }
  });
  const double afresh = fastest([&] {
    for (const auto& run : runs)
      for (std::size_t k = 0; k < N; ++k) kept = dense(run, k + 1)[N - 1];
  });
  static_cast<void>(kept);
  table.rows.push_back({model, text("%zu", N), text("%zu", H), text("%.2f", 1e6 * afresh / count),
                        text("%.2f", 1e6 * cached / count), text("%.1f", 100 * (1 - cached / afresh)),
                        reduced, text("%zu", sizeof(typename CsPredictor<N, H>::State)), text("%zu", bytes)});
}

/// Milliseconds; reorders the samples.
std::string at(std::vector<double>& seconds, double share) {
  return text("%.4f", 1e3 * einet::percentile(seconds, share));
}
double between(std::vector<double>& seconds, double low, double high) {
  return 1e3 * (einet::percentile(seconds, high) - einet::percentile(seconds, low));
}

}  // namespace

void table3(Session& session) {
  session.report.heading(
      "Table III: the activation cache of the paper's predictor (one thread, weights warm)");
  Table table{"table3",
              {"model", "exits", "H", "afresh µs", "cached µs", "time saved %", "the paper's %", "bytes",
               "the paper's bytes"},
              {}};
  add_predictor<3, 128>(table, "B-AlexNet", "3.84", 1036);
  add_predictor<6, 256>(table, "ResNet-50", "3.52", 2072);
  add_predictor<5, 256>(table, "FlexVGG-16", "4.00", 2068);
  add_predictor<21, 1024>(table, "MSDNet21", "3.41", 8276);
  add_predictor<14, 1024>(table, "VGG-16", "3.77", 8248);
  add_predictor<40, 2048>(table, "MSDNet40", "3.08", 16544);
  session.report.show(table);
  session.report.note(
      "Bytes are comparable. The saving is not: the paper does not say what time it is a share of. Here an "
      "observation with the cache, which also skips inactive units, is compared with a forward pass that "
      "neither caches nor skips.");
  const bool same =
      std::all_of(table.rows.begin(), table.rows.end(), [](const auto& row) { return row[7] == row[8]; });
  session.report.claim({"Table III", "the cache takes 1036 to 16544 bytes",
                        same ? "the same to the byte" : "differs", same ? "yes" : "no"});
}

void fig4(Session& session) {
  session.report.heading(
      text("Figure 4: block times of the shipped network over %zu runs on this machine, ms",
           session.options.runs));
  const auto trained = example::load_network(session.options.data / example::weights_file, example::exits);
  const auto images = data::load_idx(session.options.data / example::images_file,
                                     session.options.data / example::labels_file);
  const nn::InferenceNetwork<example::classes> network(trained.network);
  auto features = network.make_features();
  std::vector<float> input(network.input().size());
  std::array<std::vector<double>, example::exits> seconds;
  io::ProgressBar bar("block times");
  constexpr std::size_t warm_up = 50;
  for (std::size_t run = 0; run < warm_up + session.options.runs; ++run) {
    example::fill(images, run % images.count, trained, input);
    const auto load = [&](nn::Features& f, std::size_t) { f.load(input); };
    const auto times = measure_times<example::exits>(network, features, load, {0, 1}).median;
    if (run < warm_up) continue;
    for (std::size_t k = 0; k < example::exits; ++k) seconds[k].push_back(times.conv[k] + times.branch[k]);
    bar.update(run - warm_up, session.options.runs);
  }
  Table table{
      "fig4", {"block", "5 %", "median", "90 %", "95 %", "central 90 % within", "central 95 % within"}, {}};
  Plot plot{"fig4", "Time of every block over repeated runs", "block", "time, ms", {}};
  for (const char* name : {"median", "90th percentile", "95th percentile"})
    plot.series.push_back({name, {}, {}});
  double widest90 = 0, widest95 = 0;
  for (std::size_t k = 0; k < example::exits; ++k) {
    auto& samples = seconds[k];
    const double within90 = between(samples, .05, .95), within95 = between(samples, .025, .975);
    widest90 = (std::max)(widest90, within90);
    widest95 = (std::max)(widest95, within95);
    table.rows.push_back({text("%zu", k + 1), at(samples, .05), at(samples, .5), at(samples, .9),
                          at(samples, .95), text("%.4f", within90), text("%.4f", within95)});
    std::size_t series = 0;
    for (const double share : {.5, .9, .95}) {
      plot.series[series].x.push_back(static_cast<double>(k + 1));
      plot.series[series++].y.push_back(1e3 * einet::percentile(samples, share));
    }
  }
  session.report.show(table);
  session.report.note(
      "The paper, for MSDNet40 on its machine: 90 % of the samples within 0.07 ms, 95 % within 0.1 ms. Its "
      "blocks are larger; other work on this machine widens ours.");
  session.report.draw(plot);
  session.report.claim({"Figure 4", "90 % of a block's times lie within 0.07 ms, 95 % within 0.1 ms",
                        text("within %.4f and %.4f ms at worst", widest90, widest95),
                        "not comparable: smaller blocks"});
}

}  // namespace paper
