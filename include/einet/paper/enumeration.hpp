#pragma once
// Enumeration: the best of all plans with at most m exits. Paper, section V-B, line 1 of Algorithm 2. Plans
// share the work on their common prefix, the last exit is tried in lanes, and prefixes that cannot lead to a
// better plan than the best so far are pruned.

#include <einet/paper/executor.hpp>
#include <einet/plan/lane_law.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/search/gain_bound.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <limits>

namespace einet {

namespace detail {

/// Upper bounds on what plans can gain with a limited number of further exits.
/// @tparam Levels the largest such limit that has a bound of its own
template <std::size_t N, class Arch, std::size_t Cells, std::size_t Levels>
class LimitedGainBound : public GainBound<N, Arch, Cells> {
  using Base = GainBound<N, Arch, Cells>;
  using typename Base::Table;
  using typename Base::Vector;

 public:
  using typename Base::Row;

  using Base::Base;

  /// Computes the bounds for at most 1 … `most` further exits.
  /// @pre compute() has been called, most <= Levels
  void limit(std::size_t most) noexcept {
    for (std::size_t k = this->problem_.first; k < this->exit_count(); ++k)
      for (std::size_t c = 0; c < this->cells_; c += Base::W)
        simd::fma(Vector(this->problem_.confidences[k]), Vector::load_aligned(this->in_time_[k].data() + c),
                  Vector(-this->reach_cost_[k] - this->branch_cost_[k]))
            .store_aligned(limited_[0][k].data() + c);
    for (std::size_t level = 1; level < most; ++level) this->go_back(limited_[level - 1], limited_[level]);
  }

  /// As in GainBound, but with at most `exits` exits from k on, k included; 0: any number.
  [[nodiscard]] const Row& gain(std::size_t k, std::size_t exits) const noexcept { return table(exits)[k]; }
  [[nodiscard]] std::size_t most_promising(std::size_t from, std::size_t cell, float worth,
                                           std::size_t exits) const noexcept {
    return Base::most_promising(table(exits), from, cell, worth);
  }

 private:
  [[nodiscard]] const Table& table(std::size_t exits) const noexcept {
    return exits == 0 ? this->gain_ : limited_[exits - 1];
  }

  alignas(64) std::array<Table, Levels> limited_;
};

/// Enumerates the plans of one problem.
template <std::size_t N, stop_law Law, class Arch>
class Enumeration {
  using Vector = simd::Lanes<float, Arch>;
  static constexpr std::size_t W = Vector::size;
  static constexpr std::size_t room = simd::padded<float, Arch>(most_exits<N>);
  static constexpr std::size_t levels = 4;
  static constexpr std::size_t most_cells = run_time_exits<N> || N <= 64 ? 64 : 32;

 public:
  /// The common prefix of several plans, with its state in Algorithm 1.
  struct Prefix {
    ExitPlan<N> plan;
    double time;          ///< when its last output is ready
    double branches = 0;  ///< seconds that its branches take
    double worth;         ///< of its last output
    double value;         ///< worth if that output is held to the end, less the price of its branches
  };

  /// @param most largest number of exits in a plan
  /// @param prune whether prefixes that cannot lead to the best plan are left out
  /// @pre law.cdf(problem.elapsed) < 1
  Enumeration(const Problem<N>& problem, const Law& law, std::size_t most, bool prune) noexcept
      : problem_(problem),
        law_(law),
        most_((std::min)(most, problem.exit_count() - problem.first)),
        prune_(prune),
        survival_(1 - law.cdf(problem.elapsed)),
        bound_(problem, survival_) {
    if constexpr (lane_law<Law, Arch>) prepare_lanes();
    if (prune_) prepare_bound();
  }

  [[nodiscard]] Prefix start() const noexcept {
    const double in_hand = problem_.in_hand;
    return {{}, problem_.elapsed, 0, in_hand, in_hand};
  }

  /// @param arrived when conv part k is done after `prefix`
  [[nodiscard]] Prefix longer(const Prefix& prefix, std::size_t k, double arrived) const noexcept {
    Prefix next = prefix;
    next.plan.insert(k);
    next.time = arrived + problem_.times.branch[k];
    next.branches += problem_.times.branch[k];
    next.worth = problem_.confidences[k];
    next.value += (next.worth - prefix.worth) * ((1 - law_.cdf(next.time)) / survival_) -
                  problem_.price * problem_.times.branch[k];
    return next;
  }

