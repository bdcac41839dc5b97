#include "catch.hpp"
#include "counting_new.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/carried_answer.hpp>
#include <einet/run/planner.hpp>

#include <cmath>
#include <optional>
#include <random>

using namespace einet;
using namespace einet::test;

namespace {

/// A stream of labels that stay with probability `stays`, and answers to some of them, right with probability
/// `right`, as they say.
struct LabelStream {
  double stays, right;
  std::mt19937 random{3};
  std::int32_t label = 0;
  std::size_t same = 0, all = 0;

  bool chance(double probability) {
    return std::uniform_real_distribution<double>(0, 1)(random) < probability;
  }
  std::int32_t another(std::int32_t than) {
    return (than + 1 + static_cast<std::int32_t>(random() % 9)) % 10;
  }
  void next() {
    const std::int32_t before = label;
    if (!chance(stays)) label = another(label);
    same += label == before ? 1U : 0U;
    ++all;
  }
  Answer answer() { return {chance(right) ? label : another(label), static_cast<float>(right)}; }
};

}  // namespace

TEST_CASE("without an answer there is nothing to carry", "[run][carried_answer]") {
  CarriedAnswer carried;
  CHECK(carried.worth() == 0);
  CHECK_FALSE(carried.settle(std::nullopt));
  CHECK(carried.settle(Answer{3, .75f}) == Answer{3, .75f});
  CHECK(carried.worth() < .1f);  // nothing is known yet of how labels follow each other
}

TEST_CASE("the share of equal labels is learned, though answers may be wrong and samples skipped",
          "[run][carried_answer]") {
  for (const double stays : {.1, .5, .8, .95})
    for (const double right : {.7, .95})
      for (const double answered : {1., .4}) {
        LabelStream stream{stays, right};
        CarriedAnswer carried{1000};
        for (int k = 0; k < 20'000; ++k) {
          stream.next();
          carried.settle(stream.chance(answered) ? std::optional(stream.answer()) : std::nullopt);
        }
        const double truth = static_cast<double>(stream.same) / static_cast<double>(stream.all);
        CAPTURE(stays, right, answered, truth);
        CHECK_THAT(carried.persistence(), WithinAbs(truth, stays < .5 && answered < 1 ? .3 : .1));
      }
}

TEST_CASE("a carried answer is worth as much as it is right", "[run][carried_answer]") {
  for (const double stays : {.5, .9}) {
    LabelStream stream{stays, .8};
    CarriedAnswer carried{1000};
    double expected = 0, right = 0, settled = 0, settled_right = 0;
    constexpr int samples = 40'000;
    std::optional<Answer> newest;
    for (int k = 0; k < samples; ++k) {
      stream.next();
      if (newest && k > samples / 4) {
        expected += static_cast<double>(carried.worth());
        right += newest->label == stream.label ? 1 : 0;
      }
      newest = carried.settle(stream.answer());
      if (k > samples / 4) {
        settled += static_cast<double>(newest->confidence);
        settled_right += newest->label == stream.label ? 1 : 0;
      }
    }
    CAPTURE(stays);
    CHECK_THAT(expected / samples, WithinAbs(right / samples, .04));
    CHECK_THAT(settled / samples, WithinAbs(settled_right / samples, .04));
    CHECK(settled_right > .79 * .75 * samples);  // no less often right than the answers alone
  }
}

TEST_CASE("two witnesses that agree are believed more, and of two that do not the surer one",
          "[run][carried_answer]") {
  CarriedAnswer carried;
  for (int k = 0; k < 400; ++k) carried.settle(Answer{1, 1});  // so that labels stay
  CHECK(carried.persistence() > .99);
  carried.settle(Answer{2, 1});
  const double worth = static_cast<double>(carried.worth());
  CHECK(worth > .9);
  const double agree = .6 * worth, neither = .4 * (1 - worth);
  CarriedAnswer other = carried;
  const auto agreed = carried.settle(Answer{2, .6f});
  REQUIRE(agreed);
  CHECK(agreed->label == 2);
  CHECK_THAT(agreed->confidence, WithinAbs(agree / (agree + .1 * neither), 1e-5));
  const auto contradicted = other.settle(Answer{5, .6f});
  REQUIRE(contradicted);
  CHECK(contradicted->label == 2);
  CHECK_THAT(contradicted->confidence,
             WithinAbs(.4 * worth / (.4 * worth + .6 * (1 - worth) + .9 * neither), 1e-5));
  const auto replaced = other.settle(Answer{5, 1});
  REQUIRE(replaced);
  CHECK(replaced->label == 5);
}

TEST_CASE("what is carried for long is worth less and less, until the network is asked again",
          "[run][carried_answer]") {
  CarriedAnswer carried;
  LabelStream stream{.9, 1};
  for (int k = 0; k < 400; ++k) {
    stream.next();
    carried.settle(stream.answer());
  }
  Planner planner{
      TimeProfile<2>{{1, 1}, {.1, .1}}, PriorPredictor<2>{{.6f, .7f}}, Uniform{4}, {.price = .01}};
  float before = 1;
  int skipped = 0;
  for (;; ++skipped) {
    REQUIRE(skipped < 20);
    CHECK(carried.worth() < before);
    before = carried.worth();
    planner.set_initial_worth(carried.worth());
    planner.reset();
    if (planner.next_exit()) break;
    const auto answer = carried.settle(std::nullopt);
    REQUIRE(answer);
    CHECK(answer->confidence == before);
  }
  CHECK(skipped >= 2);
  CHECK(before < .7);
}

TEST_CASE("carrying an answer allocates nothing and takes any number for a probability",
          "[run][carried_answer]") {
  CarriedAnswer carried;
  const std::size_t before = allocations();
  for (const float odd : {std::nanf(""), -1.f, 2.f, 0.f, 1.f})
    for (int k = 0; k < 5; ++k) {
      carried.settle(Answer{k % 2, odd});
      carried.settle(std::nullopt);
      CHECK((carried.worth() >= 0 && carried.worth() <= 1));
      CHECK((carried.persistence() >= 0 && carried.persistence() <= 1));
    }
  CHECK(allocations() == before);
  CHECK_THROWS_WITH(CarriedAnswer{.5}, ContainsSubstring("CarriedAnswer: memory is 0.5"));
  CHECK_THROWS_WITH(CarriedAnswer{std::nan("")}, ContainsSubstring("memory"));
}
