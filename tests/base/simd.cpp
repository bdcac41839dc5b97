#include "catch.hpp"

#include <einet/base/simd.hpp>

#include <cstddef>

namespace {

template <class V, class T>
void equals_single_values() {
  constexpr std::size_t size = sizeof(V) / sizeof(T);
  alignas(64) T a[size], b[size], c[size], products[size];
  for (std::size_t i = 0; i < size; ++i) {
    a[i] = static_cast<T>(i) - 2;
    b[i] = static_cast<T>(7 * i % 5) - 1;
    c[i] = static_cast<T>(i * i % 13);
  }
  const auto lanes = [](const T* from) {
    if constexpr (size == 1)
      return V{*from};
    else
      return V::load_aligned(from);
  };
  const V found = einet::simd::fma(lanes(a), lanes(b), einet::simd::loaded_once(lanes(c)));
  if constexpr (size == 1)
    products[0] = found.value;
  else
    found.store_aligned(products);
  T sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    CHECK(products[i] == a[i] * b[i] + c[i]);
    sum += a[i];
  }
  CHECK(einet::simd::hsum(lanes(a)) == sum);
}

}  // namespace

TEST_CASE("what goes by one name in all of xsimd's versions is what single values do", "[base][simd]") {
  equals_single_values<einet::simd::One<float>, float>();
  equals_single_values<einet::simd::One<double>, double>();
#ifndef XSIMD_NO_SUPPORTED_ARCHITECTURE
  equals_single_values<xsimd::batch<float>, float>();
  equals_single_values<xsimd::batch<double>, double>();
#endif
}
