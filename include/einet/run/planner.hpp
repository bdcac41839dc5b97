#pragma once
// The planner: says which exit to run next, and plans anew after every output. Paper, section V. It works
// without ElasticRunner, to drive an engine of your own.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/run/clock.hpp>
#include <einet/run/paced_problem.hpp>
#include <einet/run/planned.hpp>
#include <einet/run/planner_options.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/search.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

namespace einet {

/// Plans anew after every output, whatever it costs. The alternative is PlanningBudget.
struct UnlimitedBudget {};
template <std::size_t N>
class PlanningBudget;

/// Combines predictor, law of the stop time and search over one time profile. After construction it neither
/// allocates nor throws.
/// @tparam Budget `PlanningBudget<N>` to skip planning where it costs more than it gains
template <class Predictor, class Law = Uniform, class Search = ExactSearch, class Budget = UnlimitedBudget>
class Planner {
  static_assert(exit_predictor<Predictor>,
                "Planner: what follows the times must be a predictor (einet::exit_predictor)");
  static_assert(stop_law<Law>,
                "Planner: what precedes the search must be a law of the stop time (einet::stop_law)");
  static_assert(
      plan_search<Search, Predictor::exits, Law>,
      "Planner: what follows the predictor must be a law of the stop time (einet::stop_law), a search "
      "under this law (einet::plan_search), or options");
  static constexpr bool unlimited = std::same_as<Budget, UnlimitedBudget>;
  static_assert(
      unlimited || std::same_as<Budget, PlanningBudget<Predictor::exits>>,
      "Planner: what follows the options must be a PlanningBudget for as many exits as the predictor has");

 public:
  static constexpr std::size_t exits = Predictor::exits;
  static constexpr std::size_t inputs = Predictor::inputs;

  // Predictor::exits below, because deduction must not instantiate the class, whose errors would come first.

