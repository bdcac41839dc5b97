#pragma once
// The best plan under the uniform law as a longest path, in O(n³) where the paper (section V-B) expects 2ⁿ.
//
// Once the last exit L of a plan is fixed, every branch run before it delays the last answer by its own time,
// at a cost of c_L per second and the price of time. The expectation is then a sum over consecutive exits,
// and the best path to an exit does not depend on how the plan goes on. Every L is a lane.
//
// Only plans whose confidence rises from exit to exit need to be considered. Where the run may outlast the
// law, no others may be: past the horizon, the sum would credit a fall.
//
// Every exit is charged a tiny amount (`exit_charge`), so that of plans of equal worth the one with fewer
// exits wins. If two paths are still equal, the plans themselves are compared (`preceding_longest_path`).

#include <einet/base/aligned.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace einet::detail {

/// The exits to come whose confidence exceeds the worth of the answer in hand; no best plan runs any other.
template <std::size_t N, class Arch>
struct PromisingExits {
  /// Capacity: whole registers of exits, and as many more as are handled together.
  static constexpr std::size_t room =
      simd::padded<double, Arch>(most_exits<N>) + (std::max)(simd::width<double, Arch>, std::size_t{8});

  std::size_t count = 0;
  std::array<std::size_t, most_exits<N>> exit;
  // [room], zeros beyond `count`: confidences; conv parts from problem.first to the exit, and branches, both
  // as shares of the time that remains.
  alignas(buffer_alignment) std::array<double, room> worth, reach, branch;

  /// @param remaining seconds until the law's horizon
  PromisingExits(const Problem<N>& problem, double remaining) noexcept {
    const auto share = shares_of(remaining);
    const TimeProfile<N>& times = problem.times;
    double sum = 0;
    for (std::size_t k = problem.first; k < times.exit_count(); ++k) {
      sum += times.conv[k];
      exit[count] = k;
      worth[count] = problem.confidences[k];
      reach[count] = share(sum);
      branch[count] = share(times.branch[k]);
      count += problem.confidences[k] > problem.in_hand ? 1U : 0U;
    }
    for (std::size_t k = count; k < room; ++k) worth[k] = reach[k] = branch[k] = 0;
  }
};

/// The price of `remaining` seconds; finite, so that it can be multiplied with 0 seconds.
template <std::size_t N>
[[nodiscard]] double price_of(const Problem<N>& problem, double remaining) noexcept {
  return (std::min)(problem.price * remaining, 1e290);
}

template <std::size_t N, class Arch>
class LongestPath {
  using Vector = simd::Lanes<double, Arch>;
  static constexpr std::size_t W = Vector::size;
  // Number of last exits handled together. With more, too many lanes would end before the current exit.
  static constexpr std::size_t together = (std::max)(W, std::size_t{8});
  static constexpr std::size_t chunks = together / W;
  // Independent running maxima, as each maximum waits for the one before it.
  static constexpr std::size_t strands = chunks < 4 ? 4 / chunks : 1;
  // [i][lane] value of the best path to i, without what depends on the exit after it
  using Paths = std::array<double, most_exits<N> * together>;
  static constexpr std::size_t none = most_exits<N>;

 public:
  /// @param remaining seconds until the law's horizon, every moment equally likely; > 0
  LongestPath(const Problem<N>& problem, double remaining) noexcept
      : exits_(problem, remaining),
        in_hand_(problem.in_hand),
        price_(price_of(problem, remaining)),
        outlasts_(problem.outlasts(problem.elapsed + remaining)) {}

  /// The best plan; nothing if another equals it up to rounding.
  [[nodiscard]] std::optional<ExitPlan<N>> find() const noexcept {
    return outlasts_ ? find_path<true>() : find_path<false>();
  }

 private:
  /// @tparam Rising only paths of rising confidence count; costs a conditional jump per pair of exits
  template <bool Rising>
  [[nodiscard]] std::optional<ExitPlan<N>> find_path() const noexcept {
    std::array<double, PromisingExits<N, Arch>::room> values;
    // For the current last exits, and for those with the best one so far.
    alignas(buffer_alignment) Paths paths[2];
    std::size_t at_work = 0;
    double best = in_hand_;
    std::size_t last = none;
    for (std::size_t begin = 0; begin < exits_.count; begin += together) {
      value_ends<Rising>(begin, paths[at_work], values);
      const std::size_t end = (std::min)(exits_.count, begin + together);
      for (std::size_t k = begin; k < end; ++k)
        if (values[k] > best) best = values[last = k];
      if (last != none && last >= begin) at_work = 1 - at_work;
    }
    if (last == none) return ExitPlan<N>{};
    for (std::size_t k = 0; k < exits_.count; ++k)
      if (k != last && values[k] >= best - equal_charged) return std::nullopt;
    return path_to(last, paths[1 - at_work]);
  }

