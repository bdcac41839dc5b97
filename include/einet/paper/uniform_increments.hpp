#pragma once
// What adding an exit to a plan gains, in O(1) per exit: under the uniform law an added branch delays all
// later outputs alike, and every second of delay costs the same. The price of time adds a cost for the added
// branch or, after the plan's last exit, for all the time until the new one.

#include <einet/base/assert.hpp>
#include <einet/base/floating.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/uniform.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>

namespace einet {

/// A plan that grows, for one problem, and what adding each of the other exits would gain.
template <std::size_t N, class Arch = simd::default_arch>
class UniformIncrements {
  using Vector = simd::Lanes<double, Arch>;
  static constexpr std::size_t W = Vector::size;
  static constexpr std::size_t room = simd::padded<double, Arch>(most_exits<N>);
  using Row = std::array<double, room>;
  static constexpr double never = -std::numeric_limits<double>::infinity();

 public:
  /// Whether the law is uniform over all that can still be run, which is required.
  [[nodiscard]] static bool applies(const Problem<N>& problem, const Uniform& law) noexcept {
    return law.horizon() > problem.elapsed && !problem.outlasts(law.horizon());
  }

  /// Starts with the empty plan.
  /// @pre applies(problem, law)
  UniformIncrements(const Problem<N>& problem, const Uniform& law) noexcept
      : exits_(problem.times),
        first_(problem.first),
        worth_(as_probability(problem.in_hand)),
        last_worth_(0) {
    EINET_ASSERT(applies(problem, law));
    for (Row* row : {&worths_, &branch_, &before_, &ready_, &next_ready_, &followed_}) row->fill(0);
    gains_.fill(never);
    open_.fill(never);
    const double remaining = law.horizon() - problem.elapsed;
    const auto share = detail::shares_of(remaining);
    price_ = (std::min)(problem.price * remaining, 1e290);
    equal_ = 1e-12 * (std::max)(1.0, price_);
    double reach = 0;
    for (std::size_t k = first_; k < problem.exit_count(); ++k) {
      reach += problem.times.conv[k];
      worths_[k] = as_probability(problem.confidences[k]);
      branch_[k] = share(problem.times.branch[k]);
      before_[k] = worth_;
      ready_[k] = share(remaining - reach) - branch_[k];
      open_[k] = 0;
      gains_[k] = (worths_[k] - before_[k]) * ready_[k];
      most_ = (std::max)(most_, gains_[k]);
    }
    if (price_ > 0) charge();
  }

  [[nodiscard]] const ExitPlan<N>& plan() const noexcept { return plan_; }

  /// Expectation of the plan.
  [[nodiscard]] double worth() const noexcept { return worth_; }

  /// What adding exit k would add to the expectation; < 0 if it would lower it.
  /// @pre problem.first <= k < problem.exit_count(), not in the plan
  [[nodiscard]] double gain(std::size_t k) const noexcept {
    EINET_ASSERT(k >= first_ && k < exits_.exit_count() && !plan_.contains(k));
    return gains_[k];
  }

  /// What gains and worths must differ by, as their charges may be large.
  [[nodiscard]] double equal() const noexcept { return equal_; }

  /// The exit whose addition gains most (or loses least), the last of equal ones; nothing if all are in.
  [[nodiscard]] std::optional<std::size_t> best_addition() const noexcept {
    if (most_ == never) return std::nullopt;
    const double enough = most_ - equal();
    std::size_t k = simd::padded<double, Arch>(exits_.exit_count()) - W;
    while (!any(load(gains_, k) >= Vector(enough))) k -= W;
    k += W - 1;
    while (gains_[k] < enough) --k;
    return k;
  }

