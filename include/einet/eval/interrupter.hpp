#pragma once
// A stop, live: at a given moment another thread takes what the slot holds, as if the run died then, and asks
// the run to stop.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/slot.hpp>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace einet::eval {

/// Polls a flag that another thread raises.
class FlagStop {
 public:
  explicit FlagStop(const std::atomic<bool>& raised) noexcept : raised_(&raised) {}
  explicit FlagStop(const std::atomic<bool>&&) = delete;  // it would dangle
  [[nodiscard]] bool stop_requested() const noexcept { return raised_->load(std::memory_order_relaxed); }

 private:
  const std::atomic<bool>* raised_;
};

/// One thread that interrupts run after run. It spins during a run, so as to be on time to the microsecond;
/// it wants a core of its own.
template <result_slot Slot>
class Interrupter {
 public:
  using output_type = typename Slot::value_type;

  /// The answer in hand at the stop, and the moment at which it was really taken.
  struct Taken {
    std::optional<Published<output_type>> in_hand;
    double moment;  ///< seconds after the start of the run
  };

  /// @param slot the one that the runs publish to; it must outlive the interrupter
  explicit Interrupter(const Slot& slot) : slot_(&slot), thread_([this] { serve(); }) {}
  explicit Interrupter(const Slot&&) = delete;
  /// @pre no run is in progress
  ~Interrupter() {
    EINET_ASSERT(state_.load() == State::idle);
    move(State::idle, State::ended);
    thread_.join();
  }
  Interrupter(const Interrupter&) = delete;
  Interrupter& operator=(const Interrupter&) = delete;

  /// Calls run(stop) and interrupts it `after` seconds from its start; returns when the run has ended and the
  /// moment has passed. An exception from the run reaches the caller at once, and the interrupter can be used
  /// again.
  /// @throws std::invalid_argument unless `after` is finite and >= 0; std::logic_error within another run
  template <class Run>
  Taken interrupt(double after, Run&& run) {
    einet::detail::expect(after >= 0 && is_finite(after), "Interrupter", "after", after,
                          "finite seconds >= 0");
    if (!move(State::idle, State::called))
      EINET_THROW(std::logic_error("Interrupter: a run is on, expected one at a time"));
    await(State::ready);
    raised_.store(false);
    given_up_.store(false);
    const double start = SteadyClock::now();
    due_ = start + after;
    state_.store(State::running, std::memory_order_release);
    const IdleAgain whatever_the_run_ends_by{*this};
    std::forward<Run>(run)(FlagStop{raised_});
    await(State::taken);
    return {in_hand_, taken_at_ - start};
  }

 private:
  enum class State : int { idle, called, ready, running, taken, ended };

  /// Leaves the thread waiting for the next run. If the run threw, its moment is not waited for.
  struct IdleAgain {
    explicit IdleAgain(Interrupter& interrupter) noexcept : of(interrupter) {}
    IdleAgain(const IdleAgain&) = delete;
    IdleAgain& operator=(const IdleAgain&) = delete;
    ~IdleAgain() {
      of.given_up_.store(true, std::memory_order_relaxed);
      of.await(State::taken);
      of.state_.store(State::idle);
    }
    Interrupter& of;
  };

  bool move(State from, State to) noexcept {
    if (!state_.compare_exchange_strong(from, to)) return false;
    state_.notify_one();
    return true;
  }

  void await(State wanted) const noexcept {
    while (state_.load(std::memory_order_acquire) != wanted) std::this_thread::yield();
  }

  void serve() noexcept {
    for (;;) {
      for (State now = state_.load(); now != State::called; now = state_.load()) {
        if (now == State::ended) return;
        state_.wait(now);
      }
      state_.store(State::ready, std::memory_order_release);
      while (state_.load(std::memory_order_acquire) == State::ready) {
      }
      while (SteadyClock::now() < due_ && !given_up_.load(std::memory_order_relaxed)) {
      }
      in_hand_ = slot_->read();
      taken_at_ = SteadyClock::now();
      raised_.store(true, std::memory_order_relaxed);
      state_.store(State::taken, std::memory_order_release);
    }
  }

  const Slot* slot_;
  std::atomic<State> state_{State::idle};
  std::atomic<bool> raised_{false};
  std::atomic<bool> given_up_{false};  // the run threw
  double due_ = 0;                     // written before `running` is stored, read after it is seen
  std::optional<Published<output_type>> in_hand_;
  double taken_at_ = 0;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace einet::eval
