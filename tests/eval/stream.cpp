#include "catch.hpp"
#include "fixture.hpp"

#include <einet/eval/stream.hpp>
#include <einet/plan/exponential.hpp>
#include <einet/plan/with_deadline.hpp>
#include <einet/predict/table_predictor.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/fit_price_curve.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>

#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace streams {

const PriceCurve flat{std::array<PriceCurve::Point, 2>{{{0, 4}, {1, 4}}}};

/// Serves a stream with runs of fixed length, answered after `first` seconds, and writes down what happened.
struct Log {
  double length, first;
  std::string events{};
  VirtualTime time{};

  std::vector<eval::Served> serve(const eval::Stream& stream, double first_answer) {
    StreamScheduler<8> scheduler{flat, {.first_answer = first_answer}};
    return eval::serve(
        stream, VirtualClock{time}, scheduler,
        [&](double moment) {
          if (moment > time.seconds()) time.advance(moment - time.seconds());
        },
        [&](const StreamTurn& turn, double stop) {
          const double begun = time.seconds();
          time.advance((std::min)(length, stop - begun));
          events += std::to_string(turn.sample.id) + ":" + std::to_string(static_cast<int>(begun)) + "-" +
                    std::to_string(static_cast<int>(time.seconds())) + " ";
          const bool answered = stop - begun >= first;
          return eval::Served{true, answered, answered, time.seconds() - begun, 0};
        });
  }
};

}  // namespace streams

TEST_CASE("samples of a made-up stream arrive at its rate, in bursts, and are due in time",
          "[eval][stream]") {
  const auto even = eval::make_stream({.samples = 4, .period = 2, .patience = 3});
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(even.samples[k].id == k);
    CHECK(even.samples[k].arrived == 2 * static_cast<double>(k));
    CHECK(even.samples[k].due == even.samples[k].arrived + 3);
  }
  CHECK(even.away.empty());
  const auto bursts = eval::make_stream({.samples = 6, .period = 2, .burst = 3, .patience = 3});
  for (std::size_t k = 0; k < 6; ++k) CHECK(bursts.samples[k].arrived == (k < 3 ? 0 : 6));
  const auto late = eval::make_stream({.samples = 500, .period = 2, .jitter = .5, .patience = 3, .seed = 4});
  double most = 0;
  for (std::size_t k = 0; k < 500; ++k) {
    const double after = late.samples[k].arrived - 2 * static_cast<double>(k);
    CHECK(after >= 0);
    CHECK(after <= 1);
    most = (std::max)(most, after);
  }
  CHECK(most > .9);
}

TEST_CASE("preemptions of a made-up stream come and last at random, one after the other", "[eval][stream]") {
  const auto stream = eval::make_stream(
      {.samples = 40'000, .period = 1, .patience = 1, .away_every = 15, .away_for = 5, .seed = 2});
  double away = 0, before = 0;
  for (const eval::Away& gone : stream.away) {
    CHECK(gone.from >= before);
    CHECK(gone.until > gone.from);
    away += gone.until - gone.from;
    before = gone.until;
  }
  CHECK_THAT(static_cast<double>(stream.away.size()), WithinRel(40'000 / 20., .1));
  CHECK_THAT(away, WithinRel(40'000 / 4., .1));
}

TEST_CASE("patterns of streams that make no sense are refused", "[eval][stream]") {
  const auto refuse = [](const eval::StreamPattern& pattern, const char* field) {
    CHECK_THROWS_WITH(eval::make_stream(pattern), ContainsSubstring(field));
  };
  refuse({.period = 0, .patience = 1}, "period");
  refuse({.period = 1, .patience = std::nan("")}, "patience");
  refuse({.period = 1, .jitter = 1.5, .patience = 1}, "jitter");
  refuse({.period = 1, .burst = 0, .patience = 1}, "burst");
  refuse({.period = 1, .patience = 1, .away_every = -1}, "away_every");
  refuse({.period = 1, .patience = 1, .away_every = 1, .away_for = -1}, "away_for");
}

TEST_CASE("a stream is served one by one; who is late is dropped, and preemptions end runs",
          "[eval][stream]") {
  eval::Stream stream;
  stream.samples = {{0, 0, 10}, {1, 0, 10}, {2, 1, 5}, {3, 9, 20}, {4, 30, 40}};
  stream.away = {{11, 15}};
  streams::Log log{4, 2};
  const auto served = log.serve(stream, 2);
  // 0 and 1 run; 2 is due before there is time; 3 begins at 9, is stopped at 11; the device is away until 15.
  CHECK(log.events == "0:0-4 1:4-8 3:9-11 4:30-34 ");
  CHECK_FALSE(served[2].begun);
  CHECK(served[3].answered);
  CHECK(served[3].busy == 2);
  const auto score = eval::score(served);
  CHECK(score.accuracy == .8);
  CHECK(score.unanswered == .2);
  CHECK(score.begun_unanswered == 0);
  CHECK(score.busy == 14. / 5);
  CHECK(score.late == 0);
}

TEST_CASE("a preemption before the first answer leaves a sample unanswered", "[eval][stream]") {
  eval::Stream stream;
  stream.samples = {{0, 0, 10}, {1, 2, 12}};
  stream.away = {{1, 3}, {20, 30}};
  streams::Log log{4, 2};
  const auto score = eval::score(log.serve(stream, 0));
  CHECK(log.events == "0:0-1 1:3-7 ");
  CHECK(score.unanswered == .5);
  CHECK(score.begun_unanswered == .5);
  CHECK(log.time.seconds() == 7);
}

TEST_CASE("at three times the rate that the device sustains, every sample of a stream is answered in time",
          "[eval][stream]") {
  std::mt19937_64 random(5);
  const auto outputs = random_profile<6>(random, 400);
  const TimeProfile<6> times{{1, 1, 1, 1, 1, 1}, {.1, .1, .1, .1, .1, .1}};
  using Law = WithDeadline<Exponential>;
  for (const std::size_t burst : {1U, 6U}) {
    const double period = times.total() / 3, patience = static_cast<double>(burst + 1) * period;
    const auto stream =
        eval::make_stream({.samples = 400, .period = period, .burst = burst, .patience = patience});
    const Planner planner{times, TablePredictor<6>{fit_table(outputs)}, Law{Exponential{1e6}, patience}};
    const auto blocks = replay(times, outputs);
    VirtualTime time;
    LocalSlot<Answer> slot;
    ElasticRunner runner{blocks, planner, slot, VirtualClock{time}};
    StreamScheduler<16> scheduler{fit_price_curve(planner, times, outputs), {.first_answer = 1.1}};
    const auto score = eval::score(eval::serve(
        stream, VirtualClock{time}, scheduler,
        [&](double moment) { time.advance((std::max)(0., moment - time.seconds())); },
        [&](const StreamTurn& turn, double stop) {
          runner.set_price(turn.price);
          runner.set_law(Law{Exponential{1e6}, turn.left});
          const auto result =
              runner.run(ReplayedSample{turn.sample.id, &time}, StopAfter{VirtualClock{time}, stop});
          const bool right = result.answer && result.answer->label == outputs.label[turn.sample.id];
          return eval::Served{true, result.answer.has_value(), right, result.busy(), 0};
        }));
    CAPTURE(burst);
    CHECK(score.unanswered == 0);
    CHECK(score.busy < period);
    CHECK(score.busy > .75 * period);
  }
}