  /// Offers every plan that begins with `prefix` and runs one exit or more after it, `exits_left` at most.
  /// @param from the first exit after those of `prefix`
  void extend(const Prefix& prefix, std::size_t from, std::size_t exits_left, Found<N>& best) const noexcept {
    if (exits_left == 0 || from >= exit_count()) return;
    if (exits_left == 1 && in_lanes_) return try_last(prefix, from, best);
    double arrived = prefix.time;
    for (std::size_t k = from; k < exit_count(); ++k)
      branch_off(prefix, k, arrived += problem_.times.conv[k], exits_left, best);
  }

  /// Offers those of these plans whose next exit is k. Conv part k is done at `arrived`.
  void branch_off(const Prefix& prefix, std::size_t k, double arrived, std::size_t exits_left,
                  Found<N>& best) const noexcept {
    if (prune_) {
      const std::size_t cell = bound_.cell(prefix.branches);
      const float gain = bound_.gain(k, level(exits_left))[cell] -
                         static_cast<float>(prefix.worth) * bound_.in_time(k)[cell];
      if (prefix.value + static_cast<double>(gain) < best.worth - bound_.error()) return;
    }
    const Prefix next = longer(prefix, k, arrived);
    offer(best, next.plan, whole(next, k));
    extend(next, k + 1, exits_left - 1, best);
  }

  /// A good plan to start with: always goes on to the exit with the highest bound.
  [[nodiscard]] Found<N> first_guess() const noexcept {
    Found<N> best{{}, problem_.in_hand};
    if (!prune_) return best;
    Prefix prefix = start();
    std::size_t next = problem_.first;
    for (std::size_t exits_left = most_; exits_left > 0; --exits_left) {
      const std::size_t to = bound_.most_promising(next, bound_.cell(prefix.branches),
                                                   static_cast<float>(prefix.worth), level(exits_left));
      if (to == exit_count()) break;
      prefix = longer(prefix, to, arrival(problem_.times, prefix.time, next, to));
      offer(best, prefix.plan, whole(prefix, to));
      next = to + 1;
    }
    return best;
  }

  /// Largest number of exits in a plan.
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

 private:
  [[nodiscard]] std::size_t exit_count() const noexcept { return problem_.exit_count(); }

  /// The expectation of a prefix that ends with exit k.
  [[nodiscard]] double whole(const Prefix& prefix, std::size_t k) const noexcept {
    return prefix.value - problem_.price * bound_.reach(k);
  }

  /// Which bounds apply to plans of `exits_left` further exits.
  [[nodiscard]] std::size_t level(std::size_t exits_left) const noexcept {
    return exits_left <= levels && limited_ ? exits_left : 0;
  }

  void prepare_bound() noexcept {
    // A plan of `most` exits spends at most what the `most` longest branches take.
    std::array<double, most_exits<N>> longest = problem_.times.branch;
    const auto end = longest.begin() + static_cast<std::ptrdiff_t>(exit_count());
    std::fill_n(longest.begin(), problem_.first, 0.0);
    double range = bound_.branches();
    limited_ = most_ < exit_count() - problem_.first;
    if (limited_) {
      const auto nth = longest.begin() + static_cast<std::ptrdiff_t>(most_);
      std::nth_element(longest.begin(), nth, end, std::greater<>{});
      range = 0;
      for (auto branch = longest.begin(); branch != nth; ++branch) range += *branch;
    }
    bound_.compute(law_, range, exit_count() <= 64 ? 64 : 32);
    if (limited_) bound_.limit((std::min)(most_, levels));
  }

  /// Prepares lanes for the last exit: its worth, and when its output is ready, as a share of all that can
  /// still be run.
  void prepare_lanes() noexcept {
    rest_ = problem_.rest();
    if (!(rest_ > shortest_in_lanes)) return;
    const double error = law_.lane_error(rest_) / survival_;
    in_lanes_ = error < 1e-4;
    error_ = 2 * error + 1e-6;
    cost_.fill(0);
    ready_.fill(0);
    worth_.fill(0);
    for (std::size_t k = problem_.first; k < exit_count(); ++k) {
      ready_[k] = static_cast<float>((bound_.reach(k) + problem_.times.branch[k]) / rest_);
      worth_[k] = problem_.confidences[k];
      cost_[k] =
          static_cast<float>((std::min)(problem_.price * (bound_.reach(k) + problem_.times.branch[k]), 4.0));
    }
  }

