// Your own engine, driven by the planner alone: no ElasticRunner, no blocks. It stands for one that einet
// knows nothing about, such as an accelerator's runtime: it can run conv part k, or branch k.

#include <einet/einet.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <thread>
#include <utility>

namespace {

constexpr std::size_t exits = 5;
const einet::TimeProfile<exits> times{{4e-3, 4e-3, 4e-3, 4e-3, 4e-3}, {1e-3, 1e-3, 1e-3, 1e-3, 1e-3}};

struct Engine {
  std::array<float, exits> sureness;  // of this sample's outputs
  double slowness;                    // of the device, today

  void conv(std::size_t part) const { work(times.conv[part]); }
  std::pair<int, float> branch(std::size_t exit) const {
    work(times.branch[exit]);
    return {exit < 2 ? 3 : 8, sureness[exit]};
  }

 private:
  void work(double seconds) const {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds * slowness));
  }
};

}  // namespace

int main() {
  // The mean confidence of every exit, and a deadline by which we want the best answer there is time for.
  const einet::PriorPredictor<exits> predictor{{.45f, .60f, .72f, .80f, .84f}};
  constexpr double deadline = 23e-3;
  einet::Planner planner{times, predictor, einet::PointMass{deadline}, {.margin = 1.1}};

  for (const Engine& engine :
       {Engine{{.50f, .62f, .70f, .83f, .90f}, 1.0}, Engine{{.50f, .62f, .70f, .83f, .90f}, 1.8},
        Engine{{.93f, .97f, .98f, .99f, .99f}, 1.0}}) {
    std::printf("sample on a device that takes %.1f times its profile:\n", engine.slowness);
    planner.reset();
    const einet::Stopwatch elapsed;
    std::size_t at = 0;  // conv parts that have been run
    while (const auto exit = planner.next_exit()) {
      if (elapsed() > deadline) break;
      if (at <= *exit) {
        engine.conv(at);
        planner.pass(at++, elapsed);  // optional: without it, only branches tell how fast the device is
        continue;                     // the planner may have changed its mind
      }
      const auto [label, confidence] = engine.branch(*exit);
      const double ready = elapsed();
      std::printf("  %4.1f ms: exit %zu says %d, sure by %.2f\n", 1e3 * ready, *exit, label,
                  static_cast<double>(confidence));        // here the answer would be published
      planner.observe(*exit, confidence, ready, elapsed);  // planning is not counted as the engine's time
    }
    std::printf("  %4.1f ms: done, at a pace of %.2f\n", 1e3 * elapsed(), planner.pace());
  }
}
