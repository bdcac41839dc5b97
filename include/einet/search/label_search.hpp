#pragma once
// The best plan under any stop-time law, by a label-setting algorithm, as for shortest paths by two criteria
// (Martins 1984). A label is a path to an exit; the search keeps those that no other path to the exit beats
// in both time and worth, and that may still lead to more than the best plan known. Only plans of strictly
// rising confidence need to be considered: dropping at once all exits that do not exceed what came before
// them never makes a plan worse.

#include <einet/base/aligned.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/output_time.hpp>
#include <einet/search/gain_bound.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace einet::detail {

/// Labels that are enough for all but odd problems of `exits` exits: two to three times what the most
/// demanding of tens of thousands of random ones took, within some 70 KB. From 40 exits on, a few problems
/// need more.
[[nodiscard]] constexpr std::size_t usual_labels(std::size_t exits) noexcept {
  return (std::min)(3 * exits * exits, std::size_t{2048});
}

/// Cells of the bounds: two per branch if there are many, but tables of at most 256 KB for up to 512 exits.
[[nodiscard]] constexpr std::size_t label_cells(std::size_t exits) noexcept {
  if (exits <= 64) return 64;
  return 64 * (std::clamp)((std::min)((2 * exits + 63) / 64, 512 / exits), std::size_t{1}, std::size_t{4});
}

/// The most cells for any number of exits that N allows.
template <std::size_t N>
inline constexpr std::size_t most_label_cells = [] {
  std::size_t most = label_cells(most_exits<N>);
  if (run_time_exits<N>)
    for (std::size_t exits = 1; exits < most_exits<N>; ++exits) most = (std::max)(most, label_cells(exits));
  return most;
}();

/// Searches one problem with room for `Labels` labels, or `usual_labels` if that is 0. If they run out,
/// returns the best plan so far.
template <std::size_t Labels, std::size_t N, stop_law Law, class Arch>
class LabelSearch {
  using Vector = simd::Lanes<float, Arch>;
  static constexpr std::size_t W = Vector::size;
  using Index = std::uint32_t;
  static constexpr std::size_t pool = Labels > 0 ? Labels : usual_labels(most_exits<N>);
  static_assert(pool < (std::numeric_limits<Index>::max)());

  /// A path to an exit.
  struct Label {
    double time;   ///< when its output is ready or, once it is extended, when conv part next - 1 is done
    double value;  ///< worth if its output is held to the end, less the charge and the price of its branches
    Index parent;  ///< label that it extends
    std::uint16_t exit;  ///< that it leads to
    std::uint16_t next;  ///< first conv part that `time` does not include
  };
  static constexpr std::uint16_t no_exit = most_exits<N>;
  static_assert(most_exits<N> < (std::numeric_limits<std::uint16_t>::max)());

 public:
  /// @pre law.cdf(problem.elapsed) < 1
  LabelSearch(const Problem<N>& problem, const Law& law) noexcept
      : problem_(problem), law_(law), survival_(1 - law.cdf(problem.elapsed)), bound_(problem, survival_) {
    pool_[0] = {problem.elapsed, problem.in_hand, 0, no_exit, static_cast<std::uint16_t>(problem.first)};
    value_[0] = worth_[0] = problem.in_hand;
    cell_[0] = 0;
    used_ = 1;
    end_lanes();
    best_ = {{}, problem.in_hand, true, 0};
  }

  /// The worth returned is the plan's less price and charges; `optimal` is false if the pool overflowed.
  [[nodiscard]] Found<N> run() noexcept {
    // How much the best plan spends on branches is not known yet. A pass with a quarter of the cells gives an
    // estimate; the best plan may spend a little more. Beyond their range, bounds hold, but prune less.
    const std::size_t cells = label_cells(exit_count());
    bound_.compute(law_, bound_.branches() / 2, cells / 4);
    bound_.compute(law_, follow_bound() * 1.2, cells);
    follow_bound();
    best_.bound = problem_.in_hand + most_gain();
    for (std::size_t k = problem_.first; k < exit_count(); ++k) {
      const float worth = problem_.confidences[k];
      if (!(worth > problem_.in_hand)) continue;
      begin_ = used_;
      extend_to(k, worth);
      open_labels(k, worth);
    }
    return best_;
  }

