#include "catch.hpp"

#include <einet/predict/prior_predictor.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/exit_planner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>

#include <array>
#include <cstddef>
#include <optional>

using namespace einet;

namespace {

/// Runs every second exit until one is sure enough.
struct EverySecond {
  static constexpr std::size_t exits = 5;
  static constexpr std::size_t inputs = 1;
  std::size_t next = 1;
  void reset() noexcept { next = 1; }
  [[nodiscard]] std::optional<std::size_t> next_exit() const noexcept {
    return next < exits ? std::optional(next) : std::nullopt;
  }
  bool observe(std::size_t exit, const std::array<float, 1>& inputs_of, double, double) noexcept {
    next = inputs_of[0] < 0.8f ? exit + 2 : exits;
    return true;
  }
  bool pass(std::size_t, double) noexcept { return false; }
  [[nodiscard]] bool follows_pace() const noexcept { return false; }
  void spent(double) noexcept {}
  void pause(double) noexcept {}
};
struct NeverPauses : EverySecond {
  void pause(double) = delete;
};

static_assert(exit_planner<EverySecond>);
static_assert(exit_planner<Planner<PriorPredictor<3>>>);
static_assert(!exit_planner<NeverPauses> && !exit_planner<PriorPredictor<3>> && !exit_planner<int>);

struct SureBlock {
  float confidence;
  void advance(int& parts) const { ++parts; }
  Answer classify(const int& parts) const { return {parts, confidence}; }
};

}  // namespace

TEST_CASE("the runner follows a planner of the user's own", "[run][exit_planner]") {
  const std::array<SureBlock, 5> network{{{0.9f}, {0.5f}, {0.9f}, {0.85f}, {1.f}}};
  LocalSlot<Answer> slot;
  ElasticRunner runner{network, EverySecond{}, slot};
  int parts = 0;
  const auto result = runner.run(parts);
  CHECK(result.outcome == Outcome::completed);
  CHECK(result.ran == ExitPlan<5>{1, 3});
  CHECK(result.answer == Answer{4, 0.85f});
  CHECK(parts == 4);
}