  /// For each of the last exits handled together, from `begin` on: the worth of the best plan to it.
  template <bool Rising>
  void value_ends(std::size_t begin, Paths& paths,
                  std::array<double, PromisingExits<N, Arch>::room>& values) const noexcept {
    const auto &worth = exits_.worth, &reach = exits_.reach, &branch = exits_.branch;
    std::array<Vector, chunks> delay_cost;
    for (std::size_t c = 0; c < chunks; ++c)
      delay_cost[c] = Vector::load_aligned(worth.data() + begin + c * W) + Vector(price_);
    const std::size_t end = (std::min)(exits_.count, begin + together);
    for (std::size_t j = 0; j < end; ++j) {
      const Vector ready(reach[j] + branch[j]);
      std::array<std::array<Vector, chunks>, strands> best;
      for (auto& strand : best) strand.fill(Vector(in_hand_) * ready);
      const auto come_from = [&](std::size_t i, std::array<Vector, chunks>& most) {
        if (Rising && !(worth[i] < worth[j])) return;
        const Vector before(worth[i]);
        for (std::size_t c = 0; c < chunks; ++c)
          most[c] = (simd::max)(
              most[c], simd::fma(before, ready, Vector::load_aligned(paths.data() + i * together + c * W)));
      };
      std::size_t i = 0;
      for (; i + strands <= j; i += strands)
        for (std::size_t s = 0; s < strands; ++s) come_from(i + s, best[s]);
      for (; i < j; ++i) come_from(i, best[0]);
      for (std::size_t s = 1; s < strands; ++s)
        for (std::size_t c = 0; c < chunks; ++c) best[0][c] = (simd::max)(best[0][c], best[s][c]);
      const Vector delay(branch[j]);
      const Vector past(worth[j] * reach[j] + exit_charge);
      for (std::size_t c = 0; c < chunks; ++c)
        simd::fnma(delay_cost[c], delay, best[0][c] - past)
            .store_aligned(paths.data() + j * together + c * W);
      if (j >= begin) values[j] = paths[j * together + j - begin] + (worth[j] - price_ * reach[j]);
    }
  }

  /// The best plan that ends with exit `last`, traced back through `paths`; nothing if another equals it. Its
  /// confidence rises at every step: without the exits where it does not, the plan would save their charge.
  [[nodiscard]] std::optional<ExitPlan<N>> path_to(std::size_t last, const Paths& paths) const noexcept {
    const auto& [count, exit, worth, reach, branch] = exits_;
    const double* path = paths.data() + last % together;
    ExitPlan<N> plan;
    for (std::size_t j = last;;) {
      plan.insert(exit[j]);
      const double ready = reach[j] + branch[j];
      const double best =
          path[j * together] + worth[j] * reach[j] + exit_charge + (worth[last] + price_) * branch[j];
      const double enough = best - equal_charged;
      const bool from_start = in_hand_ * ready >= enough;
      std::size_t equals = from_start ? 1 : 0;
      std::size_t before = j;
      for (std::size_t i = 0; i < j; ++i) {
        const bool leads_here = worth[i] < worth[j] && worth[i] * ready + path[i * together] >= enough;
        equals += leads_here ? 1U : 0U;
        before = leads_here ? i : before;
      }
      if (equals != 1) return std::nullopt;
      if (from_start) return plan;
      j = before;
    }
  }

  PromisingExits<N, Arch> exits_;
  double in_hand_;
  double price_;  // of all the time that remains
  bool outlasts_;
};

/// The best path of rising confidence to an exit; `value` counts up to the moment its output is ready.
template <std::size_t N>
struct Path {
  ExitPlan<N> plan;
  double value;
};

/// The tie-break, slower because it carries the plans along: the longest path that precedes all others of
/// equal worth. Runs where plans are equal up to rounding: in none of 260,000 plannings on real profiles.
template <std::size_t N>
[[nodiscard]] ExitPlan<N> preceding_longest_path(const Problem<N>& problem, double remaining) noexcept {
  const PromisingExits<N, simd::scalar> exits(problem, remaining);
  const auto better = [](const Path<N>& a, const Path<N>& b) {
    return a.value > b.value + equal_charged ||
           (a.value >= b.value - equal_charged && a.plan.precedes(b.plan));
  };
  const double in_hand = problem.in_hand;
  const double price = price_of(problem, remaining);
  Path<N> best{{}, in_hand};
  const std::size_t count = (std::min)(exits.count, most_exits<N>);
  for (std::size_t last = 0; last < count; ++last) {
    std::array<Path<N>, most_exits<N>> paths;
    for (std::size_t j = 0; j <= last; ++j) {
      const double ready = exits.reach[j] + exits.branch[j];
      paths[j] = {{}, in_hand * ready};
      for (std::size_t i = 0; i < j; ++i) {
        if (!(exits.worth[i] < exits.worth[j])) continue;
        const Path<N> path{paths[i].plan, paths[i].value + exits.worth[i] * (ready - exits.reach[i])};
        if (better(path, paths[j])) paths[j] = path;
      }
      paths[j].plan.insert(exits.exit[j]);
      paths[j].value -= (exits.worth[last] + price) * exits.branch[j] + exit_charge;
    }
    Path<N> whole = paths[last];
    whole.value += exits.worth[last] * (1 - exits.reach[last]) - price * exits.reach[last];
    if (better(whole, best)) best = whole;
  }
  return best.plan;
}

/// The best plan if the stop is equally likely at every moment of the next `remaining` seconds.
/// @pre remaining > 0
template <class Arch, std::size_t N>
[[nodiscard]] ExitPlan<N> longest_path(const Problem<N>& problem, double remaining) noexcept {
  const auto plan = LongestPath<N, Arch>(problem, remaining).find();
  return plan ? *plan : preceding_longest_path(problem, remaining);
}

}  // namespace einet::detail
