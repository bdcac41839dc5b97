// A thread of high priority takes the processor from the inference at moments that nobody can foresee. It has
// the newest answer at once: reading the slot waits for nothing. The inference is told to stop, and does so
// when it has the processor again.

#include <einet/einet.hpp>
#include <einet/profile/measure_times.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>

namespace {

using Features = std::vector<float>;

struct Block {
  float sharpness;

  template <einet::pollable_stop Stop>
  bool advance(Features& x, const Stop& stop) const {
    for (int step = 0; step < 400 && !stop.stop_requested(); ++step)
      for (float& value : x) value += 1e-5f * std::sin(value);
    return !stop.stop_requested();
  }
  einet::Answer classify(const Features& x) const {
    return einet::softmax_answer(std::array{sharpness * x[0], sharpness * x[1]});
  }
};

}  // namespace

int main() {
  cpu_set_t one;  // processor for all threads: whoever wants it must take it from another
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  sched_setaffinity(0, sizeof one, &one);

  const std::array<Block, 4> network{{{.5f}, {1.f}, {2.f}, {3.f}}};
  Features x;
  const auto load = [](Features& features, std::size_t) { features.assign(2000, 0), features[1] = 1; };
  const auto times = einet::measure_times<4>(network, x, load, {.warm_up = 2, .repeats = 15});
  const einet::PriorPredictor<4> predictor{{.60f, .70f, .85f, .90f}};
  einet::LocalSlot<einet::Answer> slot;
  einet::ElasticRunner runner{network, einet::Planner{times.median, predictor}, slot};
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<double> moment{0, times.median.total()};
  for (int preemption = 0; preemption < 10; ++preemption) {
    float sure = 0;
    double awake = 0, read = 0;
    std::stop_source stop;
    std::jthread urgent([&, wait = moment(random)] {
      const sched_param priority{sched_get_priority_min(SCHED_FIFO) + 10};
      if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) != 0 && preemption == 0)
        std::printf("no right to SCHED_FIFO: the urgent thread competes as an equal\n");
      std::this_thread::sleep_for(std::chrono::duration<double>(wait));
      awake = einet::SteadyClock::now();
      if (const auto in_hand = slot.read()) sure = in_hand->output.confidence;
      read = einet::SteadyClock::now();
      stop.request_stop();  // what is urgent would follow here
    });
    load(x, 0);
    const auto result = runner.run(x, stop.get_token());
    const double returned = einet::SteadyClock::now();
    urgent.join();
    std::printf("read in %.2f us: sure by %.2f; ", 1e6 * (read - awake), static_cast<double>(sure));
    if (result.outcome == einet::Outcome::stopped)
      std::printf("the run returned %.0f us later\n", 1e6 * (returned - read));
    else
      std::printf("the run was done\n");
  }
}
