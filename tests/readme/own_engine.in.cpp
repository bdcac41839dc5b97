// What the README's loop over the planner takes for granted: an engine that is no business of einet's.

#include <einet/einet.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <utility>

namespace {

using clock = std::chrono::steady_clock;

struct Engine {
  std::size_t convs = 0;
  void conv(std::size_t k) {
    if (k != convs++) std::puts("conv parts out of order");
  }
  std::pair<int, float> branch(std::size_t k) const { return {static_cast<int>(k), .5f + .1f * static_cast<float>(k)}; }
};

int run() {
  Engine engine;
  int published = 0;
  const auto publish = [&published](int) { ++published; };
  const einet::TimeProfile<3> times{{1e-3, 1e-3, 1e-3}, {2e-4, 2e-4, 2e-4}};
  const einet::PriorPredictor<3> predictor{{.5f, .7f, .8f}};

@SNIPPET@
  return published;
}

}  // namespace

int main() { std::printf("published %d of 3 exits\n", run()); }
