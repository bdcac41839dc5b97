#include "catch.hpp"

#include <einet/plan/uniform.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/profile/fit_price_curve.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/exact.hpp>

#include <array>
#include <cstddef>

using namespace einet;
using namespace einet::test;

TEST_CASE("a price curve has the mean busy time of runs at each of its prices", "[profile][price_curve]") {
  // A prior plans the same for every sample: what the exact search finds at that price.
  const TimeProfile<3> times{{1, 1, 2}, {.1, .2, .1}};
  const PriorPredictor<3> prior{{.4f, .6f, .9f}};
  ConfidenceProfile<3> outputs;
  for (int k = 0; k < 4; ++k) {
    outputs.confidence.push_back({.4f, .6f, .9f});
    outputs.predicted.push_back({1, 1, 1});
    outputs.label.push_back(1);
  }
  const PriceCurve curve = fit_price_curve(Planner{times, prior, Uniform{6}}, times, outputs);
  double before = 1e9;
  for (const auto& [price, busy] : curve.points()) {
    // A sample that is begun gets an answer; after every output the rest is planned anew.
    Problem<3> problem{times, prior.confidences()};
    problem.price = price;
    double busy_by_hand = 0;
    for (;;) {
      auto next = ExactSearch{}(problem, Uniform{6}).plan.next(problem.first);
      if (!next && problem.first == 0) next = 0;
      if (!next) break;
      for (std::size_t k = problem.first; k <= *next; ++k) busy_by_hand += times.conv[k];
      problem.elapsed = busy_by_hand += times.branch[*next];
      problem.in_hand = problem.confidences[*next];
      problem.first = *next + 1;
    }
    CAPTURE(price);
    CHECK_THAT(busy, WithinAbs(busy_by_hand, 1e-12));
    CHECK(busy <= before);
    before = busy;
  }
  CHECK(curve.points()[0].price == 0);
  CHECK_THAT(curve.least(), WithinAbs(1.1, 1e-12));
  CHECK(curve.most() > 2);
}

TEST_CASE("planning counts towards the busy time of a price curve", "[profile][price_curve]") {
  const TimeProfile<2> times{{1, 1}, {.1, .1}};
  ConfidenceProfile<2> outputs;
  outputs.confidence.push_back({.4f, .9f});
  outputs.predicted.push_back({1, 1});
  outputs.label.push_back(1);
  const Planner planner{times, PriorPredictor<2>{{.4f, .9f}}, Uniform{3}};
  const double free = fit_price_curve(planner, times, outputs).most();
  CHECK(fit_price_curve(planner, times, outputs, .25).most() >= free + .25);
  outputs = {};
  CHECK_THROWS_WITH(fit_price_curve(planner, times, outputs), ContainsSubstring("samples"));
}
