#pragma once
// The best plan under the uniform law as a longest path, in O(n³) where the paper (section V-B) expects 2ⁿ.
//
// Once the last exit L of a plan is fixed, every branch run before it delays the last answer by its own time,
// at a price of c_L a second, so that the expectation splits into a sum over consecutive exits, and the best
// way to an exit does not depend on how the plan goes on. Every L is a lane.
//
// Only confidences that rise from exit to exit need be looked at, and where the run may outlast the law only
// they may: past the horizon the sum would credit a fall.
//
// Every exit is charged a trifle (`exit_charge`), which tells plans of equal worth apart by their number of
// exits. Should two ways still be equal, the plans themselves are compared (`preceding_longest_path`).

#include <einet/base/lanes.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>

namespace einet::detail {

/// What the next exits are if they promise more than the answer in hand; the others are in no best plan.
template <std::size_t N, class Arch>
struct PromisingExits {
  static constexpr std::size_t room =
      simd::padded<double, Arch>(N) + (std::max)(simd::width<double, Arch>, std::size_t{8});

  std::size_t count = 0;
  std::array<std::size_t, N> exit;
  alignas(64) std::array<double, room> worth;   // confidence
  alignas(64) std::array<double, room> reach;   // conv parts from problem.first to the exit, as shares of the
                                                // time left
  alignas(64) std::array<double, room> branch;  // as a share, too

  /// @param left seconds that remain
  PromisingExits(const Problem<N>& problem, double left) noexcept {
    const ShareOf share(left);
    const auto& [conv, branches] = problem.times;
    double sum = 0;
    for (std::size_t k = problem.first; k < N; ++k) {
      sum += conv[k];
      exit[count] = k;
      worth[count] = problem.confidences[k];
      reach[count] = share(sum);
      branch[count] = share(branches[k]);
      count += problem.confidences[k] > problem.in_hand ? 1U : 0U;
    }
    for (std::size_t k = count; k < room; ++k) worth[k] = reach[k] = branch[k] = 0;
  }
};

template <std::size_t N, class Arch>
class LongestPath {
  using Vector = simd::Lanes<double, Arch>;
  static constexpr std::size_t W = Vector::size;
  // Last exits that are worked on together. With more, too many lanes would end before the exit at work.
  static constexpr std::size_t together = (std::max)(W, std::size_t{8});
  static constexpr std::size_t chunks = together / W;
  // Maxima side by side: each has to wait for the one before it.
  static constexpr std::size_t strands = chunks < 4 ? 4 / chunks : 1;
  // [i][lane] best way to i, without what depends on the exit after it
  using Ways = std::array<double, N * together>;

 public:
  /// @param left seconds that remain, each as likely as any other; > 0
  LongestPath(const Problem<N>& problem, double left) noexcept
      : exits_(problem, left),
        in_hand_(problem.in_hand),
        outlasts_(problem.outlasts(problem.elapsed + left)) {}

  /// The best plan; nothing where another one is equal to it but for rounding.
  [[nodiscard]] std::optional<ExitPlan<N>> find() const noexcept {
    return outlasts_ ? find_way<true>() : find_way<false>();
  }

 private:
  /// @tparam Rising only ways of rising confidence count; costs a branch for every pair of exits
  template <bool Rising>
  [[nodiscard]] std::optional<ExitPlan<N>> find_way() const noexcept {
    std::array<double, PromisingExits<N, Arch>::room> values;
    alignas(64) Ways ways[2];  // of the last exits at work, and of those with the best one so far
    std::size_t at_work = 0;
    double best = in_hand_;
    std::size_t last = N;
    for (std::size_t begin = 0; begin < exits_.count; begin += together) {
      value_ends<Rising>(begin, ways[at_work], values);
      const std::size_t end = (std::min)(exits_.count, begin + together);
      for (std::size_t k = begin; k < end; ++k)
        if (values[k] > best) best = values[last = k];
      if (last != N && last >= begin) at_work = 1 - at_work;
    }
    if (last == N) return ExitPlan<N>{};
    for (std::size_t k = 0; k < exits_.count; ++k)
      if (k != last && values[k] >= best - exit_charge / 4) return std::nullopt;
    return way_to(last, ways[1 - at_work]);
  }

