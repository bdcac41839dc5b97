#pragma once
// The planner: says which exit to run next, and plans anew after every output. Paper, section V. It stands
// alone: an engine of one's own can be driven by it without ElasticRunner.

#include <einet/base/assert.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/run/pace.hpp>
#include <einet/run/planner_options.hpp>
#include <einet/run/planning_budget.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/search.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace einet {

/// Predictor, search and exit-time law over one time profile. Nothing after construction allocates or throws.
/// @tparam Budget `PlanningBudget<N>` to skip plannings that cost more than they gain
template <class Predictor, class Search = ExactSearch, class Law = Uniform, class Budget = UnlimitedBudget>
class Planner {
  static_assert(predictor<Predictor>, "Planner: the second argument must be a predictor (einet::predictor)");
  static_assert(exit_time_law<Law>,
                "Planner: the fourth argument must be an exit-time law (einet::exit_time_law)");
  static_assert(search<Search, Predictor::size, Law>,
                "Planner: the third argument must be a search (einet::search) that knows the exit-time law");
  static constexpr bool unlimited = std::same_as<Budget, UnlimitedBudget>;
  static_assert(unlimited || std::same_as<Budget, PlanningBudget<Predictor::size>>,
                "Planner: the sixth argument must be a PlanningBudget for as many exits as the predictor's");

 public:
  static constexpr std::size_t size = Predictor::size;
  static constexpr std::size_t signals = Predictor::signals;

  /// @param times seconds of every block on this platform
  /// @param law without a horizon of its own it takes the sum of all times
  /// @throws std::invalid_argument naming the field of a time profile that no plan can be made for, or of the
  /// options
  Planner(const TimeProfile<size>& times, Predictor predictor, Search search = {}, Law law = {},
          const PlannerOptions& options = {}, Budget budget = Budget{})
      : times_(checked(times, options)),
        predictor_(std::move(predictor)),
        search_(std::move(search)),
        law_(over(law, times.total())),
        options_(options),
        budget_(std::move(budget)),
        pace_(pace_memory * times.total()) {
    plan_first();
    reset();
  }

  /// Begins a new sample, with the best plan for the average one.
  void reset() noexcept {
    start();
    found_ = first_plan_;
  }

  /// The exit whose branch is to be run next; nothing when what is in hand is as good as it gets.
  [[nodiscard]] std::optional<std::size_t> next_exit() const noexcept {
    return found_.plan.next(problem_.first);
  }

  /// Takes the confidence of `exit`, just run, and plans anew, if the budget affords it.
  /// @param confidence probability; outside [0, 1] it is moved to the nearer end, NaN to 0
  /// @param elapsed seconds since `reset`; a time before that of the last output counts as that time
  /// @return whether it planned anew
  /// @pre exit < size, and after the last one observed
  bool observe(std::size_t exit, float confidence, double elapsed) noexcept requires(signals == 1) {
    return observe(exit, std::span<const float, 1>(&confidence, 1), elapsed);
  }

  /// The same with all signals of the output, the first of them its confidence. Others that are not finite
  /// count as 0, but for predictors that take what is not known.
  bool observe(std::size_t exit, std::span<const float, signals> seen, double elapsed) noexcept {
    EINET_ASSERT(exit < size);
    EINET_ASSERT(exit >= problem_.first);
    move_on(exit, elapsed, times_.branch[exit]);
    come_to(exit + 1, elapsed);
    std::array<float, signals> sound{};
    for (std::size_t s = 0; s < signals; ++s)
      sound[s] = detail::takes_unknown<Predictor>() || std::isfinite(seen[s]) ? seen[s] : 0.f;
    sound[0] = seen[0] >= 1.f ? 1.f : seen[0] > 0.f ? seen[0] : 0.f;
    if constexpr (!unlimited) {
      problem_.in_hand = sound[0];
      planned_anew_ = budget_.affords(exit, price_of_planning());
      if (!planned_anew_) return false;
    }
    predictor_.observe(exit, sound);
    problem_.confidences = predictor_.confidences();
    problem_.in_hand = problem_.confidences[exit];
    keep_pace();
    const Found<size> before = found_;
    found_ = planned();
    if constexpr (!unlimited) budget_.learn(exit, found_.worth - expectation(problem_, before.plan, law_));
    return true;
  }

  /// Conv part `part` has been run. If the run goes faster or slower than the plan counted on, it plans anew,
  /// so that a slow stretch without a branch does not run past the point where another exit would have been
  /// better. Need not be called.
  /// @param elapsed as for `observe`
  /// @return whether it planned anew
  /// @pre part < size, every part before it has been run
  bool pass(std::size_t part, double elapsed) noexcept {
    EINET_ASSERT(part < size);
    EINET_ASSERT(part >= passed_);
    if (!options_.follow_pace) return false;
    move_on(part, elapsed, 0);
    if (std::abs(pace_.factor() - planned_pace_) <= replan_at * planned_pace_) return false;
    come_to(part, elapsed);
    keep_pace();
    problem_.times.conv[part] = 0;
    found_ = planned();
    planned_anew_ = false;  // by the search alone, which says little of what an observation takes
    return true;
  }

  /// The last `reset`, `observe` or `pass`, and what the caller did about it, took so many seconds, which are
  /// none of the network's.
  void spent(double seconds) noexcept {
    if (!(seconds > 0 && std::isfinite(seconds))) return;
    mark_ += seconds;
    if constexpr (!unlimited)
      if (planned_anew_) budget_.spent(seconds);
  }

