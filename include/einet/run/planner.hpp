#pragma once
// The planner: says which exit to run next, and plans anew after every output. Paper, section V. It stands
// alone: an engine of one's own can be driven by it without ElasticRunner.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/run/planning_budget.hpp>
#include <einet/run/progress.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/search.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>

namespace einet {

/// Options of a Planner.
struct PlannerOptions {
  /// Worth of the answer that the caller has before the first output, a probability.
  float initial = 0;
  /// Caution: what is left of a run is planned as if it took so many times its profiled seconds, at least 1.
  /// With a deadline (PointMass) it decides how often the planned output is in time; see
  /// `MeasuredTimes::margin`.
  double margin = 1;
  /// Whether the measured times of a run scale what is left of its profile. The stop-time law and its horizon
  /// stay in real seconds.
  bool follow_pace = true;
};

/// @throws std::invalid_argument naming the field and what was expected
inline void validate(const PlannerOptions& options) {
  detail::expect(is_finite(options.initial) && options.initial >= 0 && options.initial <= 1, "Planner",
                 "initial", options.initial, "a probability in [0, 1]");
  detail::expect(is_finite(options.margin) && options.margin >= 1, "Planner", "margin", options.margin,
                 "a finite factor of at least 1");
}

/// Predictor, law of the stop time and search over one time profile. Nothing after construction allocates or
/// throws.
/// @tparam Budget `PlanningBudget<N>` to skip plannings that cost more than they gain
template <class Predictor, class Law = Uniform, class Search = ExactSearch, class Budget = UnlimitedBudget>
class Planner {
  static_assert(exit_predictor<Predictor>,
                "Planner: what follows the times must be a predictor (einet::exit_predictor)");
  static_assert(stop_law<Law>,
                "Planner: what stands before the search must be a law of the stop time (einet::stop_law)");
  static_assert(
      plan_search<Search, Predictor::exits, Law>,
      "Planner: what follows the predictor must be a law of the stop time (einet::stop_law), a search "
      "under this law (einet::plan_search), or options");
  static constexpr bool unlimited = std::same_as<Budget, UnlimitedBudget>;
  static_assert(
      unlimited || std::same_as<Budget, PlanningBudget<Predictor::exits>>,
      "Planner: what follows the options must be a PlanningBudget for as many exits as the predictor's");

 public:
  static constexpr std::size_t exits = Predictor::exits;
  static constexpr std::size_t inputs = Predictor::inputs;

  // Argument deduction must not look into the class, whose complaints would then be the first ones read:
  // hence Predictor::exits.

