#pragma once
// In a stream of related samples, a video for example, the last answer is a first answer to the next sample.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/run/answer.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>

namespace einet {

/// Carries an answer from sample to sample: `worth()` is for Planner::set_initial_worth, and `settle` chooses
/// between it and what the run has found. Learns on line how often consecutive samples have the same label.
/// After construction it neither allocates nor throws.
class CarriedAnswer {
 public:
  /// @param memory number of answers that the share of equal labels reaches back, >= 1
  /// @throws std::invalid_argument if it is less
  explicit CarriedAnswer(double memory = 200) : memory_(memory) {
    detail::expect(is_finite(memory) && memory >= 1, "CarriedAnswer", "memory", memory, "at least 1 answer");
  }

  /// The probability that the carried answer is right for the sample to come.
  [[nodiscard]] float worth() const noexcept {
    if (!answer_) return 0;
    return worth_of(worth_ * persistence_ + (1 - worth_) * (1 - persistence_) * chance);
  }

  /// Learned share of consecutive samples with the same label; 0 at first.
  [[nodiscard]] double persistence() const noexcept { return persistence_; }

  /// The answer to a sample: that of its run, or the carried one if that is likelier to be right or there is
  /// no other. It is carried on.
  /// @param fresh of the run, with a probability of being right: `{label, planner.problem().in_hand}`
  std::optional<Answer> settle(const std::optional<Answer>& fresh) noexcept {
    const double carried = static_cast<double>(worth());
    if (samples_since_ < most_steps) ++samples_since_;
    if (!fresh) {
      worth_ = carried;
      if (answer_) answer_->confidence = worth_of(carried);
      return answer_;
    }
    const double sure = static_cast<double>(as_probability(fresh->confidence));
    if (newest_)
      learn(fresh->label == newest_->label, (std::min)(sure, .999), (std::min)(newest_sure_, .999));
    newest_ = fresh;
    newest_sure_ = sure;
    samples_since_ = 0;
    if (!answer_ || carried <= 0) {
      take(*fresh, sure);
    } else if (answer_->label == fresh->label) {
      const double both = sure * carried, neither = (1 - sure) * (1 - carried) * chance;
      take(*fresh, both + neither > 0 ? both / (both + neither) : sure);
    } else {
      const double only_fresh = sure * (1 - carried), only_carried = carried * (1 - sure);
      const double all = only_fresh + only_carried + (1 - sure) * (1 - carried) * (1 - chance);
      if (only_fresh >= only_carried)
        take(*fresh, all > 0 ? only_fresh / all : sure);
      else
        take(*answer_, only_carried / all);
    }
    return answer_;
  }

 private:
  static constexpr std::size_t most_steps = 1000;
  static constexpr double chance = .1;  // that wrong answers agree

  static float worth_of(double probability) noexcept {
    return as_probability(static_cast<float>(probability));
  }

  void take(const Answer& answer, double worth) noexcept {
    answer_ = answer;
    worth_ = worth;
    answer_->confidence = worth_of(worth);
  }

  /// Two answers that the network has found for itself, `samples_since_` samples apart, are the same or not.
  /// As they may be wrong, so may be what they say of the labels (a step of the EM algorithm).
  void learn(bool same, double sure, double sure_before) noexcept {
    // Never quite certain, so that it can still learn.
    const double at_each = answers_ > 0 ? (std::clamp)(persistence_, .001, .999) : .5;
    double kept = 1;  // probability that the label has stayed all the time
    for (std::size_t k = 0; k < samples_since_; ++k) kept *= at_each;
    const double right = sure * sure_before;
    const double both_wrong = (1 - sure) * (1 - sure_before);
    const double same_if_kept = right + both_wrong * chance, same_if_changed = (1 - right) * chance;
    const double if_kept = same ? same_if_kept : 1 - same_if_kept;
    const double if_changed = same ? same_if_changed : 1 - same_if_changed;
    const double all = kept * if_kept + (1 - kept) * if_changed;
    const double stayed = all > 0 ? kept * if_kept / all : kept;
    answers_ = (std::min)(answers_ + 1, memory_);
    // Where it has not stayed all the time, it still has for some of the steps.
    const double some = (at_each - kept) / (1 - kept);
    persistence_ += (stayed + (1 - stayed) * some - persistence_) / answers_;
  }

  double memory_;
  std::optional<Answer> answer_;
  double worth_ = 0;              // of answer_, for the sample that it was last the answer to
  std::optional<Answer> newest_;  // that a run has found
  double newest_sure_ = 0;
  std::size_t samples_since_ = 0;
  double persistence_ = 0;
  double answers_ = 0;  // that the network has found, at most memory_
};

}  // namespace einet