  /// Plans by another exit-time law from the next `reset` on, such as the one that an ExitHistory has learned
  /// meanwhile. For between two runs.
  void set_law(const Law& law) {
    law_ = over(law, times_.total());
    plan_first();
  }

  /// What the planner means to run from here on, and what it expects of it.
  [[nodiscard]] const Found<size>& plan() const noexcept { return found_; }

  /// The state that the plan was made in: its times are scaled by margin and pace.
  [[nodiscard]] const Problem<size>& problem() const noexcept { return problem_; }

  /// Seconds of every block, as the planner was given them.
  [[nodiscard]] const TimeProfile<size>& times() const noexcept { return times_; }

  [[nodiscard]] const Law& law() const noexcept { return law_; }

  /// Whether `pass` does anything.
  [[nodiscard]] bool follows_pace() const noexcept { return options_.follow_pace; }

  /// Measured seconds of this run for every second of the profile, as it goes now.
  [[nodiscard]] double pace() const noexcept { return pace_.factor(); }

 private:
  static constexpr double pace_memory = 0.05;  // of the profile's total
  static constexpr double replan_at = 0.1;     // change of pace between two branches

  static const TimeProfile<size>& checked(const TimeProfile<size>& times, const PlannerOptions& options) {
    validate(times);
    validate(options);
    return times;
  }

  /// The search's plan. If the best one is to run nothing although there is no answer yet (every output would
  /// come when the law leaves nothing), then the first exit that promises anything is run instead: it is
  /// worth as much, and the likeliest to be in time should the law or the profile be a little off.
  Found<size> planned() const noexcept {
    Found<size> found = search_(problem_, law_);
    if (!found.optimal || !found.plan.empty() || problem_.in_hand > 0) return found;
    for (std::size_t k = problem_.first; k < size && found.plan.empty(); ++k)
      if (problem_.confidences[k] > 0) found.plan.insert(k);
    return found;
  }

  void start() noexcept {
    predictor_.reset();
    problem_.confidences = predictor_.confidences();
    problem_.in_hand = options_.initial;
    problem_.first = 0;
    problem_.elapsed = 0;
    passed_ = 0;
    mark_ = 0;
    planned_anew_ = false;
    pace_.reset();
    planned_pace_ = 0;
    keep_pace();
  }

  void plan_first() noexcept {
    start();
    first_plan_ = planned();
  }

  /// The run has come to the end of conv part `part` and, `branch` seconds of the profile later, to
  /// `elapsed`.
  void move_on(std::size_t part, double elapsed, double branch) noexcept {
    double profiled = branch;
    for (; passed_ <= part; ++passed_) profiled += times_.conv[passed_];
    if (!std::isfinite(elapsed)) return;
    if (options_.follow_pace) pace_.observe(profiled, elapsed - mark_);
    if (elapsed > mark_) mark_ = elapsed;
  }

  void come_to(std::size_t first, double elapsed) noexcept {
    problem_.first = first;
    if (elapsed > problem_.elapsed && std::isfinite(elapsed)) problem_.elapsed = elapsed;
  }

  /// Scales what is left of the profile by the pace of the run.
  void keep_pace() noexcept {
    const double pace = pace_.factor();
    if (pace == planned_pace_) return;
    planned_pace_ = pace;
    const double scale = pace * options_.margin;
    for (std::size_t k = problem_.first; k < size; ++k) {
      problem_.times.conv[k] = times_.conv[k] * scale;
      problem_.times.branch[k] = times_.branch[k] * scale;
    }
  }

  /// Worth that planning costs: what the plan in force loses if all of it comes later by as long as planning
  /// takes.
  [[nodiscard]] double price_of_planning() const noexcept {
    Problem<size> later = problem_;
    later.elapsed += budget_.seconds();
    const auto by_law = [&](const Problem<size>& problem) {
      return expectation(problem, found_.plan, law_) * (1 - law_.cdf(problem.elapsed));
    };
    const double lost = by_law(problem_) - by_law(later) -
                        problem_.in_hand * (law_.cdf(later.elapsed) - law_.cdf(problem_.elapsed));
    const double left = 1 - law_.cdf(problem_.elapsed);
    return left > 0 ? lost / left : 0;
  }

  TimeProfile<size> times_;
  Predictor predictor_;
  [[no_unique_address]] Search search_;
  Law law_;
  PlannerOptions options_;
  [[no_unique_address]] Budget budget_;
  Pace pace_;
  double planned_pace_ = 0;    // that of problem_.times
  std::size_t passed_ = 0;     // conv parts that pace_ knows of
  double mark_ = 0;            // when they were done, or the planning after them
  bool planned_anew_ = false;  // after the last output, as the budget afforded it
  Problem<size> problem_;
  Found<size> first_plan_;
  Found<size> found_;
};

template <std::size_t N, class Predictor>
Planner(TimeProfile<N>, Predictor) -> Planner<Predictor>;
template <std::size_t N, class Predictor, class Search>
Planner(TimeProfile<N>, Predictor, Search) -> Planner<Predictor, Search>;
template <std::size_t N, class Predictor, class Search, class Law>
Planner(TimeProfile<N>, Predictor, Search, Law) -> Planner<Predictor, Search, Law>;
template <std::size_t N, class Predictor, class Search, class Law>
Planner(TimeProfile<N>, Predictor, Search, Law, PlannerOptions) -> Planner<Predictor, Search, Law>;
template <std::size_t N, class Predictor, class Search, class Law, class Budget>
Planner(TimeProfile<N>, Predictor, Search, Law, PlannerOptions, Budget)
    -> Planner<Predictor, Search, Law, Budget>;

}  // namespace einet
