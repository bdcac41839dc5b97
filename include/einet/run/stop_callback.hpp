#pragma once
// To be told of a stop instead of polling it, for engines that are cancelled by a call from another thread.
// Needs threads.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/stop.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>
#if __has_include(<stop_token>)
#include <stop_token>
#endif

namespace einet {

namespace detail {

/// The stop's own kind of callback: `Stop::callback_type<Call>`, or std::stop_callback where the library has
/// it.
template <class Stop, class Call>
struct OwnCallback {};
template <class Stop, class Call>
requires requires {
  typename Stop::template callback_type<Call>;
}
struct OwnCallback<Stop, Call> {
  using type = typename Stop::template callback_type<Call>;
};
#ifdef __cpp_lib_jthread
template <class Call>
struct OwnCallback<std::stop_token, Call> {
  using type = std::stop_callback<Call>;
};
#endif

/// What is registered with a stop; nothing with those that must be watched or never ask.
template <class Stop, class Call>
struct Registered {
  static constexpr bool must_be_watched = !unstoppable<Stop>;
  explicit Registered(const std::pair<const Stop&, Call>&) noexcept {}

  /// Seconds to the next look at `stop`.
  static double wait(const Stop& stop, double every) noexcept {
    if constexpr (std::same_as<Stop, StopAfter<SteadyClock>>)
      return -stop.age();
    else
      return every;
  }
};

template <class Stop, class Call>
requires requires {
  typename OwnCallback<Stop, Call>::type;
}
struct Registered<Stop, Call> {
  static constexpr bool must_be_watched = false;
  explicit Registered(const std::pair<const Stop&, Call>& from) : callback(from.first, from.second) {}

  typename OwnCallback<Stop, Call>::type callback;
};

template <class... Stops, class Call>
struct Registered<AnyStop<Stops...>, Call> {
  static constexpr bool must_be_watched = (Registered<Stops, Call>::must_be_watched || ...);
  explicit Registered(const std::pair<const AnyStop<Stops...>&, Call>& from)
      : all(std::apply(
            [&](const Stops&... stop) {
              return std::tuple<std::pair<const Stops&, Call>...>({stop, from.second}...);
            },
            from.first.all())) {}

  static double wait(const AnyStop<Stops...>& stop, double every) noexcept {
    double least = std::numeric_limits<double>::infinity();
    const auto look = [&]<class One>(const One& one) {
      if constexpr (Registered<One, Call>::must_be_watched)
        least = (std::min)(least, Registered<One, Call>::wait(one, every));
    };
    std::apply([&](const Stops&... one) { (look(one), ...); }, stop.all());
    return least;
  }

  std::tuple<Registered<Stops, Call>...> all;
};

/// A thread that looks at something until that says it is enough, or the watcher goes.
class Watcher {
 public:
  Watcher() = default;
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// @param look returns the seconds to its next call, or something negative: then it may have ended `this`
  template <class Look>
  void start(Look look) {
    thread_ = std::thread([this, look] {
      for (double wait = look(); wait >= 0; wait = look()) {
        std::unique_lock lock(mutex_);
        if (gone_.wait_for(lock, std::chrono::duration<double>(wait), [this] { return going_; })) return;
      }
    });
  }

  ~Watcher() {
    if (!thread_.joinable()) return;
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();  // what it looked at has just ended the watcher
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      going_ = true;
    }
    gone_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable gone_;
  bool going_ = false;
  std::thread thread_;
};

}  // namespace detail

/// While it lives, calls `callback()` once, as soon as `stop` asks:
/// `const StopCallback cancel{stop, [&] { engine.cancel(); }};`, then a run under the same stop. If it asks
/// already, the call comes from the constructor; after the destructor nothing is called, nor still running,
/// unless the callback itself ended the object. What the callback throws ends the program.
///
/// Where the stop can call by itself (std::stop_token, or one with a `callback_type<Callback>` as C++26 gives
/// it), it does so from the thread that asks, at once, and nothing is allocated. All others, and an AnyStop
/// with such a one, cost a thread for as long as the object lives, never in the run itself: it sleeps until
/// the moment of a `stop_in` has come and looks at anything else, signals too, every so many seconds. The
/// call then comes from that thread, not from a signal handler: it may lock and allocate.
template <pollable_stop Stop, std::invocable Callback>
class StopCallback {
  struct Call {
    StopCallback* of;
    void operator()() const noexcept { of->call(); }
  };
  using Registered = detail::Registered<Stop, Call>;

 public:
  /// @param every how often to look at what cannot call, finite and > 0
  /// @throws std::invalid_argument naming it otherwise; std::system_error if no thread can be started
  StopCallback(const Stop& stop, Callback callback,
               std::chrono::duration<double> every = std::chrono::milliseconds(1))
      : callback_(std::move(callback)),
        registered_(std::pair<const Stop&, Call>(stop, Call{checked(every)})) {
    if constexpr (Registered::must_be_watched) {
      const auto look = [this, stop, every] {
        if (!stop.stop_requested())
          return std::clamp(Registered::wait(stop, every.count()), 0., longest_wait);
        call();
        return -1.;
      };
      if (look() >= 0) watcher_.start(look);
    }
  }
  StopCallback(const StopCallback&) = delete;
  StopCallback& operator=(const StopCallback&) = delete;

 private:
  static constexpr double longest_wait = 3600;  // chrono's clocks do not reach for ever

  StopCallback* checked(std::chrono::duration<double> every) {
    detail::expect(is_finite(every.count()) && every.count() > 0, "StopCallback", "every", every.count(),
                   "finite seconds > 0");
    return this;
  }

  void call() noexcept {
    if (!called_.exchange(true)) callback_();
  }

  Callback callback_;
  std::atomic<bool> called_{false};
  Registered registered_;    // may call from here on
  detail::Watcher watcher_;  // last: it goes first
};

}  // namespace einet
