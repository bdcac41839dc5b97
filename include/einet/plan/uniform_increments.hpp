#pragma once
// What adding an exit to a plan changes, in O(1) an exit: under the uniform law an added branch delays all
// later outputs alike, and the loss is the same for every second of delay.

#include <einet/base/assert.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>

namespace einet {

/// A plan under construction for one problem, and for every exit that it lacks what adding it would gain.
template <std::size_t N, class Arch = simd::default_arch>
class UniformIncrements {
  using Vector = simd::Lanes<double, Arch>;
  static constexpr std::size_t W = Vector::size;
  static constexpr std::size_t room = simd::padded<double, Arch>(N);
  using Row = std::array<double, room>;
  static constexpr double never = -std::numeric_limits<double>::infinity();

 public:
  /// Whether the law is uniform over all that can still be run, as it must be.
  [[nodiscard]] static bool applies(const Problem<N>& problem, const Uniform& law) noexcept {
    return law.horizon() > problem.elapsed && problem.elapsed + rest(problem) <= law.horizon();
  }

  /// The empty plan.
  /// @pre applies(problem, law)
  UniformIncrements(const Problem<N>& problem, const Uniform& law) noexcept
      : first_(problem.first),
        left_(law.horizon() - problem.elapsed),
        worth_(problem.in_hand),
        last_worth_(0) {
    EINET_ASSERT(applies(problem, law));
    for (Row* row : {&worths_, &branch_, &before_, &ready_, &next_ready_, &followed_}) row->fill(0);
    open_.fill(never);
    double reach = 0;
    for (std::size_t k = first_; k < N; ++k) {
      reach += problem.times.conv[k];
      worths_[k] = problem.confidences[k];
      branch_[k] = problem.times.branch[k];
      before_[k] = problem.in_hand;
      ready_[k] = left_ - reach - branch_[k];
      open_[k] = 0;
    }
  }

  [[nodiscard]] const ExitPlan<N>& plan() const noexcept { return plan_; }

  /// Expectation of the plan.
  [[nodiscard]] double worth() const noexcept { return worth_; }

  /// By how much the expectation would rise (or, < 0, fall) if exit k were added.
  /// @pre problem.first <= k < N, not in the plan
  [[nodiscard]] double gain(std::size_t k) const noexcept {
    EINET_ASSERT(k >= first_ && k < N && !plan_.contains(k));
    return seconds_gained(k) / left_;
  }

  /// The exit whose addition gains most (or loses least), of equal ones the last; nothing if all are in.
  [[nodiscard]] std::optional<std::size_t> best_addition() const noexcept {
    alignas(64) Row gains;
    Vector most(never);
    const std::size_t begin = first_ / W * W;
    for (std::size_t k = begin; k < N; k += W) {
      const Vector worth = load(worths_, k);
      const Vector later = (Vector(last_worth_) - worth) * load(followed_, k);
      const Vector gain = fma(worth - load(before_, k), load(ready_, k) - load(next_ready_, k),
                              fnma(later, load(branch_, k), load(open_, k)));
      gain.store_aligned(gains.data() + k);
      most = max(most, gain);
    }
    const double best = simd::largest<double, Arch>(most);
    if (best == never) return std::nullopt;
    const double enough = best - 1e-12 * left_;
    std::size_t k = N - 1;
    while (gains[k] < enough) --k;
    return k;
  }

  /// @pre problem.first <= exit < N, not in the plan
  void insert(std::size_t exit) noexcept {
    worth_ += gain(exit);
    for (std::size_t k = exit; k-- > first_;) {
      next_ready_[k] = ready_[exit];
      followed_[k] = 1;
      if (plan_.contains(k)) break;
    }
    if (const auto next = plan_.next(exit); next) {
      for (std::size_t k = exit; k < N; ++k) next_ready_[k] -= branch_[exit] * followed_[k];
      for (std::size_t k = exit + 1; k <= *next; ++k) before_[k] = worths_[exit];
    } else {
      last_worth_ = worths_[exit];
      for (std::size_t k = exit + 1; k < N; ++k) before_[k] = worths_[exit];
    }
    for (std::size_t k = exit + 1; k < N; ++k) ready_[k] -= branch_[exit];
    open_[exit] = never;
    plan_.insert(exit);
  }

 private:
  static double rest(const Problem<N>& problem) noexcept {
    double sum = 0;
    for (std::size_t k = problem.first; k < N; ++k) sum += problem.times.conv[k] + problem.times.branch[k];
    return sum;
  }

  [[nodiscard]] static Vector load(const Row& row, std::size_t at) noexcept {
    return Vector::load_aligned(row.data() + at);
  }

  /// The rise over exits before, until the next output of the plan, less what later outputs lose.
  [[nodiscard]] double seconds_gained(std::size_t k) const noexcept {
    return (worths_[k] - before_[k]) * (ready_[k] - next_ready_[k]) -
           (last_worth_ - worths_[k]) * followed_[k] * branch_[k];
  }

  std::size_t first_;
  double left_;  // seconds
  double worth_;
  double last_worth_;  // of the plan's last exit
  ExitPlan<N> plan_;
  // By exit; times are what remains of `left_` at that moment.
  alignas(64) Row worths_;
  alignas(64) Row branch_;
  alignas(64) Row before_;      // worth in hand when it comes
  alignas(64) Row ready_;       // when its output is ready, were it added
  alignas(64) Row next_ready_;  // when that of the next exit in the plan is; 0 if there is none
  alignas(64) Row followed_;    // 1 if there is one
  alignas(64) Row open_;        // 0; -infinity if it cannot be added
};

}  // namespace einet
