// Blocks whose work, as the optimiser is told, has no effect but its results, and nobody reads these. It is
// compiled, never run: what of the work is left is read off the assembly.

#include <einet/profile/keep.hpp>
#include <einet/profile/measure_times.hpp>

#include <array>
#include <cstddef>
#include <vector>

#define PURE __attribute__((const))

extern "C" {
PURE float work_of_load(float);
PURE float work_of_conv_first(float);
PURE float work_of_conv_last(float);
PURE float work_of_conv_on_heap(float);
PURE float work_of_branch_first(float);
PURE float work_of_branch_middle(float);
PURE float work_of_branch_last(float);
PURE float work_kept_first(float);
PURE float work_kept_last(float);
}

namespace {

struct Features {
  std::array<float, 8> inside{};
  std::vector<float> on_heap = std::vector<float>(8);
};

struct Output {
  std::array<float, 100> scores;
};
float confidence(const Output& output) {
  return output.scores[0];
}

struct Block {
  void advance(Features& x) const {
    x.inside[1] = work_of_conv_first(x.inside[0]);
    x.inside[7] = work_of_conv_last(x.inside[0]);
    x.on_heap[7] = work_of_conv_on_heap(x.inside[0]);
  }
  Output classify(const Features& x) const {
    Output output{};
    output.scores[0] = work_of_branch_first(x.inside[0]);
    output.scores[50] = work_of_branch_middle(x.inside[0]);
    output.scores[99] = work_of_branch_last(x.inside[0]);
    return output;
  }
};

}  // namespace

double measured() {
  const std::array<Block, 1> blocks{};
  Features x;
  const auto load = [](Features& on, std::size_t run) {
    on.inside[6] = work_of_load(static_cast<float>(run));
  };
  return einet::measure_times<1>(blocks, x, load).median.total();
}

/// What compilers without inline assembly do.
void kept_at_fence(float x) {
  Output output{};
  output.scores[0] = work_kept_first(x);
  output.scores[99] = work_kept_last(x);
  einet::detail::keep_at_fence(output);
}
