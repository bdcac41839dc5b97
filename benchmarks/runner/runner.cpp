// bench_runner: what a run costs on top of its blocks, and what adapting to time brings.

#include "runner/commands.hpp"

#include <cstdio>
#include <string_view>

namespace {

using namespace einet;

struct Command {
  std::string_view name;
  int (*run)(int count, char** arguments);
  const char* what;
};

constexpr Command commands[] = {
    {"slots", bench::slots, "publishing an output and reading it, in every slot"},
    {"exits", bench::exits, "cost of an exit on top of its branch: publishing, predicting, searching"},
    {"overhead", bench::overhead, "what the runner adds to a network that it runs without planning"},
    {"engines", bench::engines, "what the runner adds to each engine on a VGG-16 of width 1"},
    {"drift", bench::drift, "runs that drop to half speed on the way, with and without following the pace"},
    {"deadline", bench::deadline, "how often an answer meets a known deadline, by the margin kept"},
    {"learned", bench::learned, "planning by a law of the stop time that is learned from past stops"},
    {"budget", bench::budget, "what is gained by skipping planning that costs more than it gains"},
    {"latency", bench::latency, "from a stop to the return of the run, and what polling costs"},
    {"two_cores", bench::two_cores, "branches on a second core beside the backbone: accuracy, time, stops"},
};

void print_usage() {
  std::printf("usage: bench_runner COMMAND [ARGUMENT]...\n");
  for (const Command& command : commands) std::printf("  %-10s %s\n", command.name.data(), command.what);
  std::printf("bench_runner COMMAND --help lists the arguments\n");
}

}  // namespace

int main(int count, char** arguments) {
  const std::string_view name = count > 1 ? arguments[1] : "";
  for (const Command& command : commands)
    if (command.name == name) return command.run(count - 2, arguments + 2);
  if (name == "--help" || name == "-h") {
    print_usage();
    return 0;
  }
  std::fprintf(stderr, "bench_runner: %s; see bench_runner --help\n",
               count > 1 ? "there is no such command" : "no command given");
  return 2;
}
