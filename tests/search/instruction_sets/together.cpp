// Chooses among units by what the processor supports, and checks that all decide alike.

#include "unit.hpp"

#include <cmath>
#include <cstdio>

namespace {

bool alike(std::uint64_t seed, const Decided& one, const Decided& other) {
  bool same = std::fabs(one.confidence - other.confidence) <= 1e-6f;
  for (std::size_t k = 0; k < 4; ++k) same = same && std::fabs(one.worths[k] - other.worths[k]) <= 1e-6;
  if (!same || one.run == 0 || other.run == 0) {
    std::printf("seed %llu: registers of %zu and %zu floats decide otherwise\n",
                static_cast<unsigned long long>(seed), one.lanes, other.lanes);
    return false;
  }
  return true;
}

}  // namespace

int main() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Decided least, other;
    decide_sse2(seed, least);
    if (least.lanes != 4) return 1;
    if (avx2) {
      decide_avx2(seed, other);
      if (!alike(seed, least, other) || other.lanes != 8) return 1;
    }
    if (avx512) {
      decide_avx512(seed, other);
      if (!alike(seed, least, other) || other.lanes != 16) return 1;
    }
  }
  std::printf("all units decide alike\n");
}
