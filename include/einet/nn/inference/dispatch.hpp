#pragma once
// Inference by kernels that are chosen when the program runs, for programs that are compiled for any
// processor of their kind:
//
//   nn::InferenceNetwork<10> network(graph, {.compile = nn::dispatched()});
//
// The kernels are in the CMake target einet::dispatched, which `einet_add_dispatched()` defines: it compiles
// them once for each instruction set, with flags of their own, whatever those of the program are. On
// processors other than x86-64 it has none, and the program keeps its own.

#include <einet/nn/inference/compiled_graph.hpp>

#include <span>
#include <string_view>

#include <xsimd/xsimd.hpp>

namespace einet::nn {

/// Kernels for an instruction set.
struct KernelSet {
  std::string_view name;  ///< "avx2" or "avx512"
  int rank;               ///< 1 is AVX2 with FMA, 2 is AVX-512 (F, BW, CD, DQ, VL)
  GraphCompiler compile;
};

/// Those that are linked into the program and that this processor runs, the best last.
[[nodiscard]] std::span<const KernelSet> kernel_sets() noexcept;

namespace detail {

/// What this translation unit is compiled for, as KernelSet ranks it.
template <class Arch>
inline constexpr int own_rank =
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__)
    2;
#elif defined(__AVX2__) && defined(__FMA__)
    1;
#else
    0;
#endif

}  // namespace detail

/// The best kernels for this processor, or null if the program's own are as good.
template <class Arch = xsimd::default_arch>  // so that the name carries the program's instruction set
[[nodiscard]] GraphCompiler dispatched() noexcept {
  const std::span<const KernelSet> sets = kernel_sets();
  return !sets.empty() && sets.back().rank > detail::own_rank<Arch> ? sets.back().compile : nullptr;
}

}  // namespace einet::nn
