#pragma once
// A planner judged on a replayed profile: the runner that ships runs every sample to the end on the virtual
// clock, and what is in hand at the forced exit is integrated over the exit-time law in closed form, sample
// by sample. An interruption only cuts a run short, so that one run tells the outcome of every possible exit.

#include <einet/base/assert.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/profile/confidence_profile.hpp>
#include <einet/profile/replay.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/observation.hpp>
#include <einet/run/slot.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

namespace einet::eval {

/// A slot that keeps all outputs of a run, with the virtual moments at which they were ready.
/// @tparam Answered type of the outputs
template <std::size_t N, class Answered = Answer>
class RecordingSlot {
 public:
  using value_type = Answered;
  struct Output {
    double ready;  ///< seconds since the start of the run
    std::size_t exit;
    Answered answer;
  };

  explicit RecordingSlot(const VirtualTime& time) noexcept : time_(&time) {}

  void clear() noexcept { count_ = 0; }
  void publish(const Answered& answer, std::size_t exit) noexcept {
    EINET_ASSERT(count_ < N);
    outputs_[count_++] = {time_->seconds(), exit, answer};
  }
  [[nodiscard]] std::optional<Published<Answered>> read() const noexcept {
    if (count_ == 0) return std::nullopt;
    return Published<Answered>{outputs_[count_ - 1].answer, outputs_[count_ - 1].exit};
  }

  /// Number of outputs of this run, and each of them.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] const Output& operator[](std::size_t index) const noexcept { return outputs_[index]; }

 private:
  const VirtualTime* time_;
  std::array<Output, N> outputs_{};
  std::size_t count_ = 0;
};

/// What a planner came to on the samples of a profile; means over samples and over the exit-time law.
struct Replayed {
  std::vector<double> correct;  ///< [samples] probability that the answer in hand at the exit is right
  double accuracy = 0;          ///< mean of `correct`; no output counts as wrong
  double no_answer_rate = 0;    ///< probability that there is none
  double exits_per_image = 0;   ///< outputs that are ready by the exit
  double planning_share = 0;    ///< of the time of an uninterrupted run, what planning takes
};

/// Runs every sample of `outputs` under `planner` and integrates over `law`.
/// @param law with a horizon
/// @param planning seconds charged for every planning
/// @param observe what the planner's predictor observes; agreement is with the answer that the run has in
/// hand
/// @throws std::invalid_argument if margins or entropies are observed and `outputs` has none
template <std::size_t N, class Planner, exit_time_law Law, class Observation = OwnSignals<Planner::signals>>
[[nodiscard]] Replayed replayed(const Planner& planner, const TimeProfile<N>& times,
                                const ConfidenceProfile<N>& outputs, const Law& law, double planning,
                                const Observation& observe = {}) {
  using Output = replayed_output<Observation>;
  const auto blocks = replay<Output>(times, outputs);
  VirtualTime time;
  RecordingSlot<N, Output> slot{time};
  ElasticRunner runner{blocks, planner, slot, VirtualClock{time, planning}, observe};
  Replayed sum;
  sum.correct.reserve(outputs.size());
  double elapsed = 0;
  double planned = 0;
  for (std::size_t sample = 0; sample < outputs.size(); ++sample) {
    time.reset();
    ReplayedSample on{sample, &time};
    const auto result = runner.run(on);
    elapsed += result.elapsed;
    planned += result.planning;
    double correct = 0;
    for (std::size_t k = 0; k < slot.count(); ++k) {
      const double ready = 1 - law.cdf(slot[k].ready);
      const double next = k + 1 < slot.count() ? 1 - law.cdf(slot[k + 1].ready) : 0;
      if (slot[k].answer.label == outputs.label[sample]) correct += ready - next;
      sum.exits_per_image += ready;
    }
    sum.correct.push_back(correct);
    sum.accuracy += correct;
    sum.no_answer_rate += slot.count() > 0 ? law.cdf(slot[0].ready) : 1;
  }
  if (const auto samples = static_cast<double>(outputs.size()); samples > 0) {
    sum.accuracy /= samples;
    sum.no_answer_rate /= samples;
    sum.exits_per_image /= samples;
  }
  if (elapsed > 0) sum.planning_share = planned / elapsed;
  return sum;
}

}  // namespace einet::eval
