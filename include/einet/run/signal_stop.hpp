#pragma once
// Stopping by POSIX signals, such as the SIGTERM that a supervisor sends before it kills. POSIX only.

#include <einet/run/stop.hpp>

#include <array>
#include <atomic>
#include <concepts>
#include <csignal>  // and what POSIX adds to it
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>

namespace einet {

namespace detail {

/// What the handler writes and what the signals did before; one for the whole program, as handlers are.
struct SignalTable {
  using Counter = std::atomic<std::uint64_t>;
  static_assert(Counter::is_always_lock_free, "einet: a signal handler may only touch lock-free atomics");

  std::array<Counter, NSIG> received{};  // how often each signal has come while it was watched
  std::mutex mutex;                      // guards what follows; the handler never takes it
  std::array<std::size_t, NSIG> watchers{};
  std::array<struct sigaction, NSIG> former{};
};

inline constinit SignalTable signal_table;

extern "C" inline void einet_count_signal(int signal) {
  signal_table.received[static_cast<std::size_t>(signal)].fetch_add(1, std::memory_order_relaxed);
}

/// Watches one signal while it lives. The first watcher of a signal installs the handler, the last one brings
/// the former handler back.
class WatchedSignal {
 public:
  explicit WatchedSignal(int signal) : signal_(signal) {
    if (signal <= 0 || signal >= NSIG) refuse("there is no such signal");
    if (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL)
      refuse("it reports a fault, which a program cannot outlive by polling");
    const std::lock_guard lock(signal_table.mutex);
    if (signal_table.watchers[index()] == 0) {
      struct sigaction action {};
      action.sa_handler = einet_count_signal;
      // Calls that the signal finds waiting go on: runs poll, and a slot's write to disk must not fail.
      action.sa_flags = SA_RESTART | SA_ONSTACK;
      sigemptyset(&action.sa_mask);
      if (sigaction(signal, &action, &signal_table.former[index()]) != 0)
        refuse("the system lets no program handle it");
    }
    ++signal_table.watchers[index()];
  }
  WatchedSignal(const WatchedSignal&) = delete;
  WatchedSignal& operator=(const WatchedSignal&) = delete;

  ~WatchedSignal() {
    const std::lock_guard lock(signal_table.mutex);
    if (--signal_table.watchers[index()] != 0) return;
    struct sigaction present {};
    sigaction(signal_, nullptr, &present);
    // A handler that somebody has put in the place of this one is theirs to remove.
    if ((present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != einet_count_signal) return;
    sigaction(signal_, &signal_table.former[index()], nullptr);
  }

  [[nodiscard]] int number() const noexcept { return signal_; }

 private:
  [[nodiscard]] std::size_t index() const noexcept { return static_cast<std::size_t>(signal_); }
  [[noreturn]] void refuse(const char* why) const {
    throw std::invalid_argument("SignalStop: cannot watch signal " + std::to_string(signal_) + ": " + why);
  }

  int signal_;
};

}  // namespace detail

/// While it lives, the signals it names ask to stop instead of doing what they did before:
/// `const SignalStop stop{SIGTERM, SIGUSR1};`, then `runner.run(features, stop.token())`. Several may live at
/// once, in any thread and order, for the same signals too; each then sees every signal.
/// @tparam N how many signals
template <std::size_t N>
class SignalStop {
 public:
  /// A stop signal (einet::stop_signal) that has asked once any of the signals has come. Polling reads N
  /// atomic words. It may outlive its SignalStop, after which it hears of no further signal by itself.
  class Token {
   public:
    [[nodiscard]] bool stop_requested() const noexcept { return signal() != 0; }

    /// The number of the signal that has come, the first one in the list if several have; 0 if none has.
    [[nodiscard]] int signal() const noexcept {
      for (std::size_t i = 0; i < N; ++i)
        if (received(signals_[i]) != before_[i]) return signals_[i];
      return 0;
    }

   private:
    friend SignalStop;
    std::array<int, N> signals_{};
    std::array<std::uint64_t, N> before_{};
  };

  /// @throws std::invalid_argument naming a signal that cannot be watched; all others are as before then
  template <std::same_as<int>... Signals>
  requires(sizeof...(Signals) == N) explicit SignalStop(Signals... signals)
      : watched_{detail::WatchedSignal{signals}...} {
    token_.signals_ = {signals...};
    rearm();
  }
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  [[nodiscard]] Token token() const noexcept { return token_; }

  /// Forgets the signals that have come: tokens handed out from now on wait for the next one.
  void rearm() noexcept {
    for (std::size_t i = 0; i < N; ++i) token_.before_[i] = received(token_.signals_[i]);
  }

 private:
  static std::uint64_t received(int signal) noexcept {
    return detail::signal_table.received[static_cast<std::size_t>(signal)].load(std::memory_order_relaxed);
  }

  std::array<detail::WatchedSignal, N> watched_;
  Token token_;
};

template <std::same_as<int>... Signals>
SignalStop(Signals...) -> SignalStop<sizeof...(Signals)>;

}  // namespace einet
