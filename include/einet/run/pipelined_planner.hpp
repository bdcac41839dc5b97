#pragma once
// The planner for runs whose branches go beside the backbone, on a second core: says which exit to run next
// whenever that core is free, and plans anew after every output. An observation counts when it arrives, for
// later exits only; meanwhile the backbone may have passed some of them, which can still be run.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/pipelined_problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/run/pipelined.hpp>
#include <einet/run/pipelined_state.hpp>
#include <einet/run/planned.hpp>
#include <einet/run/planner_options.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/search.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <utility>

namespace einet {

/// As Planner, for PipelinedRunner. After construction it neither allocates nor throws. A law without a
/// horizon takes the sum of all conv parts and branches, as in turn: the same stops as for a run on one core.
/// @tparam Search exact, or your own that takes a PipelinedProblem; those of the paper do not
template <class Predictor, class Law = Uniform, class Search = ExactSearch>
class PipelinedPlanner {
  static_assert(exit_predictor<Predictor>,
                "PipelinedPlanner: what follows the times must be a predictor (einet::exit_predictor)");
  static_assert(
      stop_law<Law>,
      "PipelinedPlanner: what precedes the search must be a law of the stop time (einet::stop_law)");
  static_assert(pipelined_search<Search, Predictor::exits, Law>,
                "PipelinedPlanner: the search must take a PipelinedProblem (einet::pipelined_search)");

 public:
  static constexpr std::size_t exits = Predictor::exits;
  static constexpr std::size_t inputs = Predictor::inputs;

  /// @param times seconds of every block on this platform, each measured alone
  /// @throws std::invalid_argument naming the field of the time profile or of the options that is not valid;
  /// or if times and predictor have, by numbers known only at run time, not as many exits
  PipelinedPlanner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Law law = {},
                   Search search = {}, const PlannerOptions& options = {})
      : state_(times, options),
        predictor_(std::move(predictor)),
        law_(over(law, times.total())),
        search_(std::move(search)) {
    if constexpr (run_time_exits<exits>)
      if (predictor_.exit_count() != times.exit_count())
        detail::refuse("PipelinedPlanner", "exits of the predictor", detail::number(predictor_.exit_count()),
                       "those of the time profile, " + detail::number(times.exit_count()));
    reset();
  }
  /// The same with the default search.
  PipelinedPlanner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Law law,
                   const PlannerOptions& options)
      : PipelinedPlanner(times, std::move(predictor), std::move(law), Search{}, options) {}
  /// The same with another search under the default law.
  PipelinedPlanner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Search search,
                   const PlannerOptions& options = {}) requires(!stop_law<Search>)
      : PipelinedPlanner(times, std::move(predictor), Law{}, std::move(search), options) {}

  /// Begins a new sample, with the best plan for an average one; see Planner::reset.
  void reset() noexcept {
    predictor_.reset();
    state_.reset();
    state_.expect(predictor_.confidences());
    if (changed_) first_plan_ = planned();
    changed_ = false;
    found_ = first_plan_;
  }

  /// The exit whose branch should run next; nothing if no further output is worth it.
  [[nodiscard]] std::optional<std::size_t> next_exit() const noexcept {
    return found_.plan.next(problem().first);
  }

  /// Takes the output of `exit`, just run, and plans anew; see pipelined_planner and Planner::observe.
  /// @return true
  /// @pre exit < exit_count(), and later than the last one observed
  bool observe(std::size_t exit, const PredictorInputs<inputs>& seen, double began, double ready,
               double elapsed, const BackboneProgress& progress) noexcept {
    state_.publish(exit, began, ready, elapsed, progress);
    predictor_.observe(exit, seen.sound(detail::takes_unknown<Predictor>));
    state_.expect(predictor_.confidences());
    state_.hold(problem().confidences[exit]);
    found_ = planned();
    return true;
  }

  /// Tells how far the backbone is while no branch runs. Plans anew if the pace has changed since the last
  /// plan. Optional.
  /// @return whether it planned anew
  bool pass(const BackboneProgress& progress, double elapsed) noexcept {
    if (!state_.pass(progress, elapsed)) return false;
    found_ = planned();
    return true;
  }

  /// Sets the stop-time law from the next `reset` on; see Planner::set_law.
  void set_law(const Law& law) {
    law_ = over(law, times().total());
    changed_ = true;
  }

  /// Sets the price of a second from the next `reset` on; see PipelinedProblem::price and Planner::set_price.
  void set_price(double price) noexcept {
    const double sound = is_finite(price) && price > 0 ? price : 0;
    if (sound == problem().price) return;
    state_.set_price(sound);
    changed_ = true;
  }

  /// Sets the worth of the answer that the caller has, from the next `reset` on; see
  /// Planner::set_initial_worth.
  void set_initial_worth(float worth) noexcept {
    state_.set_initial_worth(as_probability(worth));
    changed_ = true;
  }

  [[nodiscard]] std::size_t exit_count() const noexcept { return times().exit_count(); }
  [[nodiscard]] double price() const noexcept { return problem().price; }
  /// The plan for the rest of the run, and what it is worth.
  [[nodiscard]] const Found<exits>& plan() const noexcept { return found_; }
  /// The problem that the plan was made for; its times are scaled by margin and pace.
  [[nodiscard]] const PipelinedProblem<exits>& problem() const noexcept { return state_.problem(); }
  [[nodiscard]] const TimeProfile<exits>& times() const noexcept { return state_.times(); }
  [[nodiscard]] const Law& law() const noexcept { return law_; }
  /// Whether `pass` does anything.
  [[nodiscard]] bool follows_pace() const noexcept { return state_.follows_pace(); }
  /// The current pace: measured seconds of this run for every second of the profile.
  [[nodiscard]] double pace() const noexcept { return state_.pace(); }

 private:
  Found<exits> planned() const noexcept { return detail::planned(problem(), law_, search_); }

  detail::PipelinedState<exits> state_;
  Predictor predictor_;
  Law law_;
  [[no_unique_address]] Search search_;
  bool changed_ = true;  // whether what the first plan depends on has, since it was made
  Found<exits> first_plan_;
  Found<exits> found_;
};

template <std::size_t N, class Predictor>
PipelinedPlanner(TimeProfile<N>, Predictor) -> PipelinedPlanner<Predictor>;
template <std::size_t N, class Predictor, stop_law Law>
PipelinedPlanner(TimeProfile<N>, Predictor, Law) -> PipelinedPlanner<Predictor, Law>;
template <std::size_t N, class Predictor, stop_law Law>
PipelinedPlanner(TimeProfile<N>, Predictor, Law, PlannerOptions) -> PipelinedPlanner<Predictor, Law>;
template <std::size_t N, class Predictor, class Search>
PipelinedPlanner(TimeProfile<N>, Predictor, Search) -> PipelinedPlanner<Predictor, Uniform, Search>;
template <std::size_t N, class Predictor, class Search>
PipelinedPlanner(TimeProfile<N>, Predictor, Search, PlannerOptions)
    -> PipelinedPlanner<Predictor, Uniform, Search>;
template <std::size_t N, class Predictor, class Law, class Search>
PipelinedPlanner(TimeProfile<N>, Predictor, Law, Search) -> PipelinedPlanner<Predictor, Law, Search>;
template <std::size_t N, class Predictor, class Law, class Search>
PipelinedPlanner(TimeProfile<N>, Predictor, Law, Search, PlannerOptions)
    -> PipelinedPlanner<Predictor, Law, Search>;

}  // namespace einet
