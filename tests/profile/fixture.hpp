#pragma once
// A toy block on the virtual clock that is sometimes much slower than usual.

#include <einet/run/answer.hpp>
#include <einet/run/clock.hpp>

#include <cstddef>
#include <cstdint>

namespace einet::test {

/// Takes longer in every seventh run, as if preempted, and in the warm-up.
struct Uneven {
  double conv, branch;
  struct Features {
    VirtualTime* time;
    std::size_t run = 0;
    double seconds(double usual) const { return run < 3 ? 100 * usual : run % 7 == 0 ? 50 * usual : usual; }
  };
  void advance(Features& f) const { f.time->advance(f.seconds(conv)); }
  Answer classify(const Features& f) const {
    f.time->advance(f.seconds(branch));
    return {static_cast<std::int32_t>(f.run), 0.5f};
  }
};

}  // namespace einet::test