  /// @pre problem.first <= exit < problem.exit_count(), not in the plan
  [[gnu::always_inline]] void insert(std::size_t exit) noexcept {
    const std::size_t n = exits_.exit_count();
    worth_ += gain(exit);
    std::size_t last_before = exit;  // the plan's last exit before `exit`, or else the first that can be run
    while (last_before > first_ && !plan_.contains(--last_before)) {
    }
    const std::optional<std::size_t> next = plan_.next(exit);
    plan_.insert(exit);
    if (!next) last_worth_ = worths_[exit];
    if (price_ > 0) last_ready_ = next ? last_ready_ - branch_[exit] : ready_[exit];

    const auto place = [](std::size_t k) { return Vector(static_cast<double>(k)); };
    const Vector here = place(exit), behind = place(exit + 1), begin = place(last_before);
    const Vector end = place(next ? *next + 1 : n);
    const Vector delay(branch_[exit]), added(worths_[exit]), output(ready_[exit]), last(last_worth_);
    const Vector none(0.), one(1.), out(never);
    Vector most = out;
    for (std::size_t k = first_ / W * W; k < n; k += W) {
      const Vector at = load(index, k);
      const auto later = at >= behind;
      const auto gap = (at >= begin) & (at < here);  // for these, the next output is now that of `exit`
      const Vector followed = select(gap, one, load(followed_, k));
      const Vector ready = load(ready_, k) - select(later, delay, none);
      const Vector next_ready =
          select(gap, output, load(next_ready_, k) - select(at >= here, delay, none) * followed);
      const Vector before = select(later & (at < end), added, load(before_, k));
      const Vector open = select((at >= here) & (at < behind), out, load(open_, k));
      followed.store_aligned(followed_.data() + k);
      ready.store_aligned(ready_.data() + k);
      next_ready.store_aligned(next_ready_.data() + k);
      before.store_aligned(before_.data() + k);
      open.store_aligned(open_.data() + k);
      // The gain over `before` until the next output of the plan, less what later outputs lose.
      const Vector worth = load(worths_, k);
      const Vector loss = (last - worth) * followed * load(branch_, k);
      const Vector gained = simd::fma(worth - before, ready - next_ready, open - loss);
      gained.store_aligned(gains_.data() + k);
      most = (simd::max)(most, gained);
    }
    most_ = simd::largest<double, Arch>(most);
    if (price_ > 0) charge();
  }

 private:
  /// Takes the price of time off the gains: of the added branch or, after the plan's last exit, of all the
  /// time until the new one.
  [[gnu::noinline]] void charge() noexcept {
    const Vector none(0.), price(price_), last_ready(last_ready_);
    Vector most(never);
    for (std::size_t k = first_ / W * W; k < exits_.exit_count(); k += W) {
      const Vector busy = select(load(followed_, k) > none, load(branch_, k), last_ready - load(ready_, k));
      const Vector gained = simd::fnma(price, busy, load(gains_, k));
      gained.store_aligned(gains_.data() + k);
      most = (simd::max)(most, gained);
    }
    most_ = simd::largest<double, Arch>(most);
  }

  alignas(64) static constexpr Row index = [] {
    Row row{};
    for (std::size_t k = 0; k < room; ++k) row[k] = static_cast<double>(k);
    return row;
  }();

  [[nodiscard]] static Vector load(const Row& row, std::size_t at) noexcept {
    return Vector::load_aligned(row.data() + at);
  }

  [[no_unique_address]] ExitCount<N> exits_;
  std::size_t first_;
  double worth_;
  double last_worth_;      // worth of the plan's last exit
  double last_ready_ = 1;  // when its output is ready; 1 if there is none
  double price_;           // of all the time that remains
  double equal_;
  double most_ = never;  // largest of gains_
  ExitPlan<N> plan_;
  // For each exit. Times are shares of the time that remains now; moments are given by the share that remains
  // then.
  alignas(64) Row worths_;
  alignas(64) Row branch_;
  alignas(64) Row before_;      // worth in hand before it
  alignas(64) Row ready_;       // when its output would be ready if it were added
  alignas(64) Row next_ready_;  // when the output of the next exit in the plan is ready; 0 if there is none
  alignas(64) Row followed_;    // 1 if there is a next exit in the plan
  alignas(64) Row open_;        // 0; -infinity if it cannot be added
  alignas(64) Row gains_;       // see gain()
};

}  // namespace einet
