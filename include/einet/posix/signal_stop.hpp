#pragma once
// Stops by POSIX signals, such as the SIGTERM that a supervisor sends before it kills. POSIX only.

#include <einet/base/expect.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/stop.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <concepts>
#include <csignal>  // and what POSIX adds to it
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace einet {

namespace detail {

/// What the handler writes, and the former handlers; one per program, as handlers are. Both ledger and
/// handler have default visibility, so that shared libraries share them even if they hide their symbols.
/// Rename both when either changes.
struct [[gnu::visibility("default")]] SignalLedger {
  using Counter = std::atomic<std::uint64_t>;
  using Moment = std::atomic<double>;
  static_assert(Counter::is_always_lock_free && Moment::is_always_lock_free,
                "einet: a signal handler may only touch lock-free atomics");

  std::array<Counter, NSIG> received{};  // how often each signal has come while it was watched
  std::array<Moment, NSIG> latest{};     // when it last came, by the steady clock
  std::mutex mutex;                      // guards what follows; the handler never takes it
  std::array<std::size_t, NSIG> watchers{};
  std::array<struct sigaction, NSIG> former{};
  std::array<void (*)(int), NSIG> handler{};  // the one installed, in case each library has its own after all
};

[[gnu::visibility("default")]] inline constinit SignalLedger signal_ledger;

extern "C" [[gnu::visibility("default")]] inline void einet_note_signal(int signal) {
  const auto index = static_cast<std::size_t>(signal);
  signal_ledger.latest[index].store(SteadyClock::now(), std::memory_order_relaxed);
  signal_ledger.received[index].fetch_add(1, std::memory_order_release);
}

/// Watches one signal during its lifetime. The first watcher of a signal installs the handler, the last one
/// restores the former handler.
class WatchedSignal {
 public:
  explicit WatchedSignal(int signal) : signal_(signal) {
    if (signal <= 0 || signal >= NSIG) refuse("the number of a signal");
    if (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL)
      refuse("a signal that does not report a fault, after which nothing would poll");
    const std::lock_guard lock(signal_ledger.mutex);
    if (signal_ledger.watchers[index()] == 0) {
      struct sigaction action {};
      action.sa_handler = einet_note_signal;
      // Restart interrupted system calls: runs poll anyway, and a slot's write to disk must not fail.
      action.sa_flags = SA_RESTART | SA_ONSTACK;
      sigemptyset(&action.sa_mask);
      if (sigaction(signal, &action, &signal_ledger.former[index()]) != 0)
        refuse("a signal that programs may handle");
      signal_ledger.handler[index()] = action.sa_handler;
    }
    ++signal_ledger.watchers[index()];
  }
  WatchedSignal(const WatchedSignal&) = delete;
  WatchedSignal& operator=(const WatchedSignal&) = delete;

  ~WatchedSignal() {
    const std::lock_guard lock(signal_ledger.mutex);
    if (--signal_ledger.watchers[index()] != 0) return;
    struct sigaction present {};
    sigaction(signal_, nullptr, &present);
    // A handler that someone else has installed since is theirs to remove.
    if ((present.sa_flags & SA_SIGINFO) != 0 || present.sa_handler != signal_ledger.handler[index()]) return;
    sigaction(signal_, &signal_ledger.former[index()], nullptr);
  }

 private:
  [[nodiscard]] std::size_t index() const noexcept { return static_cast<std::size_t>(signal_); }
  [[noreturn]] void refuse(const char* wanted) const {
    detail::refuse("SignalStop", "signal", number(signal_), wanted);
  }

  int signal_;
};

}  // namespace detail

/// During its lifetime, its signals stop runs instead of what they did before:
/// `const SignalStop stop{SIGTERM, SIGUSR1};`, then `runner.run(features, stop.token())`. Several may exist
/// at once, in any thread and order, even for the same signals; each then sees every signal. They may be in
/// several shared libraries of one program; if these were compiled by clang++, they must be linked, or loaded
/// with RTLD_GLOBAL, to see each other's signals.
/// @tparam N number of signals
template <std::size_t N>
class SignalStop {
 public:
  /// A stop (einet::pollable_stop) that comes with the first of the signals. Polling reads N atomic words. It
  /// may outlive its SignalStop, but then no longer sees new signals.
  class Token {
   public:
    [[nodiscard]] bool stop_requested() const noexcept { return signal() != 0; }

    /// The number of the signal that has come, of several the first in the list; 0 if none has.
    [[nodiscard]] int signal() const noexcept {
      for (std::size_t i = 0; i < N; ++i)
        if (received(signals_[i]) != before_[i]) return signals_[i];
      return 0;
    }

    /// Seconds since the first signal came; nothing if one has come more than once.
    [[nodiscard]] std::optional<double> age() const noexcept {
      const double now = SteadyClock::now();
      std::optional<double> oldest;
      for (std::size_t i = 0; i < N; ++i) {
        const std::uint64_t count = received(signals_[i]) - before_[i];
        if (count > 1) return std::nullopt;
        if (count == 1) oldest = (std::max)(oldest.value_or(0), now - latest(signals_[i]));
      }
      return oldest;
    }

   private:
    friend SignalStop;
    std::array<int, N> signals_{};
    std::array<std::uint64_t, N> before_{};
  };

  /// @throws std::invalid_argument naming a signal that cannot be watched; the others are then left as before
  template <std::same_as<int>... Signals>
  requires(sizeof...(Signals) == N) explicit SignalStop(Signals... numbers)
      : watched_{detail::WatchedSignal{numbers}...} {
    token_.signals_ = {numbers...};
    rearm();
  }
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;

  [[nodiscard]] Token token() const noexcept { return token_; }

  /// Forgets the signals that have come: tokens obtained from now on wait for the next one.
  void rearm() noexcept {
    for (std::size_t i = 0; i < N; ++i) token_.before_[i] = received(token_.signals_[i]);
  }

 private:
  static std::uint64_t received(int signal) noexcept {
    return detail::signal_ledger.received[static_cast<std::size_t>(signal)].load(std::memory_order_acquire);
  }
  static double latest(int signal) noexcept {
    return detail::signal_ledger.latest[static_cast<std::size_t>(signal)].load(std::memory_order_relaxed);
  }

  std::array<detail::WatchedSignal, N> watched_;
  Token token_;
};

template <std::same_as<int>... Signals>
SignalStop(Signals...) -> SignalStop<sizeof...(Signals)>;

}  // namespace einet
