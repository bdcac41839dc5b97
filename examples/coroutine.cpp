// Two networks on one thread: each run is a coroutine that gives way after every step, so that neither waits
// for the other to end. An event loop or another scheduler would resume the coroutines in the same way.

#include <einet/einet.hpp>

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <utility>

namespace {

using namespace std::chrono_literals;

/// Goes on whenever it is resumed, and says when it is done. The least that a coroutine needs.
class Task {
 public:
  struct promise_type {
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };

  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  ~Task() {
    if (handle_) handle_.destroy();
  }

  /// @return whether there is more to do
  bool resume() {
    if (!handle_.done()) handle_.resume();
    return !handle_.done();
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

struct Block {
  int label;
  float confidence;
  void advance(int& work) const { ++work; }
  einet::Answer classify(const int&) const { return {label, confidence}; }
};
using Network = std::array<Block, 3>;

template <class Runner>
Task classify(const char* name, Runner& runner, int image) {
  auto run = runner.start(image, einet::stop_in(1s));
  while (const auto done = run.step()) {
    const bool branch = done.step == einet::RunStep::published;
    std::printf("%s: %s %zu\n", name, branch ? "branch" : "conv part", done.block);
    co_await std::suspend_always{};
  }
  if (const auto answer = run.result().answer) std::printf("%s: label %d\n", name, answer->label);
}

}  // namespace

int main() {
  const Network faces{{{1, .5f}, {2, .7f}, {2, .9f}}}, hands{{{4, .6f}, {4, .8f}, {5, .9f}}};
  const einet::TimeProfile<3> times{{1ms, 1ms, 1ms}, {100us, 100us, 100us}};
  const einet::Planner planner{times, einet::PriorPredictor<3>{{.5f, .7f, .9f}}};
  einet::LocalSlot<einet::Answer> face, hand;
  einet::ElasticRunner first{faces, planner, face}, second{hands, planner, hand};

  Task one = classify("faces", first, 0), other = classify("hands", second, 0);
  for (bool more = true; more;) {
    more = one.resume();
    more = other.resume() || more;
  }
}
