#pragma once
// Complete runs, sample by sample: which answers were ready when, and which of them were right. A stop only
// cuts a run short, so this gives the outcome of every possible stop.

#include <einet/base/assert.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace einet::eval {

/// The answer in hand from some moment of a run on.
struct TimedAnswer {
  double ready = 0;        ///< seconds since the start of the run
  std::uint32_t exit = 0;  ///< the exit that it came from
  float confidence = 0;    ///< as the planner observed it
  bool correct = false;    ///< whether it names the true class
};

/// Runs of the same strategy, one per sample.
class Timelines {
 public:
  Timelines() = default;

  /// @param samples number of runs
  /// @param exits most answers of a run
  Timelines(std::size_t samples, std::size_t exits)
      : exits_(exits), answers_(samples * exits), runs_(samples) {}

  [[nodiscard]] std::size_t size() const noexcept { return runs_.size(); }

  /// The answers of a run, in the order in which they came.
  [[nodiscard]] std::span<const TimedAnswer> operator[](std::size_t sample) const noexcept {
    return {answers_.data() + sample * exits_, runs_[sample].count};
  }

  /// Adds an answer to a run. Different runs may be added to from different threads.
  /// @pre the run has fewer answers than there are exits
  void push(std::size_t sample, const TimedAnswer& answer) noexcept {
    EINET_ASSERT(sample < size() && runs_[sample].count < exits_);
    answers_[sample * exits_ + runs_[sample].count++] = answer;
  }

  /// Forgets the answers of a run.
  void clear(std::size_t sample) noexcept { runs_[sample] = {}; }

  /// Notes how long a run took, and how much of that was planning.
  void set_seconds(std::size_t sample, double elapsed, double planning) noexcept {
    runs_[sample].elapsed = elapsed;
    runs_[sample].planning = planning;
  }

  /// Seconds that the run keeps the device busy if no stop cuts it short.
  [[nodiscard]] double busy(std::size_t sample) const noexcept { return runs_[sample].elapsed; }

  /// Share of planning in the time of all runs.
  [[nodiscard]] double planning_share() const noexcept {
    double elapsed = 0, planning = 0;
    for (const Run& run : runs_) {
      elapsed += run.elapsed;
      planning += run.planning;
    }
    return elapsed > 0 ? planning / elapsed : 0;
  }

 private:
  struct Run {
    std::size_t count = 0;
    double elapsed = 0, planning = 0;
  };

  std::size_t exits_ = 0;
  std::vector<TimedAnswer> answers_;  // [samples][exits]
  std::vector<Run> runs_;             // [samples]
};

}  // namespace einet::eval
