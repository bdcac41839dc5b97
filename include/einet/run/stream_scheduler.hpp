#pragma once
// Samples that arrive by themselves, each due some time after its arrival: which one is next, how long it
// has, and at which price of time it is planned.
//
// Time that one sample takes is lost to those that wait and to those that will come. What a sample may take
// on average is the smaller of two shares: of the mean time between two arrivals, as nothing more is there in
// the long run; and of the time that is left until the samples that wait are due, which a burst cuts short. A
// PriceCurve tells at which price runs take that long. Under a price, sure samples give up their time first.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/run/price_curve.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

namespace einet {

/// A sample of a stream. Moments are seconds by one clock, the caller's.
struct StreamSample {
  std::uint64_t id = 0;
  double arrived = 0;
  double due = 0;  ///< an answer that comes later is of no use
};

/// The sample that is to be run now.
struct StreamTurn {
  StreamSample sample;
  double left = 0;   ///< seconds that it may take at most: until it is due, or those that wait must begin
  double price = 0;  ///< worth per second, for Planner::set_price
};

/// Options of a StreamScheduler.
struct StreamOptions {
  /// Seconds that a first answer takes; a sample that has less left is not begun.
  double first_answer = 0;
  /// Share of the device's time that runs may take; the rest is for the caller's own work, and keeps random
  /// queues short. In (0, 1].
  double use = .95;
};

/// Keeps the samples that wait, at most `Capacity`, in the order in which they are due. After construction it
/// neither allocates nor throws.
template <std::size_t Capacity = 64>
class StreamScheduler {
 public:
  /// @throws std::invalid_argument naming the option that is out of range
  explicit StreamScheduler(const PriceCurve& curve, const StreamOptions& options = {})
      : curve_(curve), options_(options) {
    constexpr auto what = "StreamScheduler";
    detail::expect(is_finite(options.first_answer) && options.first_answer >= 0, what, "first_answer",
                   options.first_answer, "finite seconds >= 0");
    detail::expect(options.use > 0 && options.use <= 1, what, "use", options.use, "a share in (0, 1]");
  }

  /// Takes a sample that has arrived.
  /// @return the sample that was dropped for it, the one that is due first, if `Capacity` were waiting
  std::optional<StreamSample> arrive(const StreamSample& sample) noexcept {
    arrivals_[arrived_++ % memory] = sample.arrived;
    std::optional<StreamSample> dropped;
    if (waiting_ == Capacity) dropped = pop();
    std::size_t place = waiting_++;
    for (; place > 0 && waits(place - 1).due > sample.due; --place) wait_at(place) = waits(place - 1);
    wait_at(place) = sample;
    return dropped;
  }

  /// Number of samples that wait.
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

  /// The next sample to run at `now`; nothing if none waits. Those that cannot be answered any more are
  /// dropped, by `drop(sample)`.
  template <class Drop>
  [[nodiscard]] std::optional<StreamTurn> take(double now, Drop&& drop) {
    while (waiting_ > 0 && !(waits(0).due - now > first_answer())) drop(pop());
    if (waiting_ == 0) return std::nullopt;
    const double share = (std::min)(options_.use * (period(now) - away_), until_due(now));
    const double price = curve_.price(share / pace());
    promised_ = curve_.busy(price);
    const double left = at_most(now);
    return StreamTurn{pop(), left, price};
  }
  [[nodiscard]] std::optional<StreamTurn> take(double now) noexcept {
    return take(now, [](const StreamSample&) {});
  }

  /// Tells that the run of the last turn kept the device busy for `seconds`.
  void done(double seconds) noexcept {
    if (!(seconds >= 0 && is_finite(seconds))) return;
    real_ += (seconds - real_) * weight;
    expected_ += (promised_ - expected_) * weight;
    away_ -= away_ * weight;
  }

  /// Tells that something else had the device for `seconds`, a preemption for example.
  void away(double seconds) noexcept {
    if (seconds >= 0 && is_finite(seconds)) away_ += seconds * weight;
  }

  /// Mean seconds between two of the newest arrivals; infinite before the second.
  [[nodiscard]] double period(double now) const noexcept {
    const std::uint64_t known = (std::min)(arrived_, std::uint64_t{memory});
    if (known < 2) return unlimited;
    const double oldest = arrivals_[(arrived_ - known) % memory];
    return (std::max)(now - oldest, 0.) / static_cast<double>(known);
  }

  /// How long runs take, as a multiple of what the curve says: above 1 on a device that has become slower.
  [[nodiscard]] double pace() const noexcept {
    if (!(expected_ > 0 && real_ > 0)) return 1;
    return (std::clamp)(real_ / expected_, 1. / 16, 16.);
  }

 private:
  static constexpr std::size_t memory = 64;   // newest arrivals that the period is the mean of
  static constexpr double weight = 1. / 32;   // of the newest run in means
  static constexpr double unlimited = 1e300;  // seconds

  [[nodiscard]] const StreamSample& waits(std::size_t place) const noexcept {
    return queue_[(first_ + place) % Capacity];
  }
  [[nodiscard]] StreamSample& wait_at(std::size_t place) noexcept {
    return queue_[(first_ + place) % Capacity];
  }

  /// On this device as it is now. Never less than was said, as runs that stops cut short look fast, and at
  /// most twice that, as a hiccup must not drop what is there.
  [[nodiscard]] double first_answer() const noexcept {
    return options_.first_answer * (std::clamp)(pace(), 1., 2.);
  }

  StreamSample pop() noexcept {
    EINET_ASSERT(waiting_ > 0);
    const StreamSample next = waits(0);
    first_ = (first_ + 1) % Capacity;
    --waiting_;
    return next;
  }

  /// The time that each of those that wait may take so that all are in time, at its smallest.
  [[nodiscard]] double until_due(double now) const noexcept {
    double least = unlimited;
    for (std::size_t place = 0; place < waiting_; ++place)
      least = (std::min)(least, (waits(place).due - now) / static_cast<double>(place + 1));
    return (std::max)(least, 0.);
  }

  /// How long the next sample may run: until it is due or, if it then has its own first answer, until those
  /// behind it must begin to have theirs.
  [[nodiscard]] double at_most(double now) const noexcept {
    double left = waits(0).due - now;
    for (std::size_t place = 1; place < waiting_; ++place) {
      const double others = first_answer() * static_cast<double>(place);
      if (const double until = waits(place).due - now - others; until >= first_answer())
        left = (std::min)(left, until);
    }
    return left;
  }

  PriceCurve curve_;
  StreamOptions options_;
  std::array<StreamSample, Capacity> queue_{};
  std::size_t first_ = 0, waiting_ = 0;
  std::array<double, memory> arrivals_{};
  std::uint64_t arrived_ = 0;
  double promised_ = 0;             // seconds, by the curve, of the run of the last turn
  double real_ = 0, expected_ = 0;  // seconds of a run: in fact, and by the curve
  double away_ = 0;                 // seconds of other work per run
};

}  // namespace einet
