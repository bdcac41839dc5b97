// Stops inside steps and blocks: a run yields nothing, or bit for bit what the exit yields without a stop.

#include "../../catch.hpp"
#include "../../counting_new.hpp"
#include "../../support.hpp"
#include "../equal_outputs.hpp"
#include "../random_graph.hpp"
#include "../stop_at_poll.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/fixed_plan.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <random>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace einet;
using test::cases;
using test::check_every_stop;
using test::StopAtPoll;
using test::stress_cases;

namespace {

constexpr std::size_t vgg_exits = 14;

/// A network with random weights, one image, and the output of every exit without a stop.
struct Subject {
  nn::InferenceNetwork<10> blocks;
  std::vector<float> image;
  std::vector<Scores<10>> truth;

  explicit Subject(nn::Graph graph)
      : blocks{(nn::initialise(graph, 5), std::move(graph))}, image(blocks.input().size()) {
    std::mt19937 random{53};
    std::normal_distribution<float> normal;
    std::generate(image.begin(), image.end(), [&] { return normal(random); });
    nn::Features features = loaded();
    for (const auto& block : blocks.blocks()) {
      block.advance(features);
      truth.push_back(block.classify(features));
    }
  }

  [[nodiscard]] nn::Features loaded() const {
    nn::Features features = blocks.make_features();
    features.load(image);
    return features;
  }
};

/// The network of the demo; its branches end before the first poll is due.
const Subject& demo() {
  static const Subject made{nn::vgg16({.image = {32, 32, 1}, .width = .25, .branch = {8, 16, 64}})};
  return made;
}

/// Two exits with steps of every kind, each of which is polled within.
const Subject& all_kinds() {
  static const Subject made{[] {
    using namespace nn;
    Graph graph{{96, 96, 16}};
    Map x = graph.input();
    for (int block = 0; block < 2; ++block) {
      const Map y = relu(norm(conv(x, {.channels = 16})));
      x = silu(y + conv(x, {.channels = 16, .groups = 16}));
      x = norm(x + max_pool(x, {.kernel = 3, .stride = 1, .padding = 1}));
      Map z = concat(x, relu(x), x);  // a map of the conv part lies in a branch's
      z = norm(average_pool(z, {.kernel = 3, .stride = 1, .padding = 1}));
      z = add(test::DoubleLayer(), z * hard_sigmoid(z));
      z = concat(adaptive_average_pool(z, 2),
                 conv(z, {.channels = 3, .kernel = 36, .stride = 60, .padding = 0}));
      z = z + z;
      graph.exit(
          linear(relu(linear(concat(global_average_pool(x), linear(z, {.outputs = 3000})), {.outputs = 300})),
                 {.outputs = 10}),
          x);
    }
    return graph;
  }()};
  return made;
}

template <std::size_t N>
auto runner_of_all_exits(const Subject& subject, LocalSlot<Scores<10>>& slot) {
  TimeProfile<N> times;
  times.conv.fill(1e-3);
  times.branch.fill(1e-3);
  return ElasticRunner{
      subject.blocks,
      // No planning anew, which would happen on a busy machine and change how often a run polls.
      Planner{times, PriorPredictor<N>{{}}, FixedPlan<N>{ExitPlan<N>::all()}, {.follow_pace = false}}, slot};
}

/// Whether slot and result hold nothing, or exactly the bits of the newest exit that ran.
template <class Result>
bool is_right(const Result& result, const LocalSlot<Scores<10>>& slot, const Subject& subject) {
  const auto read = slot.read();
  const std::size_t exits = result.ran.count();
  if (exits == 0) return !read && !result.answer && result.outcome != Outcome::completed;
  const auto right = [&](const Scores<10>& output) {
    return std::memcmp(&output, &subject.truth[exits - 1], sizeof(output)) == 0;
  };
  return read && result.answer && right(read->output) && right(*result.answer) && read->exit == exits - 1 &&
         result.exit == exits - 1 &&
         (result.outcome == Outcome::completed) == (exits == subject.truth.size());
}

/// Seconds that a run takes.
double whole_run(const Subject& subject) {
  LocalSlot<Scores<10>> slot;
  auto runner = runner_of_all_exits<vgg_exits>(subject, slot);
  nn::Features features = subject.loaded();
  return runner.run(features).elapsed;
}

/// Stops a run at each of its polls, or every tenth; returns the number of polls.
template <std::size_t N>
std::size_t check_every_stop_of_a_run(const Subject& subject) {
  LocalSlot<Scores<10>> slot;
  auto runner = runner_of_all_exits<N>(subject, slot);
  nn::Features features = subject.blocks.make_features();
  std::size_t exits = 0;
  const std::size_t step = 10 / cases(10);
  for (std::size_t at = 0; at < 100000; at += step) {
    CAPTURE(at);
    std::size_t polls = 0;
    features.load(subject.image);  // whatever state the last stop left
    const std::size_t before = test::allocations();
    const auto result = runner.run(features, StopAtPoll{&polls, at});
    REQUIRE(test::allocations() == before);
    CHECK(is_right(result, slot, subject));
    CHECK(result.ran.count() >= exits);
    CHECK(result.ran.count() <= exits + step);
    exits = result.ran.count();
    if (result.outcome == Outcome::completed) return at;
    CHECK(result.outcome == Outcome::stopped);
  }
  FAIL("no run came to its end");
  return 0;
}

}  // namespace