  /// @param times seconds of every block on this platform
  /// @param law without a horizon of its own it takes the sum of all times
  /// @throws std::invalid_argument naming the field of a time profile that no plan can be made for, or of the
  /// options
  Planner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Law law = {}, Search search = {},
          const PlannerOptions& options = {}, Budget budget = Budget{})
      : times_(checked(times, options)),
        predictor_(std::move(predictor)),
        law_(over(law, times.total())),
        search_(std::move(search)),
        options_(options),
        budget_(std::move(budget)),
        progress_(times.total()) {
    plan_first();
    reset();
  }
  /// The same with the default search: `Planner{times, predictor, PointMass{.02}, {.margin = 1.1}}`.
  Planner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Law law,
          const PlannerOptions& options)
      : Planner(times, std::move(predictor), std::move(law), Search{}, options) {}
  /// The same with the default law, too: `Planner{times, predictor, {.initial = .3f}}`.
  Planner(const TimeProfile<Predictor::exits>& times, Predictor predictor, const PlannerOptions& options)
      : Planner(times, std::move(predictor), Law{}, Search{}, options) {}
  /// The same with another search under the default law: `Planner{times, predictor, FixedPlan<3>{{0, 2}}}`.
  Planner(const TimeProfile<Predictor::exits>& times, Predictor predictor, Search search,
          const PlannerOptions& options = {}) requires(!stop_law<Search>)
      : Planner(times, std::move(predictor), Law{}, std::move(search), options) {}

  /// Begins a new sample, with the best plan for the average one.
  void reset() noexcept {
    start();
    found_ = first_plan_;
  }

  /// The exit whose branch is to be run next; nothing when what is in hand is as good as it gets.
  [[nodiscard]] std::optional<std::size_t> next_exit() const noexcept {
    return found_.plan.next(problem_.first);
  }

  /// Takes the confidence or the inputs of the output of `exit`, just run, and plans anew, if the budget
  /// affords it. The confidence is moved to the nearer end of [0, 1], NaN to 0; other inputs that are not
  /// finite count as 0, but for predictors that take what is not known.
  /// @param ready seconds since `reset` at which the branch was done
  /// @param elapsed seconds since `reset`: now, when the output has been published. What lies between is none
  /// of the network's. A time that is not finite, or earlier than one told before, counts as that one.
  /// @return whether it planned anew
  /// @pre exit < exits, and after the last one observed
  bool observe(std::size_t exit, const Seen<inputs>& seen, double ready, double elapsed) noexcept {
    EINET_ASSERT(exit < exits);
    EINET_ASSERT(exit >= problem_.first);
    progress_.move_on(times_, exit, times_.branch[exit], ready);
    progress_.pause_until(elapsed);
    come_to(exit + 1, ready);
    come_to(exit + 1, elapsed);
    const std::array<float, inputs> sound = seen.sound(detail::takes_unknown<Predictor>());
    if constexpr (!unlimited) {
      problem_.in_hand = sound[0];
      planned_anew_ = budget_.affords(exit, price_of_planning());
      if (!planned_anew_) return false;
    }
    predictor_.observe(exit, sound);
    ask_predictor();
    problem_.in_hand = problem_.confidences[exit];
    keep_pace();
    const Found<exits> before = found_;
    found_ = planned();
    if constexpr (!unlimited) budget_.learn(exit, found_.worth - expectation(problem_, before.plan, law_));
    return true;
  }

  /// The same with a clock, read before planning and after it, so that nothing is left to tell `spent`:
  /// `planner.observe(exit, confidence, ready, stopwatch)`.
  template <seconds_since_reset Elapsed>
  bool observe(std::size_t exit, const Seen<inputs>& seen, double ready, const Elapsed& elapsed) noexcept {
    const double now = elapsed();
    const bool anew = observe(exit, seen, ready, now);
    spent(elapsed() - now);
    return anew;
  }

  /// The same for an output that was ready at `elapsed`, this moment.
  bool observe(std::size_t exit, const Seen<inputs>& seen, double elapsed) noexcept {
    return observe(exit, seen, elapsed, elapsed);
  }

  /// Conv part `part` has been run. If the run goes faster or slower than the plan counted on, it plans anew,
  /// so that a slow stretch without a branch does not run past the point where another exit would have been
  /// better. Need not be called.
  /// @param elapsed seconds since `reset`, as for `observe`
  /// @return whether it planned anew
  /// @pre part < exits, every part before it has been run
  bool pass(std::size_t part, double elapsed) noexcept {
    EINET_ASSERT(part < exits);
    EINET_ASSERT(part >= progress_.passed());
    if (!options_.follow_pace) return false;
    progress_.move_on(times_, part, 0, elapsed);
    if (std::abs(pace() - planned_pace_) <= replan_at * planned_pace_) return false;
    come_to(part, elapsed);
    keep_pace();
    problem_.times.conv[part] = 0;
    found_ = planned();
    planned_anew_ = false;  // by the search alone, which says little of what an observation takes
    return true;
  }

  /// The same with a clock, read before planning and after it.
  template <seconds_since_reset Elapsed>
  bool pass(std::size_t part, const Elapsed& elapsed) noexcept {
    const double now = elapsed();
    const bool anew = pass(part, now);
    if (anew) spent(elapsed() - now);
    return anew;
  }

  /// The last `reset`, `observe` or `pass`, and what the caller did about it, took so many seconds, which are
  /// none of the network's.
  void spent(double seconds) noexcept {
    pause(seconds);
    if (!(seconds > 0 && is_finite(seconds))) return;
    if constexpr (!unlimited)
      if (planned_anew_) budget_.spent(seconds);
  }

  /// For so many seconds neither network nor planner did anything: the caller had something else to do.
  void pause(double seconds) noexcept {
    if (seconds > 0 && is_finite(seconds)) progress_.pause(seconds);
  }

  /// Plans by another stop-time law from the next `reset` on, such as the one that an StopHistory has learned
  /// meanwhile. For between two runs.
  void set_law(const Law& law) {
    law_ = over(law, times_.total());
    plan_first();
  }

  /// What the planner means to run from here on, and what it expects of it.
  [[nodiscard]] const Found<exits>& plan() const noexcept { return found_; }

  /// The state that the plan was made in: its times are scaled by margin and pace.
  [[nodiscard]] const Problem<exits>& problem() const noexcept { return problem_; }

  /// Seconds of every block, as the planner was given them.
  [[nodiscard]] const TimeProfile<exits>& times() const noexcept { return times_; }

  [[nodiscard]] const Law& law() const noexcept { return law_; }

  /// What it has learned of its own costs and gains.
  [[nodiscard]] const Budget& budget() const noexcept { return budget_; }

  /// Whether `pass` does anything.
  [[nodiscard]] bool follows_pace() const noexcept { return options_.follow_pace; }

  /// Measured seconds of this run for every second of the profile, as it goes now.
  [[nodiscard]] double pace() const noexcept { return options_.follow_pace ? progress_.pace() : 1; }

 private:
  static constexpr double replan_at = 0.1;  // change of pace between two branches

  static const TimeProfile<exits>& checked(const TimeProfile<exits>& times, const PlannerOptions& options) {
    validate(times);
    validate(options);
    return times;
  }

  /// The search's plan. If the best one is to run nothing although there is no answer yet (every output would
  /// come when the law leaves nothing), then the first exit that promises anything is run instead: it is
  /// worth as much, and the likeliest to be in time should the law or the profile be a little off.
  Found<exits> planned() const noexcept {
    Found<exits> found = search_(problem_, law_);
    if (!found.optimal || !found.plan.empty() || problem_.in_hand > 0) return found;
    for (std::size_t k = problem_.first; k < exits && found.plan.empty(); ++k)
      if (problem_.confidences[k] > 0) found.plan.insert(k);
    return found;
  }

  void start() noexcept {
    predictor_.reset();
    ask_predictor();
    problem_.in_hand = options_.initial;
    problem_.first = 0;
    problem_.elapsed = 0;
    planned_anew_ = false;
    progress_.reset();
    planned_pace_ = 0;
    keep_pace();
  }

  /// What the predictor expects, as probabilities: searches compare them.
  void ask_predictor() noexcept {
    const std::array<float, exits>& confidences = predictor_.confidences();
    for (std::size_t k = 0; k < exits; ++k) problem_.confidences[k] = as_probability(confidences[k]);
  }

  void plan_first() noexcept {
    start();
    first_plan_ = planned();
  }

  void come_to(std::size_t first, double elapsed) noexcept {
    problem_.first = first;
    if (elapsed > problem_.elapsed && is_finite(elapsed)) problem_.elapsed = elapsed;
  }

  /// Scales what is left of the profile by the pace of the run.
  void keep_pace() noexcept {
    if (pace() == planned_pace_) return;
    planned_pace_ = pace();
    const double scale = planned_pace_ * options_.margin;
    for (std::size_t k = problem_.first; k < exits; ++k) {
      problem_.times.conv[k] = times_.conv[k] * scale;
      problem_.times.branch[k] = times_.branch[k] * scale;
    }
  }

  /// Worth that planning costs: what the plan in force loses if all of it comes later by as long as planning
  /// takes.
  [[nodiscard]] double price_of_planning() const noexcept {
    Problem<exits> later = problem_;
    later.elapsed += budget_.seconds();
    const auto by_law = [&](const Problem<exits>& problem) {
      return expectation(problem, found_.plan, law_) * (1 - law_.cdf(problem.elapsed));
    };
    const double lost = by_law(problem_) - by_law(later) -
                        problem_.in_hand * (law_.cdf(later.elapsed) - law_.cdf(problem_.elapsed));
    const double left = 1 - law_.cdf(problem_.elapsed);
    return left > 0 ? lost / left : 0;
  }

  TimeProfile<exits> times_;
  Predictor predictor_;
  Law law_;
  [[no_unique_address]] Search search_;
  PlannerOptions options_;
  [[no_unique_address]] Budget budget_;
  detail::Progress<exits> progress_;
  double planned_pace_ = 0;    // that of problem_.times
  bool planned_anew_ = false;  // after the last output, as the budget afforded it
  Problem<exits> problem_;
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
