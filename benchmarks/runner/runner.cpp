// bench_runner: what a run costs beside its blocks, and what its ways of coping with time bring.

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
    {"slots", bench::slots, "time of publishing an output and of reading it, in every result slot"},
    {"exits", bench::exits, "time of an exit beside its branch: publishing, predicting, searching"},
    {"overhead", bench::overhead, "what the runner adds to a network that it runs without planning"},
    {"drift", bench::drift, "runs that drop to half speed on the way, with and without following the pace"},
    {"deadline", bench::deadline, "how often an answer is in time for a deadline, by the margin kept"},
    {"learned", bench::learned, "planning by a stop-time law that is learned from the stops that came"},
    {"budget", bench::budget, "what skipping plannings that cost more than they gain brings"},
    {"latency", bench::latency, "from a stop to the run's return, and what kernels that poll cost"},
};

void print_usage() {
  std::printf("usage: bench_runner COMMAND [ARGUMENT]...\n");
  for (const Command& command : commands) std::printf("  %-10s %s\n", command.name.data(), command.what);
  std::printf("bench_runner COMMAND --help tells the arguments\n");
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
