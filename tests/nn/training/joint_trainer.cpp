#include "../../catch.hpp"
#include "../../fixture_file.hpp"
#include "../equal_outputs.hpp"
#include "../small_network.hpp"

#include <einet/base/floating.hpp>
#include <einet/nn/training/evaluation.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/joint_trainer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include <tbb/global_control.h>

using namespace einet;

namespace {

const std::vector<float> even{1.f / 3, 1.f / 3, 1.f / 3};

static_assert(nn::LabelledImages<test::Patterns>);
static_assert(!nn::AugmentedImages<test::Patterns>);
static_assert(!nn::LabelledImages<std::vector<float>>);

struct Shifted : test::Patterns {
  using Patterns::fill;
  void fill(std::size_t i, std::span<float> image, std::uint64_t draw) const {
    fill(i, image);
    for (float& value : image) value += .1f * nn::random_uniform(draw, 0);
  }
};
static_assert(nn::AugmentedImages<Shifted>);

/// What training requested from a data set: the images in order, and the bits to vary them by.
struct Asked {
  std::vector<std::size_t> images;
  std::vector<std::uint64_t> draws;  // by image
};

struct Watched : test::Patterns {
  Asked* asked;
  void fill(std::size_t, std::span<float>) const { FAIL("training takes no image as it is"); }
  void fill(std::size_t i, std::span<float> image, std::uint64_t draw) const {
    Patterns::fill(i, image);
    asked->images.push_back(i);
    asked->draws[i] = draw;
  }
};
static_assert(nn::AugmentedImages<Watched>);

nn::Graph initialised(nn::Graph graph) {
  nn::initialise(graph, 1);
  return graph;
}

/// The requests of one epoch, image by image, of a trainer that does nothing else.
Asked asked_in(std::size_t epoch, std::uint64_t seed = 5) {
  const tbb::global_control alone(tbb::global_control::max_allowed_parallelism, 1);
  nn::Graph graph = initialised(test::chain_network());
  Asked asked{{}, std::vector<std::uint64_t>(48)};
  nn::JointTrainer trainer(graph, {1, {}, nn::constant_rate(0.), seed});
  static_cast<void>(trainer.epoch(epoch, Watched{{}, &asked}, even));
  return asked;
}

std::size_t equal_places(const auto& a, const auto& b) {
  REQUIRE(a.size() == b.size());
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.size(); ++i) equal += a[i] == b[i] ? 1U : 0U;
  return equal;
}

template <class Data>
std::vector<float> trained(const Data& data, std::size_t threads) {
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  nn::Graph graph = initialised(test::chain_network(.5f));
  nn::JointTrainer trainer(graph, {20, {}, nn::constant_rate(.05), 5});
  for (std::size_t epoch = 0; epoch < 3; ++epoch) static_cast<void>(trainer.epoch(epoch, data, even));
  return test::all_values(graph);
}

}  // namespace

TEST_CASE("training learns a small set by heart at every exit of every wiring", "[nn][joint_trainer]") {
  for (const test::SmallNetwork& small : test::small_networks()) {
    CAPTURE(small.name);
    nn::Graph graph = initialised(small.make());
    nn::JointTrainer trainer(graph, {16, {}, nn::cosine_rate(.1, 40., 2.), 5});
    const test::Patterns data{48, test::small_image, 3, 1.5f};
    nn::EpochResult last;
    for (std::size_t epoch = 0; epoch < 40; ++epoch) last = trainer.epoch(epoch, data, even);
    CHECK(last.complete);
    CHECK(last.loss < .15);
    for (const double accuracy : last.accuracy) CHECK(accuracy > .95);
    for (const double accuracy : nn::accuracy_per_exit(trainer.network(), data, 7)) CHECK(accuracy > .95);
  }
}

TEST_CASE("every epoch has its own order and variations", "[nn][joint_trainer]") {
  const Asked first = asked_in(0);
  CHECK(std::set(first.images.begin(), first.images.end()).size() == 48);  // each image once
  CHECK_FALSE(std::is_sorted(first.images.begin(), first.images.end()));
  CHECK(std::set(first.draws.begin(), first.draws.end()).size() == 48);
  // In two random orders of 48, one image on average is in the same place, and hardly ever eight are.
  for (const Asked& other : {asked_in(1), asked_in(2), asked_in(0, 6)}) {
    CHECK(equal_places(first.images, other.images) < 8);
    CHECK(equal_places(first.draws, other.draws) == 0);
  }
  CHECK(equal_places(asked_in(1).images, asked_in(2).images) < 8);
  CHECK(equal_places(asked_in(1).draws, asked_in(2).draws) == 0);
  CHECK(asked_in(3).images == asked_in(3).images);
  CHECK(asked_in(3).draws == asked_in(3).draws);
}

