// A thread of high priority takes the processor from the inference at moments that nobody foresees. It has
// the newest answer at once: it reads the slot, which waits for nothing. The inference is told to stop, and
// does so when it has the processor again.

#include <einet/einet.hpp>
#include <einet/profile/measure_times.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>

namespace {

constexpr std::size_t exits = 8;
using Features = std::vector<float>;

struct Block {
  float sharpness;

  template <einet::pollable_stop Stop>
  bool advance(Features& x, const Stop& stop) const {
    for (int step = 0; step < 200 && !stop.stop_requested(); ++step)
      for (float& value : x) value += 1e-5f * std::sin(value);
    return !stop.stop_requested();
  }
  einet::Answer classify(const Features& x) const {
    std::array<float, 10> logits;
    for (std::size_t k = 0; k < logits.size(); ++k) logits[k] = sharpness * x[k];
    return einet::softmax_answer(logits);
  }
};

void start(Features& x) {
  x.assign(2000, .2f);
  x[7] = 1.f;
}

/// Keeps all threads to come on the processor of this one: who wants it must take it from another.
void share_one_processor() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  sched_setaffinity(0, sizeof one, &one);
}

bool take_priority() {
  const sched_param priority{sched_get_priority_min(SCHED_FIFO) + 10};
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) == 0;
}

}  // namespace

int main() {
  share_one_processor();
  const std::array<Block, exits> network{{{1.7f}, {2.2f}, {2.75f}, {3.f}, {3.25f}, {3.5f}, {3.8f}, {4.1f}}};
  Features x;
  const auto times = einet::measure_times<exits>(network, x, [](Features& on, std::size_t) { start(on); },
                                                 {.warm_up = 2, .repeats = 15});
  const einet::PriorPredictor<exits> predictor{{.30f, .40f, .50f, .55f, .60f, .65f, .70f, .75f}};
  einet::LocalSlot<einet::Answer> slot;
  einet::ElasticRunner runner{network, einet::Planner{times.median, predictor}, slot};
  std::mt19937 random{std::random_device{}()};
  std::uniform_real_distribution<double> moment{0, times.median.total()};

  for (int preemption = 0; preemption < 10; ++preemption) {
    bool first_in_line = false;
    double due = 0, awake = 0, read = 0;
    std::optional<einet::Published<einet::Answer>> in_hand;
    std::stop_source stop;
    std::thread urgent([&, wait = moment(random)] {
      first_in_line = take_priority();
      due = einet::SteadyClock::now() + wait;
      std::this_thread::sleep_for(std::chrono::duration<double>(wait));
      awake = einet::SteadyClock::now();
      in_hand = slot.read();
      read = einet::SteadyClock::now();
      stop.request_stop();  // what is urgent would follow here
    });
    start(x);
    const auto result = runner.run(x, stop.get_token());
    const double returned = einet::SteadyClock::now();
    urgent.join();

    if (preemption == 0 && !first_in_line)
      std::printf("no right to SCHED_FIFO: the urgent thread competes as an equal\n");
    std::printf("awake %4.0f us late, read in %4.2f us: ", 1e6 * (awake - due), 1e6 * (read - awake));
    if (in_hand)
      std::printf("exit %zu says %d, sure by %.2f", in_hand->exit, in_hand->output.label,
                  static_cast<double>(in_hand->output.confidence));
    else
      std::printf("no answer yet");
    if (result.outcome == einet::Outcome::stopped)
      std::printf("; the run returned %.0f us later\n", 1e6 * (returned - read));
    else
      std::printf("; the run had come to its end\n");
  }
}
