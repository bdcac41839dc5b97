// bench_predict: how good the predictors are, and how fast.

#include "predict/commands.hpp"

#include <cstdio>
#include <string_view>

namespace {

constexpr const char* usage =
    "usage: bench_predict COMMAND [ARGUMENT]...\n"
    "commands: quality   prediction error, and accuracy of the planner that uses it, on real profiles\n"
    "          speed     time of an observation, and for the CS-Predictor of reading its weights\n"
    "          training  seconds to train the CS-Predictor, and its error afterwards\n"
    "bench_predict COMMAND --help lists the arguments\n";

}  // namespace

int main(int count, char** arguments) {
  const std::string_view command = count > 1 ? arguments[1] : "";
  if (command == "quality") return einet::bench::quality(count - 2, arguments + 2);
  if (command == "speed") return einet::bench::speed(count - 2, arguments + 2);
  if (command == "training") return einet::bench::training(count - 2, arguments + 2);
  if (command == "--help" || command == "-h") {
    std::fputs(usage, stdout);
    return 0;
  }
  std::fprintf(stderr, "bench_predict: %s; see bench_predict --help\n",
               count > 1 ? "there is no such command" : "no command given");
  return 2;
}