  /// For every exit from `begin` on, as many as are worked on together, the worth, in confidence, of the best
  /// plan that it ends.
  template <bool Rising>
  void value_ends(std::size_t begin, Ways& ways,
                  std::array<double, PromisingExits<N, Arch>::room>& values) const noexcept {
    const auto &worth = exits_.worth, &reach = exits_.reach, &branch = exits_.branch;
    std::array<Vector, chunks> price;
    for (std::size_t c = 0; c < chunks; ++c) price[c] = Vector::load_aligned(worth.data() + begin + c * W);
    const std::size_t end = (std::min)(exits_.count, begin + together);
    for (std::size_t j = 0; j < end; ++j) {
      const Vector ready(reach[j] + branch[j]);
      std::array<std::array<Vector, chunks>, strands> best;
      for (auto& strand : best) strand.fill(Vector(in_hand_) * ready);
      const auto come_from = [&](std::size_t i, std::array<Vector, chunks>& most) {
        if (Rising && !(worth[i] < worth[j])) return;
        const Vector before(worth[i]);
        for (std::size_t c = 0; c < chunks; ++c)
          most[c] = (simd::max)(most[c],
                                fma(before, ready, Vector::load_aligned(ways.data() + i * together + c * W)));
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
        fnma(price[c], delay, best[0][c] - past).store_aligned(ways.data() + j * together + c * W);
      if (j >= begin) values[j] = ways[j * together + j - begin] + worth[j];
    }
  }

  /// The best plan that ends with exit `last`, from the ways that its worth was found by. No step of it
  /// falls: without the exits that do not rise it would be worth more, by what they are charged.
  [[nodiscard]] std::optional<ExitPlan<N>> way_to(std::size_t last, const Ways& ways) const noexcept {
    const auto& [count, exit, worth, reach, branch] = exits_;
    const double* way = ways.data() + last % together;
    ExitPlan<N> plan;
    for (std::size_t j = last;;) {
      plan.insert(exit[j]);
      const double ready = reach[j] + branch[j];
      const double best = way[j * together] + worth[j] * reach[j] + exit_charge + worth[last] * branch[j];
      const double enough = best - exit_charge / 4;
      const bool from_start = in_hand_ * ready >= enough;
      std::size_t equals = from_start ? 1 : 0;
      std::size_t before = j;
      for (std::size_t i = 0; i < j; ++i) {
        const bool leads_here = worth[i] < worth[j] && worth[i] * ready + way[i * together] >= enough;
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
  bool outlasts_;
};

/// The best rising way to an exit, in confidence, up to the moment its output is ready.
template <std::size_t N>
struct Path {
  ExitPlan<N> plan;
  double value;
};

/// The longest path that precedes all others of equal worth; slower, as it carries the plans along.
template <std::size_t N>
[[nodiscard]] ExitPlan<N> preceding_longest_path(const Problem<N>& problem, double left) noexcept {
  const PromisingExits<N, simd::scalar> exits(problem, left);
  const auto better = [](const Path<N>& a, const Path<N>& b) {
    return a.value > b.value + exit_charge / 4 ||
           (a.value >= b.value - exit_charge / 4 && a.plan.precedes(b.plan));
  };
  const double in_hand = problem.in_hand;
  Path<N> best{{}, in_hand};
  const std::size_t count = (std::min)(exits.count, N);
  for (std::size_t last = 0; last < count; ++last) {
    std::array<Path<N>, N> paths;
    for (std::size_t j = 0; j <= last; ++j) {
      const double ready = exits.reach[j] + exits.branch[j];
      paths[j] = {{}, in_hand * ready};
      for (std::size_t i = 0; i < j; ++i) {
        if (!(exits.worth[i] < exits.worth[j])) continue;
        const Path<N> way{paths[i].plan, paths[i].value + exits.worth[i] * (ready - exits.reach[i])};
        if (better(way, paths[j])) paths[j] = way;
      }
      paths[j].plan.insert(exits.exit[j]);
      paths[j].value -= exits.worth[last] * exits.branch[j] + exit_charge;
    }
    Path<N> whole = paths[last];
    whole.value += exits.worth[last] * (1 - exits.reach[last]);
    if (better(whole, best)) best = whole;
  }
  return best.plan;
}

/// The best plan if every moment of the next `left` seconds is equally likely.
/// @pre left > 0
template <class Arch, std::size_t N>
[[nodiscard]] ExitPlan<N> longest_path(const Problem<N>& problem, double left) noexcept {
  const auto plan = LongestPath<N, Arch>(problem, left).find();
  return plan ? *plan : preceding_longest_path(problem, left);
}

}  // namespace einet::detail
