#include "catch.hpp"

#include <einet/plan/stop_history.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/run_result.hpp>

#include <string>
#include <utility>

using namespace einet;

namespace results {  // tests are compiled together

struct Recorder {
  std::string heard;
  void observe(double seconds) { heard = "stop at " + std::to_string(static_cast<int>(seconds)); }
  void observe_completion(double seconds) { heard = "end at " + std::to_string(static_cast<int>(seconds)); }
};
struct OnlyStops {
  void observe(double) {}
};
struct OnlyEnds {
  void observe_completion(double) {}
};

static_assert(stop_observer<StopHistory> && stop_observer<Recorder>);
static_assert(!stop_observer<OnlyStops> && !stop_observer<OnlyEnds> && !stop_observer<const Recorder>);
static_assert(!stop_observer<int>);

}  // namespace results

TEST_CASE("a history hears when the stop came, or else when the run ended", "[run][run_result]") {
  RunResult<Answer, 2> result;
  result.elapsed = 7;
  result.stopped_at = 5;
  for (const auto& [outcome, heard] :
       {std::pair{Outcome::stopped, "stop at 5"}, std::pair{Outcome::deadline, "stop at 5"},
        std::pair{Outcome::completed, "end at 7"}, std::pair{Outcome::nothing_planned, "end at 7"}}) {
    result.outcome = outcome;
    results::Recorder history;
    learn(history, result);
    CAPTURE(to_string(outcome));
    CHECK(history.heard == heard);
  }
}

TEST_CASE("a run keeps the device busy but for the pauses between its steps", "[run][run_result]") {
  RunResult<Answer, 2> result;
  result.elapsed = 7;
  result.paused = 2;
  result.planning = 1;
  CHECK(result.busy() == 5);
}

TEST_CASE("every outcome has a name", "[run][run_result]") {
  CHECK(std::string(to_string(Outcome::completed)) == "completed");
  CHECK(std::string(to_string(Outcome::stopped)) == "stopped");
  CHECK(std::string(to_string(Outcome::deadline)) == "deadline");
  CHECK(std::string(to_string(Outcome::nothing_planned)) == "nothing planned");
}

TEST_CASE("a step is false once the run is over", "[run][run_result]") {
  CHECK(StepDone{RunStep::advanced, 0});
  CHECK(StepDone{RunStep::published, 0});
  CHECK_FALSE(StepDone{RunStep::ended, 0});
}