TEST_CASE("every batch of every epoch drops its own units", "[nn][joint_trainer]") {
  // One image repeated, and a network that does not learn: only dropout varies the loss.
  struct Same : test::Patterns {
    std::int32_t label(std::size_t) const { return 0; }
    void fill(std::size_t, std::span<float> image) const { Patterns::fill(0, image); }
  };
  const auto losses = [](float dropout) {
    nn::Graph graph = initialised(test::chain_network(dropout));
    nn::JointTrainer trainer(graph, {6, {}, nn::constant_rate(0.), 5});
    std::set<double> seen;
    for (std::size_t epoch = 0; epoch < 3; ++epoch)
      static_cast<void>(trainer.epoch(
          epoch, Same{}, even, [&](std::size_t, std::size_t, double loss) { seen.insert(loss); },
          [] { return false; }));
    return seen.size();
  };
  CHECK(losses(0.f) == 1);
  CHECK(losses(.5f) > 20);  // of 24; two batches may drop as much
}

TEST_CASE("the learning rate is the schedule's at the start of every batch", "[nn][joint_trainer]") {
  nn::Graph graph = initialised(test::chain_network());
  std::vector<double> asked;
  const auto rate = [&](double epochs) {
    asked.push_back(epochs);
    return asked.size() == 3 ? .05 : 0.;
  };
  nn::JointTrainer trainer(graph, {12, {}, rate, 5});
  const auto trained_values = [&] {
    std::vector<float> all;
    trainer.network().for_each_trained([&](const nn::Parameter& parameter, std::span<float>, bool) {
      const std::span<const float> values = parameter.weights->values();
      all.insert(all.end(), values.begin(), values.end());
    });
    return all;
  };
  std::vector<std::vector<float>> after{trained_values()};
  static_cast<void>(trainer.epoch(
      7, test::Patterns{}, even, [&](std::size_t, std::size_t, double) { after.push_back(trained_values()); },
      [] { return false; }));
  CHECK(asked == std::vector<double>{7, 7.25, 7.5, 7.75});
  REQUIRE(after.size() == 5);
  CHECK(after[1] == after[0]);
  CHECK(after[2] == after[0]);
  CHECK(after[3] != after[0]);
  CHECK(after[4] == after[3]);
}

TEST_CASE("training gives the same bits with one thread and with several", "[nn][joint_trainer]") {
  CHECK(trained(test::Patterns{}, 1) == trained(test::Patterns{}, 2));
  CHECK(trained(Shifted{}, 1) == trained(Shifted{}, 3));
  CHECK(trained(Shifted{}, 1) != trained(test::Patterns{}, 1));
}

TEST_CASE("training resumes exactly from parameters and velocities", "[nn][joint_trainer]") {
  for (const test::SmallNetwork& small :
       {test::SmallNetwork{"chain", [] { return test::chain_network(.5f); }}, test::small_networks()[1],
        test::small_networks()[2]}) {
    CAPTURE(small.name);
    const nn::TrainingOptions options{16, {}, nn::step_rate(.1, 2.), 5, true};
    const test::Patterns data;
    nn::Graph graph = initialised(small.make()), second = small.make();
    nn::JointTrainer trainer(graph, options);
    for (std::size_t epoch = 0; epoch < 2; ++epoch) static_cast<void>(trainer.epoch(epoch, data, even));

    const std::vector<float> values = test::all_values(graph);
    std::size_t at = 0;
    second.for_each_parameter([&](const nn::Parameter& parameter) {
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(at), parameter.weights->size(),
                  parameter.weights->values().begin());
      at += parameter.weights->size();
    });
    nn::JointTrainer resumed(second, options);
    std::vector<std::vector<float>> saved;
    trainer.for_each_state([&](const std::string&, std::span<const std::size_t>, std::span<float> velocity) {
      saved.emplace_back(velocity.begin(), velocity.end());
    });
    at = 0;
    resumed.for_each_state([&](const std::string&, std::span<const std::size_t>, std::span<float> velocity) {
      std::copy(saved[at].begin(), saved[at].end(), velocity.begin());
      ++at;
    });
    for (std::size_t epoch = 2; epoch < 4; ++epoch) {
      static_cast<void>(trainer.epoch(epoch, data, even));
      static_cast<void>(resumed.epoch(epoch, data, even));
    }
    CHECK(test::all_values(graph) == test::all_values(second));
  }
}

