// An answer by a deadline: the planner aims at it, and the stop enforces it. The blocks poll the
// signal as they work.

#include <einet/einet.hpp>
#include <einet/profile/measure_times.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <vector>

namespace {

constexpr std::size_t exits = 6;
using Features = std::vector<float>;

struct Block {
  float sharpness;

  /// A few milliseconds of work in short steps; stops between two steps when it is told to.
  template <einet::pollable_stop Stop>
  bool advance(Features& x, const Stop& stop) const {
    for (int step = 0; step < 300; ++step) {
      if (stop.stop_requested()) return false;
      for (float& value : x) value += 1e-5f * std::sin(value);
    }
    return true;
  }
  einet::Answer classify(const Features& x) const {
    std::array<float, 10> logits;
    for (std::size_t k = 0; k < logits.size(); ++k) logits[k] = sharpness * x[k];
    return einet::softmax_answer(logits);
  }
};

Features sample() {
  Features x(3000, .2f);
  x[3] = 1.f;
  return x;
}

}  // namespace

int main() {
  const std::array<Block, exits> network{{{2.2f}, {3.f}, {3.5f}, {3.9f}, {4.2f}, {4.5f}}};
  Features x;
  const auto times = einet::measure_times<exits>(network, x, [](Features& on, std::size_t) { on = sample(); },
                                                 {.warm_up = 2, .repeats = 25});
  const einet::PriorPredictor<exits> predictor{{.40f, .55f, .65f, .72f, .77f, .80f}};
  const double whole = times.median.total();
  std::printf("the whole network takes %.1f ms\n", 1e3 * whole);

  einet::LocalSlot<einet::Answer> slot;
  for (const double share : {2.0, 0.6, 0.3, 0.02}) {
    const double deadline = share * whole;
    // With this margin the planned output is in time in nine runs of ten. For the tenth, a little of an even
    // law makes the planner take an earlier output, too.
    const einet::Mixture law{{.98, .02}, einet::PointMass{deadline}, einet::Uniform{deadline}};
    const einet::Planner planner{times.median, predictor, law,
                                 einet::PlannerOptions{.margin = times.margin(.9)}};
    einet::ElasticRunner runner{network, planner, slot};
    x = sample();
    const auto result = runner.run(x, einet::stop_in(std::chrono::duration<double>(deadline)));
    std::printf("deadline %6.2f ms: %-9s after %6.2f ms, ", 1e3 * deadline, to_string(result.outcome),
                1e3 * result.elapsed);
    if (result.answer)
      std::printf("exit %zu says %d, sure by %.2f\n", *result.exit, result.answer->label,
                  static_cast<double>(result.answer->confidence));
    else
      std::printf("no answer\n");
  }
}
