#pragma once
// The result of a run, and what ended it.

#include <einet/plan/exit_plan.hpp>

#include <cstddef>
#include <optional>

namespace einet {

/// What ended a run.
enum class Outcome {
  completed,        ///< the plan was followed to its end
  stopped,          ///< a stop was requested
  deadline,         ///< the deadline passed
  nothing_planned,  ///< the plan was empty, and no answer had come before
};

/// The name of an outcome, for messages.
[[nodiscard]] constexpr const char* to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::completed:
      return "completed";
    case Outcome::stopped:
      return "stopped";
    case Outcome::deadline:
      return "deadline";
    case Outcome::nothing_planned:
      return "nothing planned";
  }
  return "unknown";
}

/// The result of a run.
template <class Output, std::size_t N>
struct RunResult {
  std::optional<Output> answer;     ///< the answer in hand; nothing if the run ended before the first output
  std::optional<std::size_t> exit;  ///< the exit of the answer; if it is an average, the newest
  Outcome outcome = Outcome::nothing_planned;
  ExitPlan<N> ran;     ///< exits whose outputs were published
  double elapsed = 0;  ///< seconds from the call to its return
  /// Seconds from the call to the stop, 0 without one. Exact where the stop knows its moment, as deadlines
  /// and signals do (`stop_age`). Otherwise the moment at which a part that polls noticed it or, if it came
  /// elsewhere, half-way between the last poll without the stop and the first with it.
  double stopped_at = 0;
  double planning = 0;  ///< of `elapsed`, seconds of publishing and planning
  double paused = 0;    ///< of `elapsed`, seconds that the caller took between steps

  /// Seconds that the run kept the device busy, planning included.
  [[nodiscard]] double busy() const noexcept { return elapsed - paused; }
};

/// What one step of a run did.
enum class RunStep {
  advanced,   ///< it ran a conv part
  published,  ///< it ran a branch, and its output is the newest answer
  ended,      ///< nothing: the run is over
};

/// A step and the block that it was in; false once the run is over.
struct StepDone {
  RunStep step;
  std::size_t block;

  explicit operator bool() const noexcept { return step != RunStep::ended; }
};

/// What learns when stops come, such as StopHistory.
template <class H>
concept stop_observer = requires(H& history, double seconds) {
  history.observe(seconds);
  history.observe_completion(seconds);
};

/// Tells `history` when the stop came, or that the run ended before it.
template <stop_observer History, class Output, std::size_t N>
void learn(History& history, const RunResult<Output, N>& result) {
  if (result.outcome == Outcome::stopped || result.outcome == Outcome::deadline)
    history.observe(result.stopped_at);
  else
    history.observe_completion(result.elapsed);
}

}  // namespace einet