TEST_CASE("exits are in gradient equilibrium where that is asked for", "[nn][joint_trainer]") {
  std::vector<std::vector<float>> found;
  for (const bool equilibrium : {false, true}) {
    nn::Graph graph = initialised(test::chain_network()), defined = initialised(test::chain_network());
    nn::JointTrainer trainer(graph, {6, {0.f, 0.f}, nn::constant_rate(.1), 5, equilibrium});
    const nn::Tensor images = test::random_images(6, graph.image(), 4);
    const std::vector<std::int32_t> labels{0, 1, 2, 2, 1, 0};
    static_cast<void>(trainer.step(images, labels, even, 3, .1));
    nn::BatchNetwork network(defined, std::make_unique<nn::OneWorker>(), {.equilibrium = equilibrium});
    static_cast<void>(network.differentiate(images, labels, even, {true, 3}));
    network.for_each_trained([](const nn::Parameter& parameter, std::span<float> gradient, bool) {
      for (std::size_t i = 0; i < gradient.size(); ++i) parameter.weights->values()[i] -= .1f * gradient[i];
    });
    found.push_back(test::all_values(graph));
    CHECK(test::difference(found.back(), test::all_values(defined)) < 1e-6);
  }
  CHECK(test::difference(found[0], found[1]) > 1e-4);
}

TEST_CASE("an epoch reports progress and stops between batches", "[nn][joint_trainer]") {
  nn::Graph graph = initialised(test::chain_network());
  nn::JointTrainer trainer(graph, {10, {}, nn::constant_rate(.01), 5});
  const test::Patterns data;
  CHECK(trainer.batches(data.size()) == 4);
  std::vector<std::size_t> seen;
  const auto progress = [&](std::size_t batch, std::size_t batches, double loss) {
    CHECK(batches == 4);
    CHECK(is_finite(loss));
    seen.push_back(batch);
  };
  const nn::EpochResult result = trainer.epoch(0, data, even, progress, [&] { return seen.size() == 2; });
  CHECK_FALSE(result.complete);
  CHECK(result.batches == 2);
  CHECK(seen == std::vector<std::size_t>{1, 2});
  seen.clear();
  CHECK(trainer.epoch(1, data, even, progress, [] { return false; }).complete);
  CHECK(seen == std::vector<std::size_t>{1, 2, 3, 4});
}

TEST_CASE("training stops where its numbers cease to be finite, naming epoch and batch",
          "[nn][joint_trainer]") {
  /// One pixel of one image is not a number.
  struct Spoilt : test::Patterns {
    std::size_t which;
    void fill(std::size_t i, std::span<float> image) const {
      Patterns::fill(i, image);
      if (i == which) image[17] = std::numeric_limits<float>::quiet_NaN();
    }
  };
  for (const test::SmallNetwork& small : test::small_networks()) {
    CAPTURE(small.name);
    std::set<std::string> messages;
    for (std::size_t which = 0; which < 12; ++which) {
      nn::Graph graph = initialised(small.make());
      nn::JointTrainer trainer(graph, {4, {}, nn::constant_rate(.05), 5});
      try {
        static_cast<void>(trainer.epoch(3, Spoilt{{12}, which}, even));
        FAIL("it trained on");
      } catch (const std::runtime_error& error) {
        messages.insert(error.what());
      }
      // The weights are those before the batch.
      graph.for_each_parameter([](const nn::Parameter& parameter) {
        if (!parameter.trained) return;
        for (const float weight : parameter.weights->values()) REQUIRE(is_finite(weight));
      });
    }
    // Every image is in one of three batches.
    const std::string begin = "training: the loss is not a finite number in epoch 3, batch ";
    CHECK(messages == std::set<std::string>{begin + "0", begin + "1", begin + "2"});
  }
  const auto with_rate = [](double rate) {
    nn::Graph graph = initialised(test::residual_network());
    nn::JointTrainer trainer(graph, {16, {}, [=](double at) { return at >= 2.5 ? rate : .01; }, 5});
    for (std::size_t epoch = 0; epoch < 4; ++epoch)
      static_cast<void>(trainer.epoch(epoch, test::Patterns{}, even));
  };
  CHECK_NOTHROW(with_rate(.01));
  // A rate in batch 2 of epoch 2 that spoils the weights, which that epoch has no later loss to tell.
  for (const double rate :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK_THROWS_WITH(with_rate(rate), test::ContainsSubstring("is not a finite number in epoch 2, batch 2"));
  CHECK_THROWS_WITH(
      [] {
        nn::Graph graph = initialised(test::residual_network());
        nn::JointTrainer trainer(graph, {16, {}, nn::constant_rate(1e30), 5});
        for (std::size_t epoch = 0; epoch < 3; ++epoch)
          static_cast<void>(trainer.epoch(epoch, test::Patterns{}, even));
      }(),
      test::ContainsSubstring("is not a finite number in epoch 0"));
}

TEST_CASE("training stops at statistics that are not finite, which the loss does not show",
          "[nn][joint_trainer]") {
  nn::Graph graph = initialised(test::chain_network());
  graph.for_each_parameter([](const nn::Parameter& parameter) {
    if (parameter.name == "norm1.running_var")
      parameter.weights->values()[0] = std::numeric_limits<float>::infinity();
  });
  nn::JointTrainer trainer(graph, {16, {}, nn::constant_rate(.01), 5});
  CHECK_NOTHROW(trainer.epoch(
      0, test::Patterns{}, even, [](std::size_t, std::size_t, double) {}, [] { return true; }));
  CHECK_THROWS_WITH(trainer.epoch(1, test::Patterns{}, even),
                    "training: norm1.running_var is not a finite number in epoch 1, batch 2");
}

TEST_CASE("a loss weight of zero leaves an exit's branch to weight decay alone", "[nn][joint_trainer]") {
  nn::Graph graph = initialised(test::chain_network());
  nn::JointTrainer trainer(graph, {16, {.9f, 0.f}, nn::constant_rate(.1), 5});
  const std::vector<float> before = test::all_values(graph);
  static_cast<void>(trainer.epoch(0, test::Patterns{}, std::vector<float>{0.f, 1.f, 1.f}));
  const std::vector<float> after = test::all_values(graph);
  std::size_t at = 0;
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    CAPTURE(parameter.name);
    const auto first = before.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(parameter.weights->size());
    const bool same = std::equal(first, first + count, after.begin() + static_cast<std::ptrdiff_t>(at));
    const bool of_branch = parameter.name.starts_with("conv2.") || parameter.name.starts_with("norm2.") ||
                           parameter.name.starts_with("linear1.") || parameter.name.starts_with("linear2.");
    CHECK(same == of_branch);
    at += parameter.weights->size();
  });
}

