#pragma once
// Upper bounds on what later exits can add to the worth of a plan: the optimum of a planning problem in which
// the time of the branches run so far counts in whole cells, rounded down.
//
// The state of a plan after exit k is the time B that its branches have taken; conv parts take the same time
// in every plan. With B on a grid, going on from k to l shifts it by the cells of branch l, whatever k is, so
// the whole table costs two instructions per pair of exits and register of cells.

#include <einet/base/aligned.hpp>
#include <einet/base/lanes.hpp>
#include <einet/plan/lane_law.hpp>
#include <einet/plan/problem.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

namespace einet::detail {

/// Upper bounds for one problem and law, as confidences, if the stop has not come by `problem.elapsed`.
/// @tparam Cells capacity of the grid, a multiple of 16
template <std::size_t N, class Arch, std::size_t Cells>
class GainBound {
  static_assert(Cells % 16 == 0, "GainBound: the cells must fill whole registers");

 public:
  using Row = std::array<float, Cells>;

  /// @param survival probability that the stop has not come by problem.elapsed, 1 − law.cdf(that), > 0
  GainBound(const Problem<N>& problem, double survival) noexcept : problem_(problem), survival_(survival) {
    const std::size_t n = problem.exit_count();
    double moment = problem.elapsed;
    for (std::size_t k = problem.first; k < n; ++k) {
      reach_[k] = (k > problem.first ? reach_[k - 1] : 0) + problem.times.conv[k];
      moment_[k] = moment += problem.times.conv[k];
      branches_ += problem.times.branch[k];
    }
    rest_ = branches_ + (problem.first < n ? reach_[n - 1] : 0);
    for (std::size_t k = problem.first; k < n; ++k) {
      reach_cost_[k] = cost(reach_[k]);
      branch_cost_[k] = cost(problem.times.branch[k]);
    }
    rounding_ =
        static_cast<double>(2 * n + 8) * std::numeric_limits<double>::epsilon() * (problem.elapsed + rest_);
  }

  /// Computes all bounds.
  /// @param range seconds of branches that the cells cover; anything beyond counts as the last cell
  /// @param cells how many cells to use, a multiple of 16
  template <stop_law Law>
  void compute(const Law& law, double range, std::size_t cells) noexcept {
    cells_ = cells;
    choose_step(range / static_cast<double>(cells - 1));
    fill_in_time(law);
    for (std::size_t k = problem_.first; k < exit_count(); ++k) shift_[k] = cell(problem_.times.branch[k]);
    go_back(gain_, gain_);
  }

  /// The cell of `branches` seconds, rounded down.
  [[nodiscard]] std::size_t cell(double branches) const noexcept {
    const double count = branches * cells_a_second_;
    return count < static_cast<double>(cells_ - 1) ? static_cast<std::size_t>(count) : cells_ - 1;
  }

  /// The cell of the branches run up to and including that of exit k, whose output is ready at `time`.
  [[nodiscard]] std::size_t cell_at(std::size_t k, double time) const noexcept {
    return cell((std::max)(0.0, time - moment_[k]));
  }

  /// Going on to exit k and beyond adds at most gain(k)[c] − v·in_time(k)[c], where v is the worth in hand,
  /// which k's output replaces if it is ready before the stop, and c the cell of the branches run so far.
  /// in_time bounds the probability of that, gain the expected worth of what is in hand from then on, less
  /// the price of k's branch and those after it, and of all conv parts from problem.first to the plan's last
  /// exit.
  [[nodiscard]] const Row& gain(std::size_t k) const noexcept { return gain_[k]; }
  [[nodiscard]] const Row& in_time(std::size_t k) const noexcept { return in_time_[k]; }

  /// The exit from `from` on with the highest bound, after exit `from` - 1 or nothing; the number of exits if
  /// none can add anything.
  [[nodiscard]] std::size_t most_promising(std::size_t from, std::size_t cell, float worth) const noexcept {
    return most_promising(gain_, from, cell, worth);
  }

  /// The most that exits after k can add, less the price of all conv parts as in `gain`, where `now` is the
  /// cell of the branches run, k's included.
  [[nodiscard]] double after(std::size_t k, std::size_t now) const noexcept {
    const std::size_t before = now > shift_[k] ? now - shift_[k] : 0;
    return static_cast<double>(gain_[k][before] - problem_.confidences[k] * in_time_[k][before] +
                               branch_cost_[k]);
  }

  /// Seconds of all branches to come.
  [[nodiscard]] double branches() const noexcept { return branches_; }

  /// Seconds of the conv parts from problem.first to k.
  [[nodiscard]] double reach(std::size_t k) const noexcept { return reach_[k]; }

  /// How much too low rounding may make any bound that a best plan can reach.
  [[nodiscard]] double error() const noexcept {
    return (problem_.price > 0 ? 6e-7 : 2e-7) * static_cast<double>(exit_count() + 4);
  }

 protected:  // for tables of other bounds, as where a plan may have only so many exits
  using Vector = simd::Lanes<float, Arch>;
  static constexpr std::size_t W = Vector::size;
  using Table = std::array<Row, most_exits<N>>;

  [[nodiscard]] std::size_t exit_count() const noexcept { return problem_.exit_count(); }

  // A margin for rounding, as a share of each time: moments come earlier by it, and by `rounding_` seconds
  // more; times just below the edge of a cell count as beyond it.
  static constexpr double tiny = 1e-9;