  /// @param times seconds of every block on this platform
  /// @param law if it has no horizon of its own, that is the sum of all times
  /// @throws std::invalid_argument naming the field of the time profile or of the options that is not valid;
  /// or if times and predictor have, by numbers known only at run time, not as many exits
  Planner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Law law = {}, Search search = {},
          const PlannerOptions& options = {}, Budget budget = Budget{})
      : state_(times, options),
        predictor_(std::move(predictor)),
        law_(over(law, times.total())),
        search_(std::move(search)),
        budget_(std::move(budget)) {
    if constexpr (run_time_exits<exits>)
      if (predictor_.exit_count() != times.exit_count())
        detail::refuse("Planner", "exits of the predictor", detail::number(predictor_.exit_count()),
                       "those of the time profile, " + detail::number(times.exit_count()));
    reset();
  }
  /// The same with the default search: `Planner{times, predictor, PointMass{.02}, {.margin = 1.1}}`.
  Planner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Law law,
          const PlannerOptions& options)
      : Planner(times, std::move(predictor), std::move(law), Search{}, options) {}
  /// The same with the default law, too: `Planner{times, predictor, {.initial_worth = .3f}}`.
  Planner(const TimeProfile<Predictor::exits>& times, Predictor predictor, const PlannerOptions& options)
      : Planner(times, std::move(predictor), Law{}, Search{}, options) {}
  /// The same with another search under the default law: `Planner{times, predictor, FixedPlan<3>{{0, 2}}}`.
  Planner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Search search,
          const PlannerOptions& options = {}) requires(!stop_law<Search>)
      : Planner(times, std::move(predictor), Law{}, std::move(search), options) {}

  /// Begins a new sample, with the best plan for an average one. That is searched for only if law, price or
  /// the answer that the caller has have changed.
  void reset() noexcept {
    start();
    if (changed_) first_plan_ = planned();
    changed_ = false;
    found_ = first_plan_;
  }

  /// The exit whose branch should run next; nothing if no further output is worth it.
  [[nodiscard]] std::optional<std::size_t> next_exit() const noexcept {
    return found_.plan.next(problem().first);
  }

  /// Takes the confidence or the inputs of the output of `exit`, just run, and plans anew if the budget
  /// allows it. The confidence is clamped to [0, 1], NaN to 0; other inputs that are not finite count as 0,
  /// except for predictors that take unknown inputs.
  /// @param ready seconds since `reset` at which the branch was done
  /// @param elapsed seconds since `reset` until now, when the output has been published; those since `ready`
  /// do not count as the network's. A time that is not finite or goes back counts as the one before.
  /// @return whether it planned anew
  /// @pre exit < exit_count(), and later than the last one observed
  bool observe(std::size_t exit, const PredictorInputs<inputs>& seen, double ready, double elapsed) noexcept {
    state_.publish(exit, ready, elapsed);
    const std::array<float, inputs> sound = seen.sound(detail::takes_unknown<Predictor>);
    if constexpr (!unlimited) {
      state_.hold(sound[0]);
      planned_anew_ = budget_.affords(exit, budget_.cost(problem(), found_.plan, law_));
      if (!planned_anew_) return false;
    }
    predictor_.observe(exit, sound);
    state_.expect(predictor_.confidences());
    state_.hold(problem().confidences[exit]);
    state_.keep_pace();
    const Found<exits> before = found_;
    found_ = planned();
    if constexpr (!unlimited) budget_.learn(exit, found_.worth - expectation(problem(), before.plan, law_));
    return true;
  }

  /// The same with a clock that is read before and after planning, so that `spent` need not be called:
  /// `planner.observe(exit, confidence, ready, stopwatch)`.
  template <seconds_since_reset Elapsed>
  bool observe(std::size_t exit, const PredictorInputs<inputs>& seen, double ready,
               const Elapsed& elapsed) noexcept {
    const double now = elapsed();
    const bool anew = observe(exit, seen, ready, now);
    spent(elapsed() - now);
    return anew;
  }

  /// The same for an output that is ready only now, at `elapsed`.
  bool observe(std::size_t exit, const PredictorInputs<inputs>& seen, double elapsed) noexcept {
    return observe(exit, seen, elapsed, elapsed);
  }

  /// Tells that conv part `part` has been run. Plans anew if the pace has changed since the last plan, so
  /// that a slow stretch without a branch does not pass an exit that has become the better one. Optional.
  /// @param elapsed seconds since `reset`, as for `observe`
  /// @return whether it planned anew
  /// @pre part < exit_count(), every part before it has been run
  bool pass(std::size_t part, double elapsed) noexcept {
    if (!state_.pass(part, elapsed)) return false;
    found_ = planned();
    planned_anew_ = false;  // this took a search only, which tells little about the cost of `observe`
    return true;
  }

  /// The same with a clock that is read before and after planning.
  template <seconds_since_reset Elapsed>
  bool pass(std::size_t part, const Elapsed& elapsed) noexcept {
    const double now = elapsed();
    const bool anew = pass(part, now);
    if (anew) spent(elapsed() - now);
    return anew;
  }

  /// Tells how many seconds the last `reset`, `observe` or `pass` took, and the caller's work around it. They
  /// do not count as the network's.
  void spent(double seconds) noexcept {
    pause(seconds);
    if (!(seconds > 0 && is_finite(seconds))) return;
    if constexpr (!unlimited)
      if (planned_anew_) budget_.spent(seconds);
  }

  /// Tells that for `seconds` the caller did other work, and neither network nor planner ran.
  void pause(double seconds) noexcept {
    if (seconds > 0 && is_finite(seconds)) state_.pause(seconds);
  }

  /// Sets the stop-time law from the next `reset` on, for example to the one that a StopHistory has learned.
  /// Call it between two runs; may allocate and throw as copying the law and its `over` do.
  void set_law(const Law& law) {
    law_ = over(law, times().total());
    changed_ = true;
  }

  /// Sets the price of a second of the device's time from the next `reset` on; see PlannerOptions::price.
  /// Call it between two runs. A price that is not finite or below 0 counts as 0.
  void set_price(double price) noexcept {
    const double sound = is_finite(price) && price > 0 ? price : 0;
    if (sound == problem().price) return;
    state_.set_price(sound);
    changed_ = true;
  }

  /// Sets the worth of the answer that the caller has before the first output, from the next `reset` on; see
  /// PlannerOptions::initial_worth. Call it between two runs. Clamped to [0, 1], NaN to 0.
  void set_initial_worth(float worth) noexcept {
    state_.set_initial_worth(as_probability(worth));
    changed_ = true;
  }

  [[nodiscard]] std::size_t exit_count() const noexcept { return times().exit_count(); }

  /// The price of a second of the device's time, in worth.
  [[nodiscard]] double price() const noexcept { return problem().price; }

  /// The plan for the rest of the run, and what it is worth.
  [[nodiscard]] const Found<exits>& plan() const noexcept { return found_; }

  /// The problem that the plan was made for; its times are scaled by margin and pace.
  [[nodiscard]] const Problem<exits>& problem() const noexcept { return state_.problem(); }

  /// The time profile that the planner was made with.
  [[nodiscard]] const TimeProfile<exits>& times() const noexcept { return state_.times(); }

  [[nodiscard]] const Law& law() const noexcept { return law_; }

  /// What the budget has learned about the cost and the gain of planning.
  [[nodiscard]] const Budget& budget() const noexcept { return budget_; }

  /// Whether `pass` does anything.
  [[nodiscard]] bool follows_pace() const noexcept { return state_.follows_pace(); }

  /// The current pace: measured seconds of this run for every second of the profile.
  [[nodiscard]] double pace() const noexcept { return state_.pace(); }

 private:
  Found<exits> planned() const noexcept { return detail::planned(problem(), law_, search_); }

  void start() noexcept {
    predictor_.reset();
    state_.reset();
    state_.expect(predictor_.confidences());
    planned_anew_ = false;
  }

  detail::PacedProblem<exits> state_;
  Predictor predictor_;
  Law law_;
  [[no_unique_address]] Search search_;
  [[no_unique_address]] Budget budget_;
  bool planned_anew_ = false;  // whether it did after the last output, as far as the budget allowed
  bool changed_ = true;        // whether what the first plan depends on has, since it was made
  Found<exits> first_plan_;
  Found<exits> found_;
};

