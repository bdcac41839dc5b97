#pragma once
// The planner: says which exit to run next, and plans anew after every output. Paper, section V. It stands
// alone: an engine of one's own can be driven by it without ElasticRunner.

#include <einet/base/assert.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/predict/predictor.hpp>
#include <einet/search/exact.hpp>
#include <einet/search/search.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace einet {

/// Predictor, search and exit-time law over one time profile. Nothing after construction allocates or throws.
template <class Predictor, class Search = ExactSearch, class Law = Uniform>
class Planner {
  static_assert(predictor<Predictor>, "Planner: the second argument must be a predictor (einet::predictor)");
  static_assert(exit_time_law<Law>,
                "Planner: the fourth argument must be an exit-time law (einet::exit_time_law)");
  static_assert(search<Search, Predictor::size, Law>,
                "Planner: the third argument must be a search (einet::search) that knows the exit-time law");

 public:
  static constexpr std::size_t size = Predictor::size;
  static constexpr std::size_t signals = Predictor::signals;

  /// @param times seconds of every block on this platform
  /// @param law without a horizon of its own it takes the sum of all times
  /// @param initial worth of the answer that the caller has before the first output, a probability
  /// @throws std::invalid_argument naming the field of a time profile that no plan can be made for, or
  /// `initial`
  Planner(const TimeProfile<size>& times, Predictor predictor, Search search = {}, Law law = {},
          float initial = 0)
      : predictor_(std::move(predictor)),
        search_(std::move(search)),
        law_(over(law, checked(times, initial).total())),
        initial_(initial) {
    problem_.times = times;
    start();
    first_plan_ = planned();
    found_ = first_plan_;
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

  /// Takes the confidence of `exit`, just run, and plans anew.
  /// @param confidence probability; outside [0, 1] it is moved to the nearer end, NaN to 0
  /// @param elapsed seconds since `reset`; a time before that of the last output counts as that time
  /// @pre exit < size, and after the last one observed
  void observe(std::size_t exit, float confidence, double elapsed) noexcept requires(signals == 1) {
    observe(exit, std::span<const float, 1>(&confidence, 1), elapsed);
  }

  /// The same with all signals of the output, the first of them its confidence.
  void observe(std::size_t exit, std::span<const float, signals> seen, double elapsed) noexcept {
    EINET_ASSERT(exit < size);
    EINET_ASSERT(exit >= problem_.first);
    std::array<float, signals> sound{};
    for (std::size_t s = 0; s < signals; ++s) sound[s] = std::isfinite(seen[s]) ? seen[s] : 0.f;
    sound[0] = seen[0] >= 1.f ? 1.f : seen[0] > 0.f ? seen[0] : 0.f;
    predictor_.observe(exit, sound);
    problem_.confidences = predictor_.confidences();
    problem_.in_hand = problem_.confidences[exit];
    problem_.first = exit + 1;
    if (elapsed > problem_.elapsed && std::isfinite(elapsed)) problem_.elapsed = elapsed;
    found_ = planned();
  }

  /// What the planner means to run from here on, and what it expects of it.
  [[nodiscard]] const Found<size>& plan() const noexcept { return found_; }

  /// The state that the plan was made in.
  [[nodiscard]] const Problem<size>& problem() const noexcept { return problem_; }

  [[nodiscard]] const Law& law() const noexcept { return law_; }

 private:
  static const TimeProfile<size>& checked(const TimeProfile<size>& times, float initial) {
    validate(times);
    if (!(initial >= 0.f && initial <= 1.f))
      throw std::invalid_argument("Planner: initial is " + std::to_string(initial) +
                                  ", expected a probability in [0, 1]");
    return times;
  }

  /// The search's plan. If the best one is to run nothing although there is no answer yet (every output would
  /// come when the law leaves nothing: a single exit at the very end), then the most promising exit is run
  /// instead: it is worth as much, and should the exit not come after all, there is an answer.
  Found<size> planned() const noexcept {
    Found<size> found = search_(problem_, law_);
    if (!found.optimal || !found.plan.empty() || problem_.in_hand > 0) return found;
    std::size_t best = size;
    for (std::size_t k = problem_.first; k < size; ++k)
      if (problem_.confidences[k] > (best < size ? problem_.confidences[best] : 0.f)) best = k;
    if (best < size) found.plan.insert(best);
    return found;
  }

  void start() noexcept {
    predictor_.reset();
    problem_.confidences = predictor_.confidences();
    problem_.in_hand = initial_;
    problem_.first = 0;
    problem_.elapsed = 0;
  }

  Predictor predictor_;
  [[no_unique_address]] Search search_;
  Law law_;
  float initial_;
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
Planner(TimeProfile<N>, Predictor, Search, Law, float) -> Planner<Predictor, Search, Law>;

}  // namespace einet