  [[nodiscard]] std::size_t most_promising(const Table& gain, std::size_t from, std::size_t cell,
                                           float worth) const noexcept {
    const std::size_t n = exit_count();
    float most = from > problem_.first ? -reach_cost_[from - 1] : 0;
    std::size_t exit = n;
    for (std::size_t k = from; k < n; ++k) {
      const float promise = gain[k][cell] - worth * in_time_[k][cell];
      if (promise > most && problem_.confidences[k] > worth) {
        most = promise;
        exit = k;
      }
    }
    return exit;
  }

  /// Fills longer[k], the most that going on to k adds, from the last exit to the first. `shorter` bounds
  /// what follows each exit. Both may be the same table.
  void go_back(const Table& shorter, Table& longer) noexcept {
    // The most that can follow k, by cell; cells beyond the last are like the last.
    alignas(buffer_alignment) std::array<float, 2 * Cells> still;
    const std::size_t n = exit_count();
    for (std::size_t k = n; k-- > problem_.first;) {
      const Vector worth(problem_.confidences[k]), cost(branch_cost_[k]);
      for (std::size_t c = 0; c < cells_; c += W) {
        Vector most(-reach_cost_[k]);
        for (std::size_t l = k + 1; l < n; ++l)
          most = (simd::max)(most, simd::fnma(worth, Vector::load_aligned(in_time_[l].data() + c),
                                              Vector::load_aligned(shorter[l].data() + c)));
        most.store_aligned(still.data() + c);
      }
      std::fill_n(still.data() + cells_, cells_, still[cells_ - 1]);
      for (std::size_t c = 0; c < cells_; c += W)
        simd::fma(worth, Vector::load_aligned(in_time_[k].data() + c),
                  Vector::load_unaligned(still.data() + c + shift_[k]) - cost)
            .store_aligned(longer[k].data() + c);
    }
  }

  /// The price of `seconds`; of what costs more than any plan is worth, a part that still does.
  [[nodiscard]] float cost(double seconds) const noexcept {
    return static_cast<float>((std::min)(problem_.price * seconds, 4.0));
  }

  /// Makes cells of `wanted` seconds, or slightly more where the branches then lose less by rounding down; if
  /// all branches take the same time, they lose nothing.
  void choose_step(double wanted) noexcept {
    const double mean = branches_ / static_cast<double>(exit_count() - problem_.first);
    const double fitting = mean >= wanted ? mean / std::floor(mean / wanted) : wanted;
    // If there is almost no time to divide, all of it counts as the first cell.
    step_ = !(wanted > 1e-290) ? 1 : lost(fitting) < lost(wanted) ? fitting : wanted;
    cells_a_second_ = (1 + tiny) / step_;
  }

  /// Seconds that the branches to come lose by rounding down to whole steps.
  [[nodiscard]] double lost(double step) const noexcept {
    double sum = 0;
    for (std::size_t k = problem_.first; k < exit_count(); ++k) {
      const double branch = problem_.times.branch[k];
      sum += branch - std::floor(branch / step * (1 + tiny)) * step;
    }
    return sum;
  }

  /// Fills in_time_[k][c]: an upper bound on the probability that k's output is ready before the stop.
  template <class Law>
  void fill_in_time(const Law& law) noexcept {
    if constexpr (lane_law<Law, Arch>) {
      const double error = law.lane_error(rest_);
      if (rest_ > shortest_in_lanes && error < survival_ * 1e-4) {
        const auto cdf = law.template lanes<Arch>(problem_.elapsed, rest_);
        const Vector share(static_cast<float>(1 / survival_));
        const Vector most(static_cast<float>((1 + error) / survival_));
        alignas(buffer_alignment) Row spread;
        for (std::size_t c = 0; c < cells_; ++c)
          spread[c] = static_cast<float>(static_cast<double>(c) * step_ / rest_);
        for (std::size_t k = problem_.first; k < exit_count(); ++k) {
          const Vector ready(static_cast<float>((reach_[k] + problem_.times.branch[k]) / rest_));
          for (std::size_t c = 0; c < cells_; c += W)
            (simd::min)(Vector(1.f),
                        simd::fnma(share, cdf(ready + Vector::load_aligned(spread.data() + c)), most))
                .store_aligned(in_time_[k].data() + c);
        }
        return;
      }
    }
    const double step = step_ * (1 - tiny);
    for (std::size_t k = problem_.first; k < exit_count(); ++k) {
      const double ready = problem_.elapsed - rounding_ + (reach_[k] + problem_.times.branch[k]) * (1 - tiny);
      for (std::size_t c = 0; c < cells_; ++c) {
        const double chance = (1 - law.cdf(ready + static_cast<double>(c) * step)) / survival_;
        in_time_[k][c] = static_cast<float>((std::min)(1.0, chance) + 1e-7);
      }
    }
  }

  const Problem<N>& problem_;
  double survival_;
  double branches_ = 0;  // seconds of all branches to come
  double rest_ = 0;      // seconds of all branches and conv parts to come
  double rounding_ = 0;  // seconds by which rounding may move a moment
  std::size_t cells_ = Cells;
  double step_ = 1;  // seconds of branches in a cell
  double cells_a_second_ = 1;
  std::array<double, most_exits<N>> reach_{};   // seconds of conv parts from problem.first to exit k
  std::array<double, most_exits<N>> moment_{};  // when conv part k is done if no branch is run
  // Price of reach_ and of each branch, as worth.
  std::array<float, most_exits<N>> reach_cost_{}, branch_cost_{};
  std::array<std::size_t, most_exits<N>> shift_;
  alignas(buffer_alignment) Table in_time_;
  alignas(buffer_alignment) Table gain_;
};

}  // namespace einet::detail
