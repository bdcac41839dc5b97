#pragma once
// Calls a function when a stop comes, for engines that are cancelled from another thread instead of polling.
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

/// The stop's own callback type: `Stop::callback_type<Call>`, or std::stop_callback where the library has it.
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

/// A callback registered with a stop; empty for stops that must be watched or never come.
template <class Stop, class Call>
struct Registered {
  static constexpr bool must_be_watched = !unstoppable<Stop>;
  explicit Registered(const std::pair<const Stop&, Call>&) noexcept {}

  /// Seconds until `stop` should be polled next; negative if it has come.
  /// @param every interval in seconds, for stops that do not know their moment
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

/// A thread that polls until a function says that it is done, or until the watcher is destroyed.
class Watcher {
 public:
  /// @param look returns the seconds until its next call, or a negative number to end, after which `this` may
  /// be destroyed already
  template <class Look>
  void start(Look look) {
    thread_ = std::thread([this, look] {
      for (double wait = look(); wait >= 0; wait = look()) {
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, std::chrono::duration<double>(wait), [this] { return done_; })) return;
      }
    });
  }

  ~Watcher() {
    if (!thread_.joinable()) return;
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();  // the callback has just destroyed the watcher
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

}  // namespace detail

/// During its lifetime, calls `callback()` once, when `stop` comes:
/// `const StopCallback cancel{stop, [&] { engine.cancel(); }};`, then a run with the same stop. If the stop
/// has come already, the constructor calls. Once the destructor has returned, no call is made or still
/// running, unless the callback itself destroyed the object. If the callback throws, the program terminates.
///
/// A stop that can call by itself (std::stop_token, or one with a `callback_type<Callback>` as in C++26) does
/// so at once, from the thread that requests the stop, and nothing is allocated. Any other stop, or an
/// AnyStop that contains one, costs a thread during the lifetime of the object. This thread sleeps until the
/// moment of a `stop_in`, and polls any other stop, signals included, at an interval. The call then comes
/// from this thread, not from a signal handler, and may lock and allocate.
template <pollable_stop Stop, std::invocable Callback>
class StopCallback {
  struct Call {
    StopCallback* of;
    void operator()() const noexcept { of->call(); }
  };
  using Registered = detail::Registered<Stop, Call>;

 public:
  /// @param every interval at which to poll stops that cannot call, finite and > 0
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
  static constexpr double longest_wait = 3600;  // longer waits could overflow chrono's clocks

  StopCallback* checked(std::chrono::duration<double> every) {
    detail::expect(is_finite(every.count()) && every.count() > 0, "StopCallback", "every", every.count(),
                   "finite seconds > 0");
    return this;
  }

  void call() noexcept {
    if (!called_.test_and_set()) callback_();
  }

  Callback callback_;
  std::atomic_flag called_{};
  Registered registered_;    // may call from here on
  detail::Watcher watcher_;  // last, so that it is destroyed first
};

}  // namespace einet
