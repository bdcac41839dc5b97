// The paper's evaluation (section VI), run by the library itself: every table and figure beside our own
// results, on samples that nothing was fitted to, with intervals, and with planning time charged.

#include "common/arguments.hpp"
#include "paper/commands.hpp"

#include <einet/io/profile_file.hpp>
#include <einet/io/safetensors.hpp>

#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace paper {

namespace {

constexpr std::size_t built_for[] = {EINET_PAPER_EXITS};

template <std::size_t... I>
std::unique_ptr<Study> open(std::size_t exits, const std::filesystem::path& path, const Options& options,
                            std::index_sequence<I...>) {
  std::unique_ptr<Study> study;
  static_cast<void>(
      ((exits == built_for[I] ? (study = make_study<built_for[I]>(path, options), true) : false) || ...));
  return study;
}

}  // namespace

std::unique_ptr<Study> open_study(const std::filesystem::path& path, const Options& options) {
  std::size_t exits = 0;
  {
    const einet::io::SafetensorsFile file(path);
    const auto& shape = file.tensor("confidence").shape;
    if (shape.size() != 2)
      throw einet::io::FileError(
          path, "tensor 'confidence'",
          "has " + std::to_string(shape.size()) + " dimensions, expected [samples, exits]");
    exits = shape[1];
  }
  auto study = open(exits, path, options, std::make_index_sequence<std::size(built_for)>());
  if (study) return study;
  std::string list;
  for (const std::size_t known : built_for) list += (list.empty() ? "" : " or ") + std::to_string(known);
  throw einet::io::FileError(path, "tensor 'confidence'",
                             "has " + std::to_string(exits) + " exits, this program is built for " + list +
                                 " (cmake -DEINET_PAPER_EXITS=" + std::to_string(exits) + ")");
}

namespace {

/// The profiles of the shipped network, trained in two ways.
std::vector<std::filesystem::path> shipped_profiles(const Options& options) {
  std::vector<std::filesystem::path> found;
  for (const auto& path : {options.data / "profile_even.safetensors", options.data / "profile.safetensors"})
    if (std::filesystem::exists(path)) found.push_back(path);
  if (found.empty())
    throw std::runtime_error("no profile in " + options.data.string() + "; name one by --profile");
  return found;
}

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
    {"fig4", "spread of the shipped network's block times on this machine", fig4, false},
    {"fig8", "static exit plans", fig8, true},
    {"fig9", "dynamic exit plans", fig9, true},
    {"fig10", "classic, compressed and multi-exit networks", fig10, true},
    {"fig11", "expectation and truth", fig11, true},
    {"fig12", "hybrid search by the number of exits enumerated", fig12, true},
    {"fig13", "searches under three stop-time laws", fig13, true},
};

void run(const std::string& wanted, Options options) {
  Report report(options);
  bool profiles = wanted == "all";
  for (const Command& command : commands)
    profiles = profiles || (command.needs_profiles && wanted == command.name);
  Studies studies;
  if (profiles) {
    if (options.profiles.empty()) options.profiles = shipped_profiles(options);
    for (const auto& path : options.profiles) {
      auto opened = open_study(path, options);
      for (const auto& other : studies)
        if (other->name() == opened->name())
          throw einet::io::FileError(
              path, "",
              "would be called " + other->name() + " in tables and plots, as is " + other->path().string());
      studies.push_back(std::move(opened));
      const Study& study = *studies.back();
      report.note(text("%s: %zu exits, T = %.3f ms, %zu samples reported on (%s)", study.name().c_str(),
                       study.exits(), 1e3 * study.horizon(), study.reported(), path.string().c_str()));
    }
    report.note(options.held_out ? "Fitted on the odd samples, reported on the even ones."
                                 : "Fitted on the same samples that are reported on, as in the paper.");
  }
  Session session{options, report, studies};
  for (const Command& command : commands)
    if (wanted == "all" || wanted == command.name) command.run(session);
  for (const auto& study : studies)
    if (const Effort effort = study->effort(); effort.strategies > 0)
      report.note(text("%s: %zu strategies, %zu runs in all, replayed in %.1f s", study->name().c_str(),
                       effort.strategies, effort.runs, effort.seconds));
  report.heading("The paper's claims");
  report.show_claims();
}

}  // namespace

}  // namespace paper

int main(int argc, char** argv) {
  paper::Options options;
  std::string protocol = "held-out";
  CLI::App app{"Every table and figure of the paper's evaluation, beside our own results."};
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option(
         "--profile", options.profiles,
         "time and confidence profile (safetensors), may be repeated (default: those of the shipped network)")
      ->check(example::a_path);
  app.add_option("--data", options.data, "folder with the files of the shipped network")
      ->check(example::a_path)
      ->capture_default_str();
  app.add_option("--protocol", protocol,
                 "held-out: fit on other samples than are reported on; paper: fit on the same samples")
      ->check(CLI::IsMember({"held-out", "paper"}))
      ->capture_default_str();
  app.add_option("--samples", options.samples, "use at most this many samples of every profile")
      ->check(CLI::Range(paper::fewest_samples, std::size_t{100'000'000}))
      ->capture_default_str();
  app.add_option("--epochs", options.epochs, "epochs of training the paper's predictor")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
      ->capture_default_str();
  app.add_option("--runs", options.runs, "runs of the shipped network for fig4")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000'000}))
      ->capture_default_str();
  app.add_option("--csv", options.csv, "write the tables to this folder as CSV")->check(example::a_path);
  app.add_option("--svg", options.svg, "write plots to this folder (needs gnuplot)")->check(example::a_path);
  for (const auto& command : paper::commands) app.add_subcommand(command.name, command.what);
  app.add_subcommand("all", "all of these");
  try {
    app.parse(argc, argv);
    example::expect_different("--profile", options.profiles);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    std::cerr << "paper: " << error.what() << " (--help shows the options)\n";
    return 2;
  }
  options.held_out = protocol == "held-out";
  try {
    paper::run(app.get_subcommands().front()->get_name(), options);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "paper: " << error.what() << '\n';
    return 1;
  }
}
