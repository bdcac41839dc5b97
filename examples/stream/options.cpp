#include "stream/options.hpp"

#include "common/arguments.hpp"

#include <algorithm>
#include <string>

#include <CLI/CLI.hpp>

namespace example::stream {

std::optional<Options> parse(int count, const char* const* arguments) {
  Options options;
  CLI::App app{
      "Serves streams of samples that arrive by themselves, each due by a deadline, on a device that "
      "other tasks preempt, under several strategies."};
  std::filesystem::path data;
  CLI::Option* const folder =
      app.add_option("--data", data, "folder with weights, images and profile, as `train` leaves it")
          ->check(a_path);
  std::string network = "resnet50";
  app.add_option("--network", network, "a network that is shipped")
      ->check(CLI::IsMember({"fashion-mnist", "vgg16", "resnet50", "msdnet21"}))
      ->excludes(folder)
      ->capture_default_str();
  app.add_option("--rate", options.rates, "samples in the time of one run of the whole network")
      ->delimiter(',')
      ->check(a_number(.1, 16))
      ->capture_default_str();
  std::string scenario = "all";
  std::vector<std::string> names{"all"};
  for (const Scenario each : all_scenarios) names.emplace_back(name_of(each));
  app.add_option("--scenario", scenario, "how samples arrive")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  app.add_option("--samples", options.samples, "samples of a stream (default: one of every image)")
      ->check(a_whole_number(1, 1'000'000));
  app.add_option("--seed", options.seed, "seed of arrivals and preemptions")
      ->check(a_whole_number(0, 1'000'000'000))
      ->capture_default_str();
  app.add_flag("--undisturbed", options.undisturbed, "nothing preempts the device");
  app.add_flag("--replay", options.replay,
               "replay the network's profile on a virtual clock: exact, and repeatable");
  app.add_option("--svg", options.svg, "draw accuracy against rate to this file")->check(a_path);
  if (!read_command_line(app, count, arguments)) return std::nullopt;

  const std::filesystem::path shipped = EINET_SOURCE_DIR "/examples/data";
  options.files = !data.empty()                ? files_in(data)
                  : network == "fashion-mnist" ? files_in(shipped)
                                               : shipped_files(network);
  std::ranges::sort(options.rates);
  options.rates.erase(std::unique(options.rates.begin(), options.rates.end()), options.rates.end());
  for (const Scenario each : all_scenarios)
    if (scenario == "all" || scenario == name_of(each)) options.scenarios.push_back(each);
  for (const auto& read :
       {options.files.weights, options.files.profile, options.files.images, options.files.labels})
    if (!options.svg.empty() && same_file(options.svg, read))
      throw CLI::ValidationError("--svg", options.svg.string() + " is needed for something else");
  return options;
}

}  // namespace example::stream
