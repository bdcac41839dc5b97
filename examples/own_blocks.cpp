// Your own blocks, from the first line to the plan: which of four tones is in a noisy signal? Every block
// listens to another part of it, and its branch says what was heard so far and how sure that is. The blocks
// are timed, a predictor is fitted to their confidences, and runs are stopped at random moments.

#include <einet/einet.hpp>
#include <einet/profile/fit.hpp>
#include <einet/profile/gather_confidences.hpp>
#include <einet/profile/measure_times.hpp>

#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <random>
#include <span>
#include <vector>

namespace {

constexpr std::size_t exits = 8, tones = 4, part = 2000;
constexpr float noise = 20;

// The features: any type that blocks can advance. Here: the signal, then the evidence for every tone.
using Features = std::vector<float>;

struct Block {
  std::size_t index;

  void advance(Features& x) const {  // the conv part: correlates a piece of the signal with every tone
    float* const evidence = x.data() + exits * part;
    for (std::size_t t = index * part; t < (index + 1) * part; ++t)
      for (std::size_t tone = 0; tone < tones; ++tone)
        evidence[tone] += x[t] * std::sin(static_cast<float>(t * (tone + 2)) * 0.1f) / (noise * noise);
  }
  einet::Answer classify(const Features& x) const {  // the branch
    return einet::softmax_answer(std::span(x).last(tones));
  }
};

void make_signal(Features& x, std::size_t tone, std::mt19937& random) {
  std::normal_distribution<float> hiss(0, noise);
  x.assign(exits * part + tones, 0);
  for (std::size_t t = 0; t < exits * part; ++t)
    x[t] = std::sin(static_cast<float>(t * (tone + 2)) * 0.1f) + hiss(random);
}

}  // namespace

int main() {
  std::array<Block, exits> network;
  for (std::size_t k = 0; k < exits; ++k) network[k] = {k};

  // What the planner must know: how long the blocks take, and how their confidences depend on each other.
  std::mt19937 random(1);
  Features x;
  const auto load = [&](Features& features, std::size_t sample) {
    make_signal(features, sample % tones, random);
  };
  const auto measured = einet::measure_times<exits>(network, x, load);
  const auto profile = einet::gather_confidences<exits>(network, x, 500, load,
                                                        [](std::size_t sample) { return sample % tones; });
  const einet::QuadraticPredictor<exits> predictor{einet::fit_quadratic(profile)};

  einet::LocalSlot<einet::Answer> slot;  // any thread finds the answer here, whatever happens to the run
  einet::ElasticRunner runner{network, einet::Planner{measured.median, predictor}, slot};
  std::uniform_real_distribution<double> moment(0, measured.median.total());
  for (std::size_t sample = 0; sample < 8; ++sample) {
    load(x, sample);
    const double seconds = moment(random);
    const auto result = runner.run(x, einet::stop_in(std::chrono::duration<double>(seconds)));
    std::printf("tone %zu, to be stopped after %3.0f us: ran exits %s, %s, ", sample % tones, seconds * 1e6,
                to_string(result.ran).c_str(), to_string(result.outcome));
    if (const auto answer = slot.read())
      std::printf("answer %d, sure by %.2f\n", answer->output.label,
                  static_cast<double>(answer->output.confidence));
    else
      std::printf("no answer\n");
  }
}
