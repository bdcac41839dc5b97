#pragma once
// A run of three blocks, for programs that are built in unusual ways.

#include <einet/einet.hpp>

#include <array>

namespace runs {

struct Sample {
  einet::VirtualTime* time;
};

/// Takes a millisecond per part and answers with its label and confidence.
struct Block {
  einet::Answer answer;

  void advance(Sample& sample) const { sample.time->advance(1e-3); }
  einet::Answer classify(const Sample& sample) const {
    sample.time->advance(1e-3);
    return answer;
  }
};

/// A run of all three exits: its result, and the answer in hand after it.
template <class Answers>
auto run(const std::array<Block, 3>& network) {
  const einet::TimeProfile<3> times{{1e-3, 1e-3, 1e-3}, {1e-3, 1e-3, 1e-3}};
  einet::LocalSlot<einet::Answer> slot;
  einet::VirtualTime time;
  einet::ElasticRunner runner{
      network,
      einet::Planner{times, einet::PriorPredictor<3>{{.3f, .6f, .9f}}, einet::FixedPlan<3>{{0, 1, 2}}},
      slot,
      einet::VirtualClock{time},
      einet::OwnInputs<1>{},
      Answers{}};
  Sample sample{&time};
  return runner.run(sample);
}

}  // namespace runs
