// Promises that every network keeps when it runs.

#include "../no_allocations.hpp"
#include "../stop_at_poll.hpp"
#include "counting_new.hpp"
#include "reference.hpp"
#include "sanitized.hpp"
#include "support.hpp"
#include "within_memory.hpp"

#include <einet/nn/networks/b_alexnet.hpp>
#include <einet/nn/networks/flex_vgg16.hpp>
#include <einet/nn/networks/msdnet.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/networks/vit.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/fixed_plan.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

using namespace einet;

namespace {

/// f(name, the network at `width`) with the number of exits as template argument. A block of the transformer
/// is so little work that it is made wider, or nothing would be polled inside of it.
template <class F>
void each_network(double width, const F& f) {
  nn::MsdNetOptions msdnet21 = nn::msdnet21(), msdnet40 = nn::msdnet40();
  msdnet21.width = msdnet40.width = width;
  f.template operator()<3>("b_alexnet", nn::b_alexnet({.width = width}));
  f.template operator()<14>("vgg16", nn::vgg16({.width = width}));
  f.template operator()<5>("flex_vgg16", nn::flex_vgg16({.width = width, .head = nn::FlexHead::separable}));
  f.template operator()<6>("resnet50", nn::resnet50({.width = width}));
  f.template operator()<17>("resnet50, every unit",
                            nn::resnet50({.width = width, .exit_at_every_unit = true}));
  f.template operator()<21>("msdnet21", nn::msdnet(msdnet21));
  f.template operator()<40>("msdnet40", nn::msdnet(msdnet40));
  f.template operator()<8>("vit", nn::vit({.width = 4 * width}));
}

using NetworkScores = std::vector<Scores<10>>;

[[nodiscard]] std::vector<float> hashed_image() {
  const nn::Tensor images = test::hashed_images(1);
  return {images.data(), images.data() + images.size()};
}

[[nodiscard]] NetworkScores scores_of_all_exits(const nn::InferenceNetwork<10>& network,
                                                nn::Features& features) {
  NetworkScores scores;
  for (const auto& block : network.blocks()) {
    block.advance(features);
    scores.push_back(block.classify(features));
  }
  return scores;
}

bool same_scores(const Scores<10>& a, const Scores<10>& b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0;
}

}  // namespace

TEST_CASE("every network is described and counted without the memory of its weights", "[nn][networks]") {
  if (!test::sanitized) {
    CHECK(test::within_memory(std::size_t{16} << 20, [] {  // the largest has 136 MB of weights
      std::size_t all = 0;
      each_network(1., [&]<std::size_t N>(const char*, nn::Graph graph) { all += graph.parameter_count(); });
      return all > 100'000'000;
    }));
  }
}

TEST_CASE("every network has the same exits at any width", "[nn][networks]") {
  for (const double width : {.001, .1, .37, 2.})
    each_network(width, [&]<std::size_t N>(const char* name, nn::Graph graph) {
      CAPTURE(name, width);
      CHECK(graph.exits() == N);
      CHECK(graph.classes() == 10);
    });
}

TEST_CASE("every network gives the same bits whichever branches are run, how often, and after a stop",
          "[nn][networks]") {
  each_network(.125, []<std::size_t N>(const char* name, nn::Graph graph) {
    CAPTURE(name);
    const nn::InferenceNetwork<10> network(test::filled(std::move(graph)));
    nn::Features features = network.make_features();
    const std::vector<float> image = hashed_image();
    features.load(image);
    const NetworkScores truth = scores_of_all_exits(network, features);
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      CAPTURE(seed);
      features.load(image);
      for (std::size_t exit = 0; exit < N; ++exit) {
        network[exit].advance(features);
        for (std::uint64_t times = random_bits(seed, exit) % 3; times > 0; --times) {
          std::size_t polls = 0;
          static_cast<void>(network[exit].classify(features, test::StopAtPoll{&polls, 0}));
          CHECK(same_scores(network[exit].classify(features), truth[exit]));
        }
      }
      CHECK(same_scores(network[N - 1].classify(features), truth[N - 1]));
    }
  });
}

TEST_CASE("every network allocates nothing when it runs", "[nn][networks]") {
  each_network(.125, []<std::size_t N>(const char* name, nn::Graph graph) {
    CAPTURE(name);
    const nn::InferenceNetwork<10> network(test::filled(std::move(graph)));
    test::check_no_allocations(network, hashed_image());
  });
}

TEST_CASE("every network that is stopped at any of its polls keeps the answer before", "[nn][networks]") {
  each_network(.25, []<std::size_t N>(const char* name, nn::Graph graph) {
    CAPTURE(name);
    const nn::InferenceNetwork<10> network(test::filled(std::move(graph)));
    nn::Features features = network.make_features();
    const std::vector<float> image = hashed_image();
    features.load(image);
    const NetworkScores truth = scores_of_all_exits(network, features);
    TimeProfile<N> times;
    times.conv.fill(1e-3);
    times.branch.fill(1e-3);
    LocalSlot<Scores<10>> slot;
    ElasticRunner runner{
        network,
        Planner{times, PriorPredictor<N>{{}}, FixedPlan<N>{ExitPlan<N>::all()}, {.follow_pace = false}},
        slot};
    std::size_t polls = 0;
    CHECK(runner.run(features, test::StopAtPoll{&polls, ~std::size_t{0}}).outcome == Outcome::completed);
    const std::size_t all = polls;
    CHECK(all > 3 * N);  // some are inside of layers
    const std::size_t step = all / test::cases(100) + 1;
    for (std::size_t at = 0; at < all; at += step) {
      CAPTURE(at, all);
      polls = 0;
      features.load(image);
      const std::size_t before = test::allocations();
      const auto result = runner.run(features, test::StopAtPoll{&polls, at});
      REQUIRE(test::allocations() == before);
      REQUIRE(result.outcome == Outcome::stopped);
      const auto read = slot.read();
      const std::size_t exits = result.ran.count();
      REQUIRE(read.has_value() == (exits > 0));
      if (exits > 0) CHECK((read->exit == exits - 1 && same_scores(read->output, truth[exits - 1])));
    }
  });
}
