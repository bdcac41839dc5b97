#pragma once
// What passes between units of different instruction sets: plain data and functions without einet's types,
// whose names and layouts depend on the instruction set.

#include <cstddef>
#include <cstdint>

struct Decided {
  double worths[4];   ///< of the plans that four searches find
  float confidence;   ///< of a softmax
  std::size_t run;    ///< exits that the planner asks for
  std::size_t lanes;  ///< floats in a register
};

void decide_sse2(std::uint64_t seed, Decided& decided);
void decide_avx2(std::uint64_t seed, Decided& decided);
void decide_avx512(std::uint64_t seed, Decided& decided);
