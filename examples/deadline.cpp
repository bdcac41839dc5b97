// An answer by a deadline: the planner aims at it, the stop signal enforces it, and a user who leaves may
// stop the run before. The blocks are one's own, over std::vector<float>, and poll on their way.

#include <einet/einet.hpp>
#include <einet/profile/measure_times.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <stop_token>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t exits = 6;
using Features = std::vector<float>;
using Seconds = std::chrono::duration<double>;

struct Block {
  float sharpness;

  /// A few milliseconds of work in short steps; leaves between two of them when it is told to stop.
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
  const auto run = [&](double deadline, double leaving) {
    // In nine runs of ten the planned output is in time; a little of an even law insures against the tenth.
    const einet::Mixture law{{.98, .02}, einet::PointMass{deadline}, einet::Uniform{deadline}};
    const einet::Planner planner{times.median, predictor, law,
                                 einet::PlannerOptions{.margin = times.margin(.9)}};
    einet::ElasticRunner runner{network, planner, slot};
    std::stop_source stop;
    const std::jthread user([&] {
      std::this_thread::sleep_for(Seconds(leaving));
      stop.request_stop();
    });
    x = sample();
    const auto result = runner.run(x, einet::AnyStop{stop.get_token(), einet::stop_in(Seconds(deadline))});
    std::printf("deadline %6.2f ms: %-9s after %6.2f ms, ", 1e3 * deadline, to_string(result.outcome),
                1e3 * result.elapsed);
    if (result.answer)
      std::printf("exit %zu says %d, sure by %.2f\n", *result.exit, result.answer->label,
                  static_cast<double>(result.answer->confidence));
    else
      std::printf("no answer\n");
  };
  for (const double share : {2.0, 0.6, 0.3, 0.02}) run(share * whole, 3 * whole);
  std::printf("and with a user who leaves after %.2f ms:\n", 1e3 * whole / 2);
  run(2 * whole, whole / 2);
}
