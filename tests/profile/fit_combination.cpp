#include "catch.hpp"

#include <einet/profile/fit_combination.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <vector>

using einet::CombinationFitOptions;
using einet::CombinationWeights;
using einet::fit_combination;
using einet::up_to;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

namespace combination_fits {  // tests are compiled together

constexpr std::size_t exits = 3, classes = 4;

struct Output {
  std::array<float, classes> scores{};
};

/// Samples with known truth: exits see the class through noise.
struct Seen {
  std::vector<std::int32_t> label;
  std::vector<std::array<Output, exits>> outputs;

  Output operator()(std::size_t sample, std::size_t exit) const { return outputs[sample][exit]; }
};

/// The class's own measurement is higher by 1, all have noise of the deviation; the output is what follows
/// from the measurements.
inline Output posterior(const std::array<double, classes>& measured, double deviation) {
  Output output;
  double sum = 0;
  std::array<double, classes> odds;
  for (std::size_t c = 0; c < classes; ++c) sum += odds[c] = std::exp(measured[c] / (deviation * deviation));
  for (std::size_t c = 0; c < classes; ++c) output.scores[c] = static_cast<float>(odds[c] / sum);
  return output;
}

inline std::array<double, classes> measure(std::mt19937_64& random, std::int32_t label, double deviation) {
  std::normal_distribution<double> noise(0, deviation);
  std::array<double, classes> measured;
  for (std::size_t c = 0; c < classes; ++c)
    measured[c] = (static_cast<std::int32_t>(c) == label ? 1 : 0) + noise(random);
  return measured;
}

inline std::int32_t draw_label(std::mt19937_64& random) {
  return static_cast<std::int32_t>(random() % classes);
}

/// Exits that measure independently of each other: what all say together is the product of their outputs.
inline Seen independent(std::size_t samples, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Seen seen;
  for (std::size_t s = 0; s < samples; ++s) {
    seen.label.push_back(draw_label(random));
    seen.outputs.emplace_back();
    for (std::size_t k = 0; k < exits; ++k)
      seen.outputs.back()[k] = posterior(measure(random, seen.label.back(), 1.), 1.);
  }
  return seen;
}

TEST_CASE("exits that err independently count in full", "[profile][fit_combination]") {
  const Seen seen = independent(20000, 1);
  const auto weights = fit_combination<exits>(seen.label, seen, {}, {.draws = 2});
  for (std::size_t i = 0; i < exits; ++i)
    for (std::size_t j = 0; j < exits; ++j) CHECK_THAT(weights.of(i, j), WithinAbs(j <= i ? 1. : 0., .05));
}

TEST_CASE("an exit that knows no more than a later one counts nothing beside it",
          "[profile][fit_combination]") {
  // Each exit blurs what the next one sees.
  std::mt19937_64 random(2);
  std::normal_distribution<double> noise(0, 1);
  Seen seen;
  for (std::size_t s = 0; s < 20000; ++s) {
    seen.label.push_back(draw_label(random));
    seen.outputs.emplace_back();
    auto measured = measure(random, seen.label.back(), .7);
    for (std::size_t k = exits; k-- > 0;) {
      const auto blurs = static_cast<double>(exits - 1 - k);
      seen.outputs.back()[k] = posterior(measured, std::sqrt(.49 + blurs));
      for (double& value : measured) value += noise(random);
    }
  }
  const auto weights = fit_combination<exits>(seen.label, seen, {}, {.draws = 2});
  for (std::size_t i = 0; i < exits; ++i)
    for (std::size_t j = 0; j < exits; ++j) CHECK_THAT(weights.of(i, j), WithinAbs(j == i ? 1. : 0., .06));
}

/// The mean cross entropy of combined answers over all sets of exits, by definition, each set as likely as
/// where the chance to be run is itself uniform.
inline double cross_entropy(const Seen& seen, const CombinationWeights<exits>& weights, std::size_t newest) {
  double loss = 0;
  for (unsigned set = 0; set < 1U << newest; ++set) {
    std::size_t size = 0;
    for (std::size_t k = 0; k < newest; ++k) size += set >> k & 1U;
    // The integral of q^size (1 - q)^(newest - size).
    const double chance = std::tgamma(static_cast<double>(size) + 1) *
                          std::tgamma(static_cast<double>(newest - size) + 1) /
                          std::tgamma(static_cast<double>(newest) + 2);
    for (std::size_t s = 0; s < seen.label.size(); ++s) {
      std::array<double, classes> sum{};
      double all = 0;
      for (std::size_t c = 0; c < classes; ++c) {
        for (std::size_t k = 0; k <= newest; ++k)
          if (k == newest || (set >> k & 1U) != 0)
            sum[c] += static_cast<double>(weights.of(newest, k)) *
                      std::log(static_cast<double>(seen.outputs[s][k].scores[c]));
        all += std::exp(sum[c]);
      }
      loss += chance * (std::log(all) - sum[static_cast<std::size_t>(seen.label[s])]);
    }
  }
  return loss / static_cast<double>(seen.label.size());
}

TEST_CASE("no other weights have a lower cross entropy", "[profile][fit_combination]") {
  // Overconfident outputs with common noise: neither the sum nor the newest alone.
  std::mt19937_64 random(3);
  Seen seen;
  for (std::size_t s = 0; s < 400; ++s) {
    seen.label.push_back(draw_label(random));
    seen.outputs.emplace_back();
    const auto common = measure(random, seen.label.back(), .8);
    for (std::size_t k = 0; k < exits; ++k) {
      auto measured = measure(random, seen.label.back(), 1.);
      for (std::size_t c = 0; c < classes; ++c) measured[c] += common[c];
      seen.outputs.back()[k] = posterior(measured, .7);
    }
  }
  // Many draws, which come close to all sets.
  const auto weights = fit_combination<exits>(seen.label, seen, {}, {.draws = 300, .ridge = 0});
  for (std::size_t i = 0; i < exits; ++i) {
    const double least = cross_entropy(seen, weights, i);
    for (std::size_t j = 0; j <= i; ++j) {
      CHECK(weights.of(i, j) > .02f);
      CHECK(weights.of(i, j) < .9f);
      for (const float off : {-.03f, .03f}) {
        CombinationWeights<exits> other = weights;
        other.of(i, j) += off;
        CAPTURE(i, j, off);
        CHECK(cross_entropy(seen, other, i) > least);
      }
    }
  }
  // A strong ridge leaves the newest output alone.
  const auto held = fit_combination<exits>(seen.label, seen, {}, {.ridge = 1e6});
  for (std::size_t i = 0; i < exits; ++i)
    for (std::size_t j = 0; j <= i; ++j) CHECK_THAT(held.of(i, j), WithinAbs(i == j ? 1. : 0., 1e-4));
}

TEST_CASE("a combination is fitted alike where the number of exits is known at run time, and again",
          "[profile][fit_combination][run_time_exits]") {
  const Seen seen = independent(200, 4);
  const auto exact = fit_combination<exits>(seen.label, seen);
  CHECK(fit_combination<up_to(8)>(seen.label, seen, exits).weight == exact.weight);
  CHECK(fit_combination<exits>(seen.label, seen) == exact);
  CHECK(fit_combination<exits>(seen.label, seen, {}, {.seed = 2}) != exact);
}

TEST_CASE("outputs that are certain, and wrong, leave weights finite", "[profile][fit_combination]") {
  Seen seen = independent(50, 5);
  for (std::size_t s = 0; s < 50; ++s) {
    seen.outputs[s][0].scores = {1, 0, 0, 0};
    if (s % 2 == 0) seen.outputs[s][2].scores = {0, 0, 0, 1};
  }
  for (const double ridge : {0., 1e-4}) {
    const auto weights = fit_combination<exits>(seen.label, seen, {}, {.ridge = ridge});
    CHECK_NOTHROW(validate(weights));
  }
  // One sample, which any exit answers rightly.
  const Seen one{{2}, {{Output{{0, 0, 1, 0}}, Output{{0, 0, 1, 0}}, Output{{0, 0, 1, 0}}}}};
  CHECK_NOTHROW(validate(fit_combination<exits>(one.label, one)));
}

TEST_CASE("few samples of many exits are fitted in few passes", "[profile][fit_combination]") {
  // Newton's method needs the curvature of every set that was drawn, or it creeps.
  constexpr std::size_t many = 24;
  for (const std::size_t samples : {std::size_t{3}, std::size_t{20}, std::size_t{300}}) {
    std::mt19937_64 random(7);
    std::vector<std::int32_t> label;
    std::vector<std::array<Output, many>> outputs(samples);
    for (auto& all : outputs) {
      label.push_back(draw_label(random));
      for (Output& output : all) output = posterior(measure(random, label.back(), .5), .3);
    }
    std::size_t calls = 0;
    const auto weights = fit_combination<many>(label, [&](std::size_t sample, std::size_t exit) {
      ++calls;
      return outputs[sample][exit];
    });
    CHECK_NOTHROW(validate(weights));
    CAPTURE(samples, calls / samples / many);
    CHECK(calls <= 50 * samples * many);
  }
}

TEST_CASE("what no combination can be fitted to is refused", "[profile][fit_combination]") {
  Seen seen = independent(5, 6);
  const auto refused = [&](const Seen& bad, const char* complaint) {
    CHECK_THROWS_WITH(fit_combination<exits>(bad.label, bad), ContainsSubstring(complaint));
  };
  refused({}, "samples");
  Seen bad = seen;
  bad.label[3] = classes;
  refused(bad, "label[3]");
  bad.label[3] = -1;
  refused(bad, "label[3]");
  bad = seen;
  bad.outputs[2][1].scores[3] = std::numeric_limits<float>::quiet_NaN();
  refused(bad, "scores[3]");
  bad.outputs[2][1].scores[3] = -.1f;
  refused(bad, "scores[3]");
  CHECK_THROWS_WITH(fit_combination<exits>(seen.label, seen, {}, {.draws = 0}), ContainsSubstring("draws"));
  CHECK_THROWS_WITH(fit_combination<exits>(seen.label, seen, {}, {.ridge = -1}), ContainsSubstring("ridge"));
  struct Fewer {
    std::vector<float> scores;
  };
  const auto fewer = [](std::size_t, std::size_t exit) { return Fewer{std::vector<float>(4 - exit, .25f)}; };
  CHECK_THROWS_WITH(fit_combination<exits>(seen.label, fewer), ContainsSubstring("number of scores"));
}

}  // namespace combination_fits
