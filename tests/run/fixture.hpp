#pragma once
// A toy network on the virtual clock that logs every part it runs.

#include <einet/plan/time_profile.hpp>
#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace einet::test {

/// A sample for the toy blocks: they log "c0 c1 b1 …" and advance the time.
struct Trace {
  VirtualTime* time;
  std::array<float, 4> confidences;
  mutable std::string log;
};

/// Block k of a network of four; its answer is label 10 + k.
struct ToyBlock {
  std::size_t index;
  const TimeProfile<4>* times;

  void advance(Trace& trace) const {
    trace.time->advance(times->conv[index]);
    trace.log += "c" + std::to_string(index) + " ";
  }
  Answer classify(const Trace& trace) const {
    trace.time->advance(times->branch[index]);
    trace.log += "b" + std::to_string(index) + " ";
    return {static_cast<std::int32_t>(10 + index), trace.confidences[index]};
  }
};

}  // namespace einet::test
