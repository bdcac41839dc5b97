// bench_runner: what a run costs beside its blocks.

#include "runner/commands.hpp"

#include <cstdio>
#include <string_view>

namespace {

constexpr const char* usage =
    "usage: bench_runner COMMAND [ARGUMENT]...\n"
    "commands: slots  time of publishing an output and of reading it, in every result slot\n"
    "          exits  time of an exit beside its branch: publishing, predicting, searching\n"
    "bench_runner COMMAND --help tells the arguments\n";

}  // namespace

int main(int count, char** arguments) {
  const std::string_view command = count > 1 ? arguments[1] : "";
  if (command == "slots") return einet::bench::slots(count - 2, arguments + 2);
  if (command == "exits") return einet::bench::exits(count - 2, arguments + 2);
  if (command == "--help" || command == "-h") {
    std::fputs(usage, stdout);
    return 0;
  }
  std::fprintf(stderr, "bench_runner: %s; see bench_runner --help\n",
               count > 1 ? "there is no such command" : "no command given");
  return 2;
}
