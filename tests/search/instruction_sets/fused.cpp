// Functions whose multiply-adds must be single instructions, for fused.cmake.

#include <einet/base/lanes.hpp>
#include <einet/nn/kernels/conv_tile.hpp>
#include <einet/nn/kernels/product_tile.hpp>

using namespace einet;

template <class T>
using Lanes = simd::Lanes<T>;

extern "C" void fused_floats(const float* a, const float* b, float* c) {
  const auto load = [](const float* from) { return Lanes<float>::load_unaligned(from); };
  simd::fma(load(a), load(b), load(c)).store_unaligned(c);
}
extern "C" void fused_doubles(const double* a, const double* b, double* c) {
  const auto load = [](const double* from) { return Lanes<double>::load_unaligned(from); };
  simd::fnma(load(a), load(b), load(c)).store_unaligned(c);
}

using Arch = xsimd::default_arch;
template bool nn::detail::conv_tile<Arch, 2, 6>(const nn::detail::TileCall&) noexcept;
template void nn::detail::product_tile<Arch, 2, 6>(const nn::detail::ProductCall&) noexcept;
template void nn::detail::product_tile<Arch, 1, 8>(const nn::detail::ProductCall&) noexcept;