static_assert(advances_until<nn::ElasticBlock<10>, nn::Features, StopAtPoll>);
static_assert(classifies_until<nn::ElasticBlock<10>, nn::Features, Scores<10>, StopAtPoll>);

TEST_CASE("every kind of step stops at any of its polls, or yields the same bits", "[nn][interruption]") {
  nn::Features features = all_kinds().loaded();
  for (const auto& block : all_kinds().blocks.blocks()) {
    for (const auto steps : {block.conv(), block.branch()}) {
      for (const nn::PlacedStep& placed : steps) {
        const nn::StepMaps maps(features.maps(), placed.inputs, placed.output, features.scratch());
        const auto written = [&] {
          std::vector<float> all;
          for (std::size_t pixel = 0; pixel < placed.output.shape.pixels(); ++pixel)
            all.insert(all.end(), maps.out().pixel(pixel),
                       maps.out().pixel(pixel) + maps.out().shape.channels);
          return all;
        };
        std::vector<float> truth;
        const std::size_t all = check_every_stop(
            [&](const StopAtPoll& asked) {
              nn::PacedStop stop(asked);
              const bool whole = placed.step->run(maps, stop);
              if (whole && truth.empty()) truth = written();
              return whole;
            },
            cases(20));
        CHECK(written() == truth);
        if (placed.output.shape.pixels() > 1000) CHECK(all > 0);
      }
    }
  }
}

TEST_CASE("a run stopped at any of its polls, even within steps, keeps the answer before",
          "[nn][interruption]") {
  // The runner itself polls at most four times per exit.
  CHECK(check_every_stop_of_a_run<vgg_exits>(demo()) > 3 * vgg_exits);
  CHECK(check_every_stop_of_a_run<2>(all_kinds()) > 50 * 2);
}

TEST_CASE("a branch stopped at any of its polls leaves the maps of the conv parts as they were",
          "[nn][interruption]") {
  const Subject& s = all_kinds();
  nn::Features features = s.loaded();
  s.blocks[0].advance(features);
  const std::size_t all = check_every_stop(
      [&](const StopAtPoll& stop) {
        const auto scores = s.blocks[0].classify(features, stop);
        if (scores) CHECK(*scores == s.truth[0]);
        // What a stop leaves in the middle of a branch reaches neither the next block nor the next run.
        nn::Features next = features;
        s.blocks[1].advance(next);
        CHECK(s.blocks[1].classify(next) == s.truth[1]);
        next = features;
        CHECK(s.blocks[0].classify(next) == s.truth[0]);
        return scores.has_value();
      },
      cases(30));
  CHECK(all > 20);
}

