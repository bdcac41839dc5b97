// The paper's evaluation (section VI), run by the library itself: every table and figure beside our own
// results, on samples that nothing was fitted to, with intervals, and with planning time charged.

#include "common/arguments.hpp"
#include "paper/commands.hpp"
#include "paper/fig14_rows.hpp"
#include "paper/profiles.hpp"

#include <cstdio>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

namespace paper {

namespace {

struct Command {
  const char* name;
  const char* what;
  void (*run)(Session&);
  bool needs_profiles;
};

constexpr Command commands[] = {
    {"table1", "time of the expectation and of the searches", table1, true},
    {"table2", "the best static plan against planning sample by sample", table2, true},
    {"table3", "the predictor's activation cache", table3, false},
    {"fig4", "spread of a network's block times on this machine", fig4, false},
    {"fig8", "static exit plans", fig8, true},
    {"fig9", "dynamic exit plans", fig9, true},
    {"fig10", "classic, compressed and multi-exit networks", fig10, true},
    {"fig11", "expectation and truth", fig11, true},
    {"fig12", "hybrid search by the number of exits enumerated", fig12, true},
    {"fig13", "searches under three stop-time laws", fig13, true},
    {"fig14", "MSDNet by its sizes and branches", fig14, false},
    {"price", "accuracy against the time that the device is busy", price, true},
};

void run(const std::string& wanted, Options options) {
  Report report(options);
  bool profiles = wanted == "all";
  for (const Command& command : commands)
    profiles = profiles || (command.needs_profiles && wanted == command.name);
  const bool shipped = options.profiles.empty();
  Studies opened;
  if (profiles) opened = open_profiles(options, report);
  Session session{options, report, opened, shipped};
  for (const Command& command : commands) {
    if (wanted != "all" && wanted != command.name) continue;
    if (wanted == "all" && command.run == fig14 && !std::filesystem::exists(shapes_file(options)))
      report.note("\nFigure 14 is left out: " + shapes_file(options).string() +
                  " is missing; examples/paper/fig14.sh makes it");
    else
      command.run(session);
  }
  for (const auto& study : opened)
    if (const Effort effort = study->effort(); effort.strategies > 0)
      report.note(text("%s: %zu strategies, %zu runs in all, replayed in %.1f s", study->name().c_str(),
                       effort.strategies, effort.runs, effort.seconds));
  report.heading("The paper's claims");
  report.show_claims();
}

/// The command line, and what it asks for.
int run(int argc, char** argv) {
  Options options;
  std::string protocol = "held-out";
  CLI::App app{"Every table and figure of the paper's evaluation, beside our own results."};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--profile", options.profiles,
                 "time and confidence profile (safetensors), may be repeated (default: all that are shipped)")
      ->check(example::a_path);
  app.add_option("--data", options.data, "folder with the shipped profiles, weights and figures")
      ->check(example::a_path)
      ->capture_default_str();
  app.add_option("--protocol", protocol,
                 "held-out: fit on other samples than are reported on; paper: fit on the same samples")
      ->check(CLI::IsMember({"held-out", "paper"}))
      ->capture_default_str();
  app.add_option("--samples", options.samples, "use at most this many samples of every profile")
      ->check(CLI::Range(fewest_samples, std::size_t{100'000'000}))
      ->capture_default_str();
  app.add_option("--epochs", options.epochs, "epochs of training the paper's predictor")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
      ->capture_default_str();
  app.add_option("--runs", options.runs, "runs of the network for fig4")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000'000}))
      ->capture_default_str();
  app.add_option(
         "--weights", options.weights,
         "weights of the network for fig4, as train saves them (default: an MSDNet-40 that is not trained)")
      ->check(example::a_path);
  app.add_option("--csv", options.csv, "write the tables to this folder as CSV")->check(example::a_path);
  app.add_option("--svg", options.svg, "write plots to this folder (needs gnuplot)")->check(example::a_path);
  for (const auto& command : commands) app.add_subcommand(command.name, command.what);
  app.add_subcommand("all", "all of these");
  if (!example::read_command_line(app, argc, argv)) return 0;
  example::expect_different("--profile", options.profiles);
  options.held_out = protocol == "held-out";
  run(app.get_subcommands().front()->get_name(), options);
  return 0;
}

}  // namespace

}  // namespace paper

int main(int argc, char** argv) {
  return example::run_program("paper", [&] { return paper::run(argc, argv); });
}