 private:
  [[nodiscard]] std::size_t exit_count() const noexcept { return problem_.exit_count(); }

  /// How many labels may be used: as many as for the exact number of exits.
  [[nodiscard]] std::size_t room() const noexcept { return Labels > 0 ? Labels : usual_labels(exit_count()); }

  /// Probability that the stop has not come by `time`.
  [[nodiscard]] double not_stopped_by(double time) const noexcept { return (1 - law_.cdf(time)) / survival_; }

  /// When conv part k is done on a path. The label keeps the sum, for extensions to later exits.
  [[nodiscard]] double arrive(Label& path, std::size_t k) const noexcept {
    for (; path.next <= k; ++path.next) path.time += problem_.times.conv[path.next];
    return path.time;
  }

  /// The most that any plan adds to the worth in hand.
  [[nodiscard]] double most_gain() const noexcept {
    float most = 0;
    for (std::size_t k = problem_.first; k < exit_count(); ++k)
      most = (std::max)(most, bound_.gain(k)[0] - problem_.in_hand * bound_.in_time(k)[0]);
    return static_cast<double>(most) + bound_.error();
  }

  /// The price of the conv parts from problem.first to k.
  [[nodiscard]] double reach_price(std::size_t k) const noexcept { return problem_.price * bound_.reach(k); }

  /// Finds a first good plan by always going on to the exit with the highest bound.
  /// @return seconds of its branches
  double follow_bound() noexcept {
    double branches = 0;
    double time = problem_.elapsed;
    double value = problem_.in_hand;
    float worth = problem_.in_hand;
    ExitPlan<N> plan;
    for (std::size_t next = problem_.first; next < exit_count();) {
      const std::size_t to = bound_.most_promising(next, bound_.cell(branches), worth);
      if (to == exit_count()) break;
      branches += problem_.times.branch[to];
      time = arrival(problem_.times, time, next, to) + problem_.times.branch[to];
      value += (static_cast<double>(problem_.confidences[to]) - static_cast<double>(worth)) *
                   not_stopped_by(time) -
               exit_charge - problem_.price * problem_.times.branch[to];
      worth = problem_.confidences[to];
      plan.insert(to);
      offer(best_, plan, value - reach_price(to), equal_charged);
      next = to + 1;
    }
    return branches;
  }

  void extend_to(std::size_t k, float worth) noexcept {
    const double charge = exit_charge + problem_.price * problem_.times.branch[k];
    const double reach = reach_price(k);
    const float* const gain = bound_.gain(k).data();
    const float* const chance = bound_.in_time(k).data();
    alignas(buffer_alignment) float promise[W];
    for (std::size_t at = 0; at < begin_; at += W) {
      const double enough = best_.worth - bound_.error();
      const auto cell = simd::Lanes<std::int32_t, Arch>::load_unaligned(cell_.data() + at);
      const Vector before = Vector::load_unaligned(worth_.data() + at);
      const Vector most = Vector::load_unaligned(value_.data() + at) +
                          simd::fnma(before, simd::gather(chance, cell), simd::gather(gain, cell));
      if (!any((most >= Vector(static_cast<float>(enough))) & (before < Vector(worth)))) continue;
      most.store_aligned(promise);
      for (std::size_t lane = 0; lane < W; ++lane)
        if (promise[lane] >= static_cast<float>(enough) && worth_[at + lane] < worth)
          extend(at + lane, k, worth, charge, reach);
    }
  }