template <std::size_t N, class Predictor>
Planner(TimeProfile<N>, Predictor) -> Planner<Predictor>;
template <std::size_t N, class Predictor>
Planner(TimeProfile<N>, Predictor, PlannerOptions) -> Planner<Predictor>;
template <std::size_t N, class Predictor, stop_law Law>
Planner(TimeProfile<N>, Predictor, Law) -> Planner<Predictor, Law>;
template <std::size_t N, class Predictor, stop_law Law>
Planner(TimeProfile<N>, Predictor, Law, PlannerOptions) -> Planner<Predictor, Law>;
template <std::size_t N, class Predictor, class Search>
Planner(TimeProfile<N>, Predictor, Search) -> Planner<Predictor, Uniform, Search>;
template <std::size_t N, class Predictor, class Search>
Planner(TimeProfile<N>, Predictor, Search, PlannerOptions) -> Planner<Predictor, Uniform, Search>;
template <std::size_t N, class Predictor, class Law, class Search>
Planner(TimeProfile<N>, Predictor, Law, Search) -> Planner<Predictor, Law, Search>;
template <std::size_t N, class Predictor, class Law, class Search>
Planner(TimeProfile<N>, Predictor, Law, Search, PlannerOptions) -> Planner<Predictor, Law, Search>;
template <std::size_t N, class Predictor, class Law, class Search, class Budget>
Planner(TimeProfile<N>, Predictor, Law, Search, PlannerOptions, Budget)
    -> Planner<Predictor, Law, Search, Budget>;

}  // namespace einet