  /// Offers the plans that extend `prefix` by one exit; those near the best are scored again in double.
  void try_last(const Prefix& prefix, std::size_t from, Found<N>& best) const noexcept {
    if constexpr (lane_law<Law, Arch>) {
      const auto cdf = law_.template lanes<Arch>(problem_.elapsed + prefix.branches, rest_);
      const Vector share(static_cast<float>(1 / survival_));
      const Vector value(static_cast<float>(prefix.value));
      const Vector before(static_cast<float>(prefix.worth));
      alignas(64) std::array<float, W> scores;
      for (std::size_t at = from / W * W; at < exit_count(); at += W) {
        const Vector held = simd::fnma(share, cdf(Vector::load_aligned(ready_.data() + at)), share);
        const Vector score = simd::fma(Vector::load_aligned(worth_.data() + at) - before, held,
                                       value - Vector::load_aligned(cost_.data() + at));
        const auto enough = static_cast<float>(best.worth - error_);
        if (!any(score >= Vector(enough))) continue;
        score.store_aligned(scores.data());
        for (std::size_t lane = 0; lane < W; ++lane) {
          const std::size_t k = at + lane;
          if (k < from || k >= exit_count() || scores[lane] < enough) continue;
          const Prefix last = longer(prefix, k, arrival(problem_.times, prefix.time, from, k));
          offer(best, last.plan, whole(last, k));
        }
      }
    }
  }

  const Problem<N>& problem_;
  const Law& law_;
  std::size_t most_;
  bool prune_;
  double survival_;
  LimitedGainBound<N, Arch, most_cells, levels> bound_;
  bool limited_ = false;
  bool in_lanes_ = false;
  double rest_ = 0;
  double error_ = 0;
  alignas(64) std::array<float, room> ready_;
  alignas(64) std::array<float, room> worth_;
  alignas(64) std::array<float, room> cost_;  // price of the last branch and of the conv parts before it
};

}  // namespace detail

/// Tries every plan with at most `most` exits: C(n, 0) + … + C(n, most) of them.
/// @tparam Executor splits the plans by their first exit; the result does not depend on it
template <class Arch = simd::default_arch, task_executor Executor = Serial>
struct BasicEnumerationSearch {
  std::size_t most = (std::numeric_limits<std::size_t>::max)();  ///< exits in a plan; all 2ⁿ plans by default
  bool prune = true;  ///< whether to skip prefixes that cannot lead to the best plan; the result is the same
  [[no_unique_address]] Executor run = {};

  /// Bytes of stack that a search over N exits needs at most, under any law, besides those of the executor;
  /// the searching thread must have them.
  template <std::size_t N>
  static constexpr std::size_t stack_bytes = sizeof(detail::Enumeration<N, PointMass, Arch>) +
                                             (sizeof(Found<N>) + 384) * most_exits<N> + 12288;

  template <std::size_t N, stop_law Law>
  [[nodiscard]] Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    return detail::on_probabilities(problem,
                                    [&](const Problem<N>& sound) noexcept { return find(sound, law); });
  }

 private:
  template <std::size_t N, class Law>
  [[nodiscard]] Found<N> find(const Problem<N>& problem, const Law& law) const noexcept {
    const std::size_t to_come = problem.exit_count() - problem.first;
    const bool all = most >= to_come;
    if (!(1 - law.cdf(problem.elapsed) > 0)) return detail::last_chance(problem, most);
    const detail::Enumeration<N, Law, Arch> plans(problem, law, most, prune);
    const Found<N> guess = plans.first_guess();
    std::array<Found<N>, most_exits<N>> bests;
    if (plans.most() > 0)
      run(to_come, [&](std::size_t task) noexcept {
        bests[task] = guess;
        const std::size_t k = problem.first + task;
        plans.branch_off(plans.start(), k, detail::arrival(problem.times, problem.elapsed, problem.first, k),
                         plans.most(), bests[task]);
      });
    Found<N> best = guess;
    if (plans.most() > 0)
      for (std::size_t task = 0; task < to_come; ++task)
        detail::offer(best, bests[task].plan, bests[task].worth);
    best.optimal = all;
    return best;
  }
};

/// Enumeration for the processor that it is compiled for.
using EnumerationSearch = BasicEnumerationSearch<>;

}  // namespace einet