TEST_CASE("branches trained alone learn, and leave the backbone as it is", "[nn][joint_trainer]") {
  for (const test::SmallNetwork& small : test::small_networks()) {
    CAPTURE(small.name);
    nn::Graph graph = initialised(small.make());
    nn::JointTrainer trainer(graph, {16, {}, nn::constant_rate(.05), 5});
    const test::Patterns data{48, test::small_image, 3, 1.f};
    static_cast<void>(trainer.epoch(0, data, even));  // velocities that must not move the backbone any more
    std::vector<bool> in_branch(graph.layers(), false);
    for (const nn::BlockLayers& block : graph.blocks())
      for (const std::size_t layer : block.branch) in_branch[layer] = true;
    const auto values = [&](bool of_branches) {
      std::vector<float> all;
      for (std::size_t layer = 1; layer < graph.layers(); ++layer)
        if (in_branch[layer] == of_branches)
          for (const nn::Parameter& parameter : graph.layer(layer).parameters())
            for (const float value : parameter.weights->values()) all.push_back(value);
      return all;
    };
    const std::vector<float> backbone = values(false), branches = values(true);
    trainer.train_branches_alone(true);
    const double before = trainer.epoch(1, data, even).loss;
    CHECK(values(false) == backbone);
    CHECK(values(true) != branches);
    nn::EpochResult last;
    for (std::size_t epoch = 2; epoch < 20; ++epoch) last = trainer.epoch(epoch, data, even);
    CHECK(last.loss < .8 * before);
    CHECK(values(false) == backbone);
    trainer.train_branches_alone(false);
    static_cast<void>(trainer.epoch(20, data, even));
    CHECK(values(false) != backbone);
  }
}

TEST_CASE("training refuses empty data and batches of size 0", "[nn][joint_trainer]") {
  nn::Graph graph = test::chain_network();
  nn::JointTrainer trainer(graph);
  CHECK_THROWS_WITH(trainer.epoch(0, test::Patterns{0}, even), test::ContainsSubstring("data.size() is 0"));
  CHECK_THROWS_WITH(trainer.epoch(0, test::Patterns{}, std::vector<float>{1.f}),
                    test::ContainsSubstring("weights.size() is 1"));
  CHECK_THROWS_WITH(nn::JointTrainer(graph, {0, {}, nn::constant_rate(.1), 1}),
                    test::ContainsSubstring("batch"));
}
