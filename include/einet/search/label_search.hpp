#pragma once
// The best plan under any exit-time law, by labels: at every exit the ways to reach it that no other way
// beats both in time and in worth. As under the uniform law only plans of strictly rising confidence need be
// looked at.

#include <einet/plan/law.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace einet::detail {

/// A way to an exit j of confidence c.
template <std::size_t N>
struct Label {
  ExitPlan<N> plan;
  double ready = 0;  ///< seconds since the start of the inference when its output is ready
  double value =
      0;  ///< expectation collected up to then, less c·F(ready): what follows adds only its own terms
};

/// Searches one problem. A fixed pool of labels; should it not do, the best plan met so far is returned.
template <std::size_t Labels, std::size_t N, exit_time_law Law>
class LabelSearch {
 public:
  /// @param incumbent some plan with its worth; what cannot beat it is not followed up
  /// @pre something of the law is left after problem.elapsed
  LabelSearch(const Problem<N>& problem, const Law& law, const Found<N>& incumbent) noexcept
      : problem_(problem), law_(law), left_(1 - law.cdf(problem.elapsed)), best_(incumbent) {
    double sum = 0;
    for (std::size_t k = problem.first; k < N; ++k) reach_[k] = sum += problem.times.conv[k];
  }

  /// `optimal` is false if the pool overflowed.
  [[nodiscard]] Found<N> run() noexcept {
    const double in_hand = problem_.in_hand;
    const Label<N> start{{}, problem_.elapsed, -in_hand * (1 - left_)};
    offer(best_, ExitPlan<N>{}, in_hand);
    best_.optimal = true;
    for (std::size_t k = problem_.first; k < N; ++k) {
      begin_[k] = end_[k] = used_;
      const double worth = problem_.confidences[k];
      if (!(worth > in_hand)) continue;
      const double rest = still_to_gain(k);
      extend(start, in_hand, 0, k, rest);
      for (std::size_t j = problem_.first; j < k; ++j)
        if (const double before = problem_.confidences[j]; before < worth)
          for (std::size_t label = begin_[j]; label < end_[j]; ++label)
            extend(pool_[label], before, reach_[j], k, rest);
      if (!best_.optimal) return best_;
    }
    return best_;
  }

 private:
  /// At most so much can be added to the worth after exit k: every later exit comes as early as if it alone
  /// were run, and no earlier exit later than one behind it.
  [[nodiscard]] double still_to_gain(std::size_t k) const noexcept {
    std::array<double, N> chance;  // that the exit has not come by the time of j or of a later one
    double highest_chance = 0;
    for (std::size_t j = N; j-- > k + 1;) {
      const double ready = problem_.elapsed + reach_[j] + problem_.times.branch[k] + problem_.times.branch[j];
      chance[j] = highest_chance = (std::max)(highest_chance, 1 - law_.cdf(ready));
    }
    double worth = problem_.confidences[k];
    double gain = 0;
    for (std::size_t j = k + 1; j < N; ++j) {
      const double better = problem_.confidences[j];
      if (!(better > worth)) continue;
      gain += (better - worth) * chance[j];
      worth = better;
    }
    return gain;
  }

  void extend(const Label<N>& from, double worth_before, double reach_before, std::size_t k,
              double rest) noexcept {
    const double worth = problem_.confidences[k];
    Label<N> label = from;
    label.ready += reach_[k] - reach_before + problem_.times.branch[k];
    label.value -= (worth - worth_before) * law_.cdf(label.ready);
    // Held to the end the label comes to value + worth; ties are followed up, rounding included.
    if (label.value + worth + rest < best_.worth * left_ - 1e-12) return;
    label.plan.insert(k);
    if (keep(label, k)) offer(best_, label.plan, (label.value + worth) / left_);
  }

  /// Puts the label in its place among those of exit k, which are sorted by time with strictly rising values.
  /// @return false if another one beats it
  bool keep(const Label<N>& label, std::size_t k) noexcept {
    Label<N>* const first = pool_.data() + begin_[k];
    Label<N>* const last = pool_.data() + end_[k];
    Label<N>* const place = std::upper_bound(first, last, label.ready,
                                             [](double ready, const Label<N>& l) { return ready < l.ready; });
    if (place != first) {
      const Label<N>& earlier = place[-1];
      const bool equal = earlier.value == label.value && earlier.ready == label.ready;
      if (equal ? !label.plan.precedes(earlier.plan) : earlier.value >= label.value) return false;
    }
    Label<N>* from = place;  // labels in [from, to) are beaten by the new one
    while (from != first && from[-1].ready == label.ready) --from;
    Label<N>* to = place;
    while (to != last && to->value <= label.value) ++to;
    if (from == to) {
      if (used_ == Labels) {
        best_.optimal = false;
        return false;
      }
      std::move_backward(from, last, last + 1);
      ++used_;
    } else {
      std::move(to, last, from + 1);
      used_ -= static_cast<std::size_t>(to - from) - 1;
    }
    *from = label;
    end_[k] = used_;
    return true;
  }

  const Problem<N>& problem_;
  const Law& law_;
  double left_;
  Found<N> best_;
  std::array<double, N> reach_{};  // seconds of conv parts from `first` to k
  std::array<std::size_t, N> begin_{};
  std::array<std::size_t, N> end_{};
  std::size_t used_ = 0;
  std::array<Label<N>, Labels> pool_;
};

}  // namespace einet::detail
