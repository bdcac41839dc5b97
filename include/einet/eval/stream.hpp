#pragma once
// Streams of samples, made up or recorded, and what becomes of them on a device that other tasks preempt.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/stream_scheduler.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace einet::eval {

/// Something else has the device. Seconds since the stream began.
struct Away {
  double from = 0, until = 0;
};

/// Samples in the order of their arrival, their ids 0, 1, …, and when the device is away, in order and
/// without overlap. Seconds since the stream began.
struct Stream {
  std::vector<StreamSample> samples;
  std::vector<Away> away;
};

/// How a stream is made up.
struct StreamPattern {
  std::size_t samples = 1000;
  double period = 0;      ///< mean seconds between two samples
  double jitter = 0;      ///< every sample is late by up to this share of the period
  std::size_t burst = 1;  ///< how many arrive at once
  double patience = 0;    ///< seconds from a sample's arrival until it is due
  double away_every = 0;  ///< mean seconds between two preemptions, at random; 0: there are none
  double away_for = 0;    ///< mean seconds that one takes, at random
  std::uint64_t seed = 1;
};

/// @throws std::invalid_argument naming the field that makes no sense
[[nodiscard]] inline Stream make_stream(const StreamPattern& pattern) {
  using einet::detail::expect;
  constexpr auto what = "StreamPattern";
  const auto seconds = [&](const char* field, double value, bool positive) {
    expect(is_finite(value) && (positive ? value > 0 : value >= 0), what, field, value,
           positive ? "finite seconds > 0" : "finite seconds >= 0");
  };
  seconds("period", pattern.period, true);
  seconds("patience", pattern.patience, true);
  seconds("away_every", pattern.away_every, false);
  seconds("away_for", pattern.away_for, false);
  expect(pattern.jitter >= 0 && pattern.jitter <= 1, what, "jitter", pattern.jitter, "a share in [0, 1]");
  expect(pattern.burst > 0, what, "burst", pattern.burst, "at least 1");

  std::mt19937_64 random(pattern.seed);
  std::uniform_real_distribution<double> unit(0, 1);
  Stream stream;
  for (std::size_t k = 0; k < pattern.samples; ++k) {
    const std::size_t first_of_burst = k - k % pattern.burst;
    const double arrived =
        pattern.period * (static_cast<double>(first_of_burst) + pattern.jitter * unit(random));
    stream.samples.push_back({k, arrived, arrived + pattern.patience});
  }
  std::sort(stream.samples.begin(), stream.samples.end(),
            [](const StreamSample& a, const StreamSample& b) { return a.arrived < b.arrived; });
  for (std::size_t k = 0; k < stream.samples.size(); ++k) stream.samples[k].id = k;
  if (pattern.away_every > 0 && pattern.away_for > 0 && !stream.samples.empty()) {
    std::exponential_distribution<double> until_next(1 / pattern.away_every), length(1 / pattern.away_for);
    for (double at = until_next(random); at < stream.samples.back().due; at += until_next(random)) {
      const double from = at;
      stream.away.push_back({from, at += length(random)});
    }
  }
  return stream;
}

/// What became of a sample.
struct Served {
  bool begun = false;
  bool answered = false;  ///< in time
  bool correct = false;   ///< and rightly
  double busy = 0;        ///< seconds that its run took of the device
  double late = 0;        ///< seconds by which its run ended after it was due
};

/// Serves a whole stream: when a sample is done, the scheduler's next one is run, for as long as it may or
/// until the device goes away. Where a preemption begins, the run is stopped, and its answer is the sample's.
/// @param wait wait(moment) returns at that moment of the clock
/// @param run run(turn, stop) runs the sample until `stop` at the latest, a moment of the clock, and tells
/// whether it is answered and correct, and how long it took
/// @return [samples]
template <run_clock Clock, std::size_t Capacity, class Wait, class Run>
[[nodiscard]] std::vector<Served> serve(const Stream& stream, const Clock& clock,
                                        StreamScheduler<Capacity>& scheduler, Wait&& wait, Run&& run) {
  std::vector<Served> served(stream.samples.size());
  const double start = clock.now();
  std::size_t arrived = 0, away = 0;
  for (;;) {
    const double now = clock.now() - start;
    const double leaves =
        away < stream.away.size() ? stream.away[away].from : std::numeric_limits<double>::infinity();
    if (leaves <= now) {
      wait(start + stream.away[away].until);
      scheduler.away(stream.away[away].until - leaves);
      ++away;
      continue;
    }
    for (; arrived < stream.samples.size() && stream.samples[arrived].arrived <= now; ++arrived)
      static_cast<void>(scheduler.arrive(stream.samples[arrived]));
    const auto turn = scheduler.take(now);
    if (!turn) {
      if (arrived == stream.samples.size()) return served;
      wait(start + (std::min)(stream.samples[arrived].arrived, leaves));
      continue;
    }
    Served& sample = served[turn->sample.id];
    sample = run(*turn, start + (std::min)(turn->sample.due, leaves));
    sample.begun = true;
    sample.late = (std::max)(0., clock.now() - start - turn->sample.due);
    scheduler.done(sample.busy);
  }
}

/// Means over the samples of a stream.
struct StreamScore {
  double accuracy = 0;          ///< samples without an answer count as wrong
  double unanswered = 0;        ///< share of all samples
  double begun_unanswered = 0;  ///< share of all samples that were begun, and have no answer
  double busy = 0;              ///< seconds of the device per sample
  double late = 0;              ///< seconds after it was due that the run of a sample ended, of those begun
};

/// Sums up what became of the samples.
[[nodiscard]] inline StreamScore score(const std::vector<Served>& served) {
  StreamScore sum;
  double begun = 0;
  for (const Served& sample : served) {
    sum.accuracy += sample.correct ? 1 : 0;
    sum.unanswered += sample.answered ? 0 : 1;
    sum.begun_unanswered += sample.begun && !sample.answered ? 1 : 0;
    sum.busy += sample.busy;
    sum.late += sample.late;
    begun += sample.begun ? 1 : 0;
  }
  if (const auto samples = static_cast<double>(served.size()); samples > 0)
    for (double* const mean : {&sum.accuracy, &sum.unanswered, &sum.begun_unanswered, &sum.busy})
      *mean /= samples;
  if (begun > 0) sum.late /= begun;
  return sum;
}

}  // namespace einet::eval
