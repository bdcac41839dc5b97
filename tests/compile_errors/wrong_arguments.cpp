// One wrong argument per case; the tests look for its name in the compiler's message.

#include <einet/einet.hpp>
#include <einet/paper/greedy.hpp>
#include <einet/run/companion_thread.hpp>
#include <einet/run/pipelined_planner.hpp>
#include <einet/run/pipelined_runner.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

using namespace einet;

namespace {

struct Block {
  void advance(int&) const {}
  Answer classify(const int&) const { return {}; }
};
struct NoBranch {
  void advance(int&) const {}
};
struct NoConvPart {
  Answer classify(const int&) const { return {}; }
};
struct Trusted {  // no confidence
  int label;
};
struct NotConst {
  void advance(int&) {}
  Answer classify(const int&) { return {}; }
};
struct NoPredictor {
  static constexpr std::size_t exits = 2;
  static constexpr std::size_t inputs = 1;
};
struct TwoInputs {
  static constexpr std::size_t exits = 2;
  static constexpr std::size_t inputs = 2;
  std::array<float, 2> worths{};
  void reset() noexcept {}
  void observe(std::size_t, std::span<const float, 2>) noexcept {}
  const std::array<float, 2>& confidences() const noexcept { return worths; }
};
struct Twice {
  static constexpr std::size_t inputs = 2;
  std::array<float, 2> operator()(const Answer& output, const Answer*) const noexcept {
    return {output.confidence, output.confidence};
  }
};
struct NoSearch {};
struct NoLaw {
  double cdf(double) const { return 0; }  // may throw
};
struct Sharing {
  static constexpr bool concurrent_branches = true;
  bool advance(int&, const auto&) const { return true; }
  Answer classify(const int&) const { return {}; }
};
struct Deaf {  // its conv part does not take the stop
  static constexpr bool concurrent_branches = true;
  void advance(int&) const {}
  Answer classify(const int&) const { return {}; }
};
struct NoSlot {
  using value_type = Answer;
};

[[maybe_unused]] void all() {
  [[maybe_unused]] const TimeProfile<2> times{{1, 1}, {0, 0}};
  [[maybe_unused]] const PriorPredictor<2> prior{{0.5f, 0.6f}};
  [[maybe_unused]] const std::array<Block, 2> network{};
  [[maybe_unused]] const std::array<Block, 3> longer{};
  [[maybe_unused]] LocalSlot<Answer> slot;
  const Planner planner{times, prior};
  ElasticRunner runner{network, planner, slot};
  const Planner two_inputs{times, TwoInputs{}};
  ElasticRunner observing{network, two_inputs, slot, Twice{}};
  int features = 0;
  runner.run(features);
  observing.run(features);
  runner.run(int{});
  std::array<NotConst, 2> changing{};
  ElasticRunner{changing, planner, slot}.run(features);
  StopHistory history{times.total()};
  runner.run(features, history);
  runner.set_law(Uniform{2.4});
  ElasticRunner learning{network, Planner{times, prior, history.law()}, slot};
  learning.set_law(history.law());
  CompanionThread companion;
  const std::array<Sharing, 2> sharing{};
  const PipelinedPlanner beside{times, prior};
  PipelinedRunner{sharing, beside, slot, companion}.run(features);

#if defined(CASE_planner_predictor)
  Planner wrong{times, NoPredictor{}};
#elif defined(CASE_planner_search)
  Planner wrong{times, prior, NoSearch{}};
#elif defined(CASE_planner_law)
  Planner wrong{times, prior, NoLaw{}, ExactSearch{}};
#elif defined(CASE_times)
  TimeProfile<3> wrong{{1, 1}, {0, 0, 0}};
#elif defined(CASE_runner_network)
  const int no_network = 0;
  ElasticRunner wrong{no_network, planner, slot};
#elif defined(CASE_runner_planner)
  ElasticRunner wrong{network, prior, slot};
#elif defined(CASE_runner_slot)
  NoSlot no_slot;
  ElasticRunner wrong{network, planner, no_slot};
#elif defined(CASE_runner_length)
  ElasticRunner wrong{longer, planner, slot};
#elif defined(CASE_runner_advance)
  const std::array<NoConvPart, 2> no_conv_parts{};
  ElasticRunner wrong{no_conv_parts, planner, slot};
  wrong.run(features);
#elif defined(CASE_runner_classify)
  const std::array<NoBranch, 2> no_blocks{};
  ElasticRunner wrong{no_blocks, planner, slot};
  wrong.run(features);
#elif defined(CASE_runner_confidence)
  LocalSlot<Trusted> no_confidence;
  ElasticRunner wrong{network, planner, no_confidence};
#elif defined(CASE_runner_const)
  const std::array<NotConst, 2> not_const{};
  ElasticRunner wrong{not_const, planner, slot};
  wrong.run(features);
#elif defined(CASE_runner_law)
  runner.set_law(StopHistory{2.4}.law());
#elif defined(CASE_runner_policy)
  ElasticRunner wrong{network, planner, slot, SteadyClock{}, 0};
#elif defined(CASE_runner_policies)
  ElasticRunner wrong{network, planner, slot, SteadyClock{}, NewestAnswer{}, SteadyClock{}};
#elif defined(CASE_runner_own_inputs)
  ElasticRunner wrong{network, two_inputs, slot};
#elif defined(CASE_runner_inputs)
  ElasticRunner wrong{network, planner, slot, Twice{}};
#elif defined(CASE_pipelined_search)
  PipelinedPlanner wrong{times, prior, GreedySearch{}};
#elif defined(CASE_pipelined_planner)
  PipelinedRunner wrong{sharing, planner, slot, companion};
#elif defined(CASE_pipelined_network)
  PipelinedRunner wrong{network, beside, slot, companion};
#elif defined(CASE_pipelined_companion)
  PipelinedRunner wrong{sharing, beside, slot, features};
#elif defined(CASE_pipelined_length)
  const std::array<Sharing, 3> more_sharing{};
  PipelinedRunner wrong{more_sharing, beside, slot, companion};
#elif defined(CASE_pipelined_policy)
  PipelinedRunner wrong{sharing, beside, slot, companion, 0};
#elif defined(CASE_pipelined_advance)
  const std::array<Deaf, 2> deaf{};
  PipelinedRunner wrong{deaf, beside, slot, companion};
  wrong.run(features);
#elif defined(CASE_gaussian_numbers)
  TruncatedGaussian wrong{.5, .25, times.total()};
#elif defined(CASE_gaussian_shares)
  TruncatedGaussian wrong{.5, .25};
#elif defined(CASE_slot_output)
  LocalSlot<std::string> wrong;
#endif
}

}  // namespace
