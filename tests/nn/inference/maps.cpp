// Branches beside the backbone, on real networks and two threads.

#include "../../catch.hpp"
#include "../../counting_new.hpp"
#include "../../support.hpp"
#include "../equal_outputs.hpp"
#include "../random_graph.hpp"

#include <einet/einet.hpp>
#include <einet/nn/inference/maps.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/run/companion_thread.hpp>
#include <einet/run/pipelined_planner.hpp>
#include <einet/run/pipelined_runner.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <span>
#include <vector>

using namespace einet;

static_assert(concurrent_branches<const nn::InferenceNetwork<10, nn::Maps::kept>>);
static_assert(!concurrent_branches<const nn::InferenceNetwork<10>>);

namespace {

constexpr std::size_t room = up_to(16);

/// Keeps the scores of all outputs of a run.
template <std::size_t K>
struct ScoresSlot {
  using value_type = Scores<K>;
  std::array<std::array<float, K>, 16> scores{};
  std::array<bool, 16> there{};

  void begin_run() noexcept { there = {}; }
  void publish(const Scores<K>& output, std::size_t exit) noexcept {
    std::copy(output.scores.begin(), output.scores.end(), scores[exit].begin());
    there[exit] = true;
  }
  [[nodiscard]] std::optional<Published<Scores<K>>> read() const noexcept { return std::nullopt; }
};

TimeProfile<room> some_times(std::size_t exits) {
  TimeProfile<room> times(exits);
  for (std::size_t k = 0; k < exits; ++k) times.conv[k] = times.branch[k] = 1e-4;
  return times;
}

PriorPredictor<room> some_means(std::size_t exits) {
  std::vector<float> means(exits);
  for (std::size_t k = 0; k < exits; ++k)
    means[k] = static_cast<float>(k + 1) / static_cast<float>(exits + 1);
  return PriorPredictor<room>{means};
}

/// Runs random plans over images, on two cores and in turn, and compares all outputs bit for bit.
template <std::size_t K>
void check_beside(const nn::Graph& graph, CompanionThread& companion, unsigned seed, std::size_t runs) {
  const nn::InferenceNetwork<K> in_turn(graph);
  const nn::InferenceNetwork<K, nn::Maps::kept> beside(graph);
  nn::Features x = in_turn.make_features(), y = beside.make_features();
  ScoresSlot<K> truth, slot;
  std::mt19937_64 random(seed);
  const std::size_t exits = graph.exits();
  const nn::Tensor images = test::random_images(runs, graph.image(), seed);
  for (std::size_t run = 0; run < runs; ++run) {
    const std::uint64_t all = (std::uint64_t{1} << exits) - 1;
    const FixedPlan<room> plan{ExitPlan<room>::from_words({run % 2 == 0 ? all : random() & all})};
    const auto times = some_times(exits);
    ElasticRunner reference{in_turn, Planner{times, some_means(exits), plan}, truth};
    PipelinedRunner runner{beside, PipelinedPlanner{times, some_means(exits), plan}, slot, companion};
    const std::span<const float> image(images.data() + run * graph.image().size(), graph.image().size());
    x.load(image);
    y.load(image);
    reference.run(x);
    if (run % 3 == 2) {  // after a run that was stopped anywhere
      runner.run(y, stop_in(std::chrono::microseconds{random() % 300}));
      y.load(image);
    }
    const std::size_t before = test::allocations();
    runner.run(y);
    CHECK(test::allocations() == before);
    CHECK(slot.there == truth.there);
    bool same = true;
    for (std::size_t k = 0; k < exits; ++k)
      if (truth.there[k])
        same = same && std::memcmp(slot.scores[k].data(), truth.scores[k].data(), K * sizeof(float)) == 0;
    CHECK(same);
  }
}

}  // namespace

TEST_CASE("random networks give the same outputs bit for bit with branches beside the backbone",
          "[nn][pipelined]") {
  CompanionThread companion;
  for (unsigned seed = 1; seed <= test::cases(150); ++seed) {
    CAPTURE(seed);
    check_beside<test::RandomGraph::classes>(test::random_graph(seed), companion, seed, 6);
  }
}

TEST_CASE("a VGG-16 gives the same outputs bit for bit with branches beside the backbone",
          "[nn][pipelined]") {
  CompanionThread companion;
  nn::Graph graph = nn::vgg16();
  test::randomise(graph, 1);
  check_beside<10>(graph, companion, 2, test::cases(40));
}
