#include "../fixture.hpp"
#include "../small_network.hpp"
#include "catch.hpp"

#include <einet/nn/training/evaluation.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/joint_trainer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <tbb/global_control.h>

using namespace einet;
using test::difference;

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

/// The requests of one epoch, image by image, of a trainer that does nothing else.
Asked asked_in(std::size_t epoch, std::uint64_t seed = 5) {
  const tbb::global_control alone(tbb::global_control::max_allowed_parallelism, 1);
  nn::Graph network = test::small_network();
  Asked asked{{}, std::vector<std::uint64_t>(48)};
  nn::JointTrainer trainer(network, {1, {}, nn::constant_rate(0.), seed});
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
  nn::Graph network = test::small_network(.5f);
  nn::initialise(network, 1);
  nn::JointTrainer trainer(network, {20, {}, nn::constant_rate(.05), 5});
  for (std::size_t epoch = 0; epoch < 3; ++epoch) static_cast<void>(trainer.epoch(epoch, data, even));
  return test::all_values(network);
}

}  // namespace

TEST_CASE("training learns a small set by heart at every exit", "[nn][joint_trainer]") {
  nn::Graph network = test::small_network();
  nn::initialise(network, 1);
  nn::JointTrainer trainer(network, {16, {}, nn::cosine_rate(.1, 40., 2.), 5});
  const test::Patterns data{48, {8, 6, 2}, 3, 1.5f};
  nn::EpochResult last;
  for (std::size_t epoch = 0; epoch < 40; ++epoch) last = trainer.epoch(epoch, data, even);
  CHECK(last.complete);
  CHECK(last.loss < .1);
  for (const double accuracy : last.accuracy) CHECK(accuracy > .97);
  for (const double accuracy : nn::accuracy_per_exit(trainer.network(), data, 7)) CHECK(accuracy > .97);
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
    nn::Graph network = test::small_network(dropout);
    nn::initialise(network, 1);
    nn::JointTrainer trainer(network, {6, {}, nn::constant_rate(0.), 5});
    std::set<double> seen;
    for (std::size_t epoch = 0; epoch < 3; ++epoch)
      static_cast<void>(trainer.epoch(
          epoch, Same{}, even, [&](std::size_t, std::size_t, double loss) { seen.insert(loss); },
          [] { return false; }));
    return seen.size();
  };
  CHECK(losses(0.f) == 1);
  CHECK(losses(.5f) >= 22);  // two batches may drop the same units
}

TEST_CASE("the learning rate is the schedule's at the start of every batch", "[nn][joint_trainer]") {
  nn::Graph network = test::small_network();
  nn::initialise(network, 1);
  std::vector<double> asked;
  const auto rate = [&](double epochs) {
    asked.push_back(epochs);
    return asked.size() == 3 ? .05 : 0.;
  };
  nn::JointTrainer trainer(network, {12, {}, rate, 5});
  const auto trained_values = [&] {
    std::vector<float> all;
    network.for_each_parameter([&](const nn::Parameter& parameter) {
      if (!parameter.trained) return;
      const auto values = parameter.weights->values();
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
  const nn::TrainingOptions options{16, {}, nn::step_rate(.1, 2.), 5};
  const test::Patterns data;
  nn::Graph network = test::small_network(.5f);
  nn::initialise(network, 1);
  nn::JointTrainer trainer(network, options);
  for (std::size_t epoch = 0; epoch < 2; ++epoch) static_cast<void>(trainer.epoch(epoch, data, even));

  nn::Graph second = test::small_network(.5f);
  test::copy_values(network, second);
  nn::JointTrainer resumed(second, options);
  std::vector<std::vector<float>> saved;
  trainer.for_each_state([&](const std::string&, std::span<const std::size_t>, std::span<float> velocity) {
    saved.emplace_back(velocity.begin(), velocity.end());
  });
  std::size_t at = 0;
  resumed.for_each_state([&](const std::string&, std::span<const std::size_t>, std::span<float> velocity) {
    std::copy(saved[at].begin(), saved[at].end(), velocity.begin());
    ++at;
  });
  for (std::size_t epoch = 2; epoch < 4; ++epoch) {
    static_cast<void>(trainer.epoch(epoch, data, even));
    static_cast<void>(resumed.epoch(epoch, data, even));
  }
  CHECK(test::all_values(network) == test::all_values(second));
}

TEST_CASE("an epoch reports progress and stops between batches", "[nn][joint_trainer]") {
  nn::Graph network = test::small_network();
  nn::initialise(network, 1);
  nn::JointTrainer trainer(network, {10, {}, nn::constant_rate(.01), 5});
  const test::Patterns data;
  CHECK(trainer.batches(data.size()) == 4);
  std::vector<std::size_t> seen;
  const auto progress = [&](std::size_t batch, std::size_t batches, double loss) {
    CHECK(batches == 4);
    CHECK(std::isfinite(loss));
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

TEST_CASE("a loss or a weight that is no longer finite stops training, naming epoch and batch",
          "[nn][joint_trainer]") {
  struct Spoiled : test::Patterns {
    void fill(std::size_t i, std::span<float> image) const {
      Patterns::fill(i, image);
      if (i == 17) image[5] = std::numeric_limits<float>::quiet_NaN();
    }
  };
  nn::Graph network = test::small_network();
  nn::initialise(network, 1);
  nn::JointTrainer trainer(network, {12, {}, nn::constant_rate(.01), 5});
  const std::vector<std::size_t> order = nn::random_order(48, nn::random_bits(nn::random_bits(5, 3), 0));
  const auto batch =
      static_cast<std::size_t>(std::find(order.begin(), order.end(), 17U) - order.begin()) / 12;
  CHECK_THROWS_WITH(
      trainer.epoch(3, Spoiled{}, even),
      test::ContainsSubstring("the loss is not a finite number in epoch 3, batch " + std::to_string(batch)));

  // The last update makes the weights infinite, and no loss tells.
  nn::Graph other = test::small_network();
  nn::initialise(other, 1);
  nn::JointTrainer last(other, {12, {}, [](double epochs) { return epochs > 2.7 ? 1e300 : 0.; }, 5});
  CHECK_THROWS_WITH(last.epoch(2, test::Patterns{}, even),
                    test::ContainsSubstring("weight is not a finite number in epoch 2, batch 3"));
}

TEST_CASE("training refuses empty data and batches of size 0", "[nn][joint_trainer]") {
  nn::Graph network = test::small_network();
  nn::JointTrainer trainer(network);
  CHECK_THROWS_WITH(trainer.epoch(0, test::Patterns{0}, even), test::ContainsSubstring("data.size() is 0"));
  CHECK_THROWS_WITH(trainer.epoch(0, test::Patterns{}, std::vector<float>{1.f}),
                    test::ContainsSubstring("weights.size() is 1"));
  CHECK_THROWS_WITH(nn::JointTrainer(network, {0, {}, nn::constant_rate(.1), 1}),
                    test::ContainsSubstring("batch"));
}