  /// @param charge of exit k, with the price of its branch
  /// @param reach price of the conv parts from problem.first to k
  void extend(std::size_t from, std::size_t k, float worth, double charge, double reach) noexcept {
    Label& before = pool_[from];
    const double time = arrive(before, k) + problem_.times.branch[k];
    const double value =
        before.value +
        (static_cast<double>(worth) - static_cast<double>(worth_[from])) * not_stopped_by(time) - charge;
    const double rest = bound_.after(k, bound_.cell_at(k, time));
    if (value + rest < best_.worth - bound_.error()) return;
    const Label label{time, value, static_cast<Index>(from), static_cast<std::uint16_t>(k),
                      static_cast<std::uint16_t>(k + 1)};
    const double whole = value - reach;
    if (!keep(label) || whole < best_.worth - equal_charged) return;
    ExitPlan<N> plan = path(from);
    plan.insert(k);
    offer(best_, plan, whole, equal_charged);
  }

  /// How `a` compares with `b`, which leads to the same exit.
  enum class Rank { worse, equal, better };
  [[nodiscard]] static Rank rank(const Label& a, const Label& b) noexcept {
    return a.value > b.value + equal_charged   ? Rank::better
           : a.value < b.value - equal_charged ? Rank::worse
                                               : Rank::equal;
  }

  /// Inserts the label among those of the current exit. They are sorted by time, and each is worth more than
  /// the one before it or, where the law is flat, as much and its path precedes.
  /// @return false if another label beats it, or there is no room
  bool keep(const Label& label) noexcept {
    Label* const first = pool_.data() + begin_;
    Label* const last = pool_.data() + used_;
    Label* const place =
        std::upper_bound(first, last, label.time, [](double time, const Label& l) { return time < l.time; });
    const auto precedes = [this](const Label& a, const Label& b) {
      return path(a.parent).precedes(path(b.parent));
    };
    if (place != first) {
      const Rank here = rank(label, place[-1]);
      if (here == Rank::worse || (here == Rank::equal && !precedes(label, place[-1]))) return false;
    }
    Label* from = place;  // labels in [from, to) are beaten by the new one
    while (from != first && from[-1].time == label.time) --from;
    Label* to = place;
    for (; to != last; ++to) {
      const Rank here = rank(label, *to);
      if (here == Rank::worse || (here == Rank::equal && precedes(*to, label))) break;
    }
    if (from == to) {
      if (used_ == room()) {
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
    return true;
  }

  /// Makes the labels of exit k available for extension.
  void open_labels(std::size_t k, float worth) noexcept {
    for (std::size_t label = begin_; label < used_; ++label) {
      value_[label] = static_cast<float>(pool_[label].value);
      worth_[label] = worth;
      cell_[label] = static_cast<std::int32_t>(bound_.cell_at(k, pool_[label].time));
    }
    end_lanes();
  }

  /// Fills up the last register with entries that are never extended.
  void end_lanes() noexcept {
    for (std::size_t label = used_; label < used_ + W; ++label) {
      value_[label] = -std::numeric_limits<float>::infinity();
      worth_[label] = 0;
      cell_[label] = 0;
    }
  }

  [[nodiscard]] ExitPlan<N> path(std::size_t label) const noexcept {
    ExitPlan<N> plan;
    for (; label != 0; label = pool_[label].parent) plan.insert(pool_[label].exit);
    return plan;
  }

  const Problem<N>& problem_;
  const Law& law_;
  double survival_;
  GainBound<N, Arch, most_label_cells<N>> bound_;
  Found<N> best_;
  std::size_t begin_ = 0;  // labels of the current exit are [begin_, used_)
  std::size_t used_ = 0;
  std::array<Label, pool> pool_;
  // Value, worth and cell of every label, for lanes.
  alignas(buffer_alignment) std::array<float, pool + W> value_;
  alignas(buffer_alignment) std::array<float, pool + W> worth_;
  alignas(buffer_alignment) std::array<std::int32_t, pool + W> cell_;
};

}  // namespace einet::detail
