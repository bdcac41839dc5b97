// Outputs other than classes: a regression. How far away is an echo? Every block averages more pulses, and
// its branch yields an estimate and its standard deviation. The confidence is the probability that the
// estimate is good enough, and an output is right if it was.

#include <einet/einet.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/measure_times.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <random>
#include <vector>

namespace {

constexpr std::size_t exits = 6;
struct Estimate {
  double metres = 0, deviation = 0;  // good enough within half a metre
  friend float confidence(const Estimate& estimate) noexcept {
    return static_cast<float>(std::erf(.5 / (std::sqrt(2.) * estimate.deviation)));
  }
};
struct Echo {
  double metres, noise;  // what nobody knows
  std::mt19937* random;
  double pulses = 0, sum = 0, squares = 0;
};
struct Block {
  int pulses;
  void advance(Echo& echo) const {
    std::normal_distribution<double> pulse(echo.metres, echo.noise);
    for (int k = 0; k < pulses; ++k) {
      const double metres = pulse(*echo.random);
      ++echo.pulses, echo.sum += metres, echo.squares += metres * metres;
    }
  }
  Estimate classify(const Echo& echo) const {
    const double mean = echo.sum / echo.pulses, variance = echo.squares / echo.pulses - mean * mean;
    return {mean, std::sqrt(variance / echo.pulses)};
  }
};

}  // namespace

int main() {
  const std::array<Block, exits> network{{{100}, {100}, {200}, {400}, {800}, {1600}}};
  std::mt19937 random(1);
  std::uniform_real_distribution<double> place(10, 50), weather(3, 25);
  const auto listen = [&] { return Echo{place(random), weather(random), &random}; };

  einet::ConfidenceProfile<exits> profile;  // its classes: 1 for good enough, 0 for not
  for (int sample = 0; sample < 400; ++sample) {
    Echo on = listen();
    profile.label.push_back(1);
    auto& sure = profile.confidence.emplace_back();
    auto& good = profile.predicted.emplace_back();
    for (std::size_t k = 0; k < exits; ++k) {
      network[k].advance(on);
      const auto [metres, deviation] = network[k].classify(on);
      sure[k] = confidence(Estimate{metres, deviation});
      good[k] = std::abs(metres - on.metres) <= .5;
    }
  }
  Echo echo = listen();
  const auto times =
      einet::measure_times<exits>(network, echo, [&](Echo& on, std::size_t) { on = listen(); }).median;
  const einet::QuadraticPredictor<exits> predictor{einet::fit_quadratic(profile)};
  einet::LocalSlot<Estimate> slot;
  // The whole network must make it likelier by .2 that the estimate is good.
  const einet::PlannerOptions options{.price = .2 / times.total()};
  einet::ElasticRunner runner{network, einet::Planner{times, predictor, options}, slot};
  for (int sample = 0; sample < 5; ++sample) {
    echo = listen();
    const auto r = runner.run(echo);
    const auto [metres, deviation] = r.answer.value_or(Estimate{});
    std::printf("%.1f m, exit %zu: %.1f +- %.1f\n", echo.metres, r.exit.value_or(0), metres, deviation);
  }
}
