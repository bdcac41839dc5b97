// The units that are linked, and which of them this processor runs. Compiled as the program is.

#include <einet/nn/inference/dispatch.hpp>

#include <array>
#include <cstddef>
#include <span>

#ifdef EINET_UNITS

extern "C" void einet_compile_graph_avx2(const einet::nn::Graph&, const einet::nn::InferenceOptions&,
                                         const einet::nn::LayerPacked&, einet::nn::CompiledGraph&);
extern "C" void einet_compile_graph_avx512(const einet::nn::Graph&, const einet::nn::InferenceOptions&,
                                           const einet::nn::LayerPacked&, einet::nn::CompiledGraph&);

namespace {

constexpr std::array<einet::nn::KernelSet, 2> linked{
    {{"avx2", 1, &einet_compile_graph_avx2}, {"avx512", 2, &einet_compile_graph_avx512}}};

/// How many of them, whose flags cmake/einet-dispatched.cmake names, run here.
std::size_t count_runnable() noexcept {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  return avx512 ? 2 : 1;
}

}  // namespace

std::span<const einet::nn::KernelSet> einet::nn::kernel_sets() noexcept {
  static const std::size_t runnable = count_runnable();
  return std::span(linked).first(runnable);
}

#else

std::span<const einet::nn::KernelSet> einet::nn::kernel_sets() noexcept {
  return {};
}

#endif