TEST_CASE("stress: runs stopped from another thread at random moments yield nothing or an exit's own bits",
          "[nn][interruption][stress]") {
  const unsigned seed = 54;
  CAPTURE(seed);
  std::mt19937 random{seed};
  std::uniform_real_distribution<double> moment{0.0, 1.1 * whole_run(demo())};
  LocalSlot<Scores<10>> slot;
  auto runner = runner_of_all_exits<vgg_exits>(demo(), slot);
  nn::Features features = demo().blocks.make_features();

  const std::size_t count = stress_cases(20000);
  std::vector<double> moments(count);
  for (double& m : moments) m = moment(random);
  std::vector<std::stop_source> sources(count);
  std::atomic<std::size_t> started{0};
  std::thread stopper([&] {
    for (std::size_t i = 0; i < count; ++i) {
      while (started.load() <= i) std::this_thread::yield();
      const StopAfter due = stop_in(std::chrono::duration<double>{moments[i]});
      while (!due.stop_requested()) continue;
      sources[i].request_stop();
    }
  });
  std::size_t wrong = 0, halfway = 0;
  for (std::size_t i = 0; i < count; ++i) {
    started = i + 1;
    // Repeats runs until the stop comes during one: the other thread may have to wait for a processor.
    for (Outcome outcome = Outcome::completed; outcome != Outcome::stopped;) {
      features.load(demo().image);
      const auto result = runner.run(features, sources[i].get_token());
      outcome = result.outcome;
      wrong += is_right(result, slot, demo()) ? 0 : 1;
      halfway += outcome == Outcome::stopped && result.answer ? 1 : 0;
    }
  }
  stopper.join();
  CHECK(wrong == 0);
  CHECK(halfway > 0);
}

TEST_CASE("stress: a run at its deadline yields nothing or an exit's own bits",
          "[nn][interruption][stress]") {
  const unsigned seed = 55;
  CAPTURE(seed);
  std::mt19937 random{seed};
  std::uniform_real_distribution<double> wait{0.0, whole_run(demo())};
  LocalSlot<Scores<10>> slot;
  auto runner = runner_of_all_exits<vgg_exits>(demo(), slot);
  nn::Features features = demo().blocks.make_features();
  for (std::size_t i = 0; i < stress_cases(20000); ++i) {
    features.load(demo().image);
    const std::chrono::duration<double> left{wait(random)};
    const auto result = runner.run(features, AnyStop{std::stop_token{}, stop_in(left)});
    CHECK(is_right(result, slot, demo()));
    CHECK((result.outcome == Outcome::deadline || result.outcome == Outcome::completed));
  }
}

namespace {

/// What a suspended process checks in itself: a run whose deadline may pass meanwhile, and one without a
/// deadline.
bool runs_are_right(double deadline) {
  LocalSlot<Scores<10>> slot;
  auto runner = runner_of_all_exits<vgg_exits>(demo(), slot);
  nn::Features features = demo().loaded();
  const auto first = runner.run(features, stop_in(std::chrono::duration<double>{deadline}));
  if (!is_right(first, slot, demo())) return false;
  features.load(demo().image);
  const auto second = runner.run(features);
  return is_right(second, slot, demo()) && second.outcome == Outcome::completed;
}

}  // namespace

TEST_CASE("stress: a run that is suspended and continued yields exactly an exit's own bits",
          "[nn][interruption][stress]") {
  const unsigned seed = 56;
  CAPTURE(seed);
  std::mt19937 random{seed};
  const double whole = whole_run(demo());
  std::uniform_real_distribution<double> moment{0.0, 3 * whole};
  for (std::size_t i = 0; i < stress_cases(2000); ++i) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(runs_are_right(2 * whole) ? 0 : 1);
    std::this_thread::sleep_for(std::chrono::duration<double>{moment(random)});
    kill(child, SIGSTOP);
    std::this_thread::sleep_for(std::chrono::duration<double>{3 * whole});
    kill(child, SIGCONT);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
}
