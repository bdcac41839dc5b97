#pragma once
// The best plan where branches run beside the backbone, by labels, under any stop-time law.
//
// As in label_search.hpp, a label is a path to an exit, only plans of rising confidence count, and a path
// that is no later and worth no less than another to the same exit beats it: an earlier ready time is never
// worse. Here it is rarely even a trade: what is ready before the next conv part is on time for every exit to
// come, so all paths that are ready by then are alike, and the most valuable of them is the only one to keep.
// Where branches take less time than the conv parts between them, an exit has one label.

#include <einet/plan/law.hpp>
#include <einet/plan/pipelined_problem.hpp>
#include <einet/search/label_pool.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace einet::detail {

/// The best plan where the law leaves nothing: only its last output counts.
template <std::size_t N>
[[nodiscard]] constexpr Found<N> last_chance(const PipelinedProblem<N>& problem) noexcept {
  Found<N> best{{}, problem.in_hand, true};
  for (std::size_t k = problem.first; k < problem.exit_count(); ++k) {
    ExitPlan<N> single;
    single.insert(k);
    offer(best, single,
          problem.confidences[k] -
              problem.price * (ready_after(problem, problem.elapsed, k) - problem.elapsed));
  }
  return best;
}

/// Searches one problem with room for `Capacity` labels, of which `room` are used. If they run out, returns
/// the best plan so far.
template <std::size_t Capacity, std::size_t N, stop_law Law>
class PipelinedSearch {
 public:
  /// @pre law.cdf(problem.elapsed) < 1, 1 <= room <= Capacity
  PipelinedSearch(const PipelinedProblem<N>& problem, const Law& law, std::size_t room) noexcept
      : problem_(problem),
        law_(law),
        survival_(1 - law.cdf(problem.elapsed)),
        pool_(problem.elapsed, problem.in_hand, problem.first, room),
        best_{{}, problem.in_hand, true} {}

  /// The worth returned is the plan's less price and charges; `optimal` is false if the pool overflowed.
  [[nodiscard]] Found<N> run() noexcept {
    const double most = fill_in_bounds();
    follow_bounds();
    for (std::size_t k = problem_.first; k < problem_.exit_count(); ++k) {
      if (!(problem_.confidences[k] > problem_.in_hand)) continue;
      pool_.next_exit();
      for (std::size_t label = 0; label < pool_.begin(); ++label) extend(label, k);
    }
    best_.optimal = !pool_.overflowed();
    best_.bound = problem_.in_hand + most + slack;
    return best_;
  }

  /// Number of labels in the end.
  [[nodiscard]] std::size_t labels() const noexcept { return pool_.end(); }

 private:
  static constexpr double slack = 1e-11;  // more than the rounding of any bound that a best plan can reach
  static constexpr std::size_t none = most_exits<N>;

  /// Probability that the stop has not come by `time`.
  [[nodiscard]] double not_stopped_by(double time) const noexcept { return (1 - law_.cdf(time)) / survival_; }

  [[nodiscard]] double price_until(double time) const noexcept {
    return problem_.price * (time - problem_.elapsed);
  }

  /// The worth of the answer in hand after exit k, or before the first.
  [[nodiscard]] double worth_of(std::size_t k) const noexcept {
    return k == none ? problem_.in_hand : problem_.confidences[k];
  }

  /// Bounds what can follow each exit: the exits after it as if each were run alone, at its earliest moment.
  /// @return the bound on what can follow the answer in hand
  double fill_in_bounds() noexcept {
    for (std::size_t k = problem_.first; k < problem_.exit_count(); ++k) {
      earliest_[k] = ready_after(problem_, problem_.elapsed, k);
      chance_[k] = not_stopped_by(earliest_[k]);
    }
    for (std::size_t k = problem_.exit_count(); k-- > problem_.first;) rest_[k] = most_after(k, k + 1);
    return (std::max)(0.0, most_after(none, problem_.first));
  }

  /// The most that exits from `from` on can add to the worth of exit k, less the price until the last of
  /// them; minus infinity if none adds anything.
  double most_after(std::size_t k, std::size_t from) noexcept {
    double most = -std::numeric_limits<double>::infinity();
    std::size_t exit = none;
    for (std::size_t l = from; l < problem_.exit_count(); ++l) {
      if (!(worth_of(l) > worth_of(k))) continue;
      const double sum =
          (worth_of(l) - worth_of(k)) * chance_[l] + (std::max)(-price_until(earliest_[l]), rest_[l]);
      if (sum > most) {
        most = sum;
        exit = l;
      }
    }
    (k == none ? after_none_ : after_[k]) = exit;
    return most;
  }

  /// Finds a first good plan: the one that the bounds promise most of.
  void follow_bounds() noexcept {
    double value = problem_.in_hand, time = problem_.elapsed;
    std::size_t before = none;
    ExitPlan<N> plan;
    for (std::size_t k = after_none_; k != none; before = k, k = after_[k]) {
      time = ready_after(problem_, time, k);
      value += (worth_of(k) - worth_of(before)) * not_stopped_by(time) - exit_charge;
      plan.insert(k);
      offer(best_, plan, value - price_until(time), equal_charged);
    }
  }

  void extend(std::size_t from, std::size_t k) noexcept {
    const Label& before = pool_[from];
    const double worth = worth_of(k), worth_before = worth_of(from == 0 ? none : before.exit);
    if (!(worth_before < worth)) return;
    const double ready = ready_after(problem_, before.time, k);
    const double chance = ready == earliest_[k] ? chance_[k] : not_stopped_by(ready);
    const double value = before.value + (worth - worth_before) * chance - exit_charge;
    const double whole = value - price_until(ready);
    if (whole >= best_.worth - equal_charged) {
      ExitPlan<N> plan = pool_.path(from);
      plan.insert(k);
      offer(best_, plan, whole, equal_charged);
    }
    if (value + rest_[k] < best_.worth - slack) return;
    // On time for the next conv part is on time for all: how much earlier does not matter any more.
    const double time = k + 1 < problem_.exit_count() ? (std::max)(ready, problem_.arrival[k + 1]) : ready;
    pool_.keep({time, value, static_cast<std::uint32_t>(from), static_cast<std::uint16_t>(k),
                static_cast<std::uint16_t>(k + 1)});
  }

  const PipelinedProblem<N>& problem_;
  const Law& law_;
  double survival_;
  LabelPool<N, Capacity> pool_;
  Found<N> best_;
  std::array<double, most_exits<N>> earliest_{};    // when each exit is ready if it alone is run
  std::array<double, most_exits<N>> chance_{};      // that the stop has not come by then
  std::array<double, most_exits<N>> rest_{};        // what can follow each exit at most
  std::array<std::size_t, most_exits<N>> after_{};  // the exit with which it does
  std::size_t after_none_ = none;
};

}  // namespace einet::detail
