#include "architectures.hpp"
#include "catch.hpp"

#include <einet/base/lanes.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

using namespace einet;

static_assert(simd::width<float, simd::scalar> == 1 && simd::width<double, simd::scalar> == 1);
static_assert(std::is_same_v<simd::Lanes<float, simd::scalar>, simd::One<float>>);
static_assert(std::is_trivially_copyable_v<simd::One<float>>);
// Code with dot products must not share names with code without.
#if defined(__AVX512VNNI__)
static_assert(simd::has_dot_products<simd::default_arch>);
static_assert(!std::is_same_v<simd::default_arch, xsimd::default_arch>);
#else
static_assert(!simd::has_dot_products<simd::default_arch>);
#endif
static_assert(simd::padded<float>(0) == 0);
static_assert(simd::padded<float>(1) == simd::width<float>);
static_assert(simd::padded<float>(simd::width<float>) == simd::width<float>);
static_assert(simd::padded<float>(simd::width<float> + 1) == 2 * simd::width<float>);
static_assert(simd::padded<double, simd::scalar>(7) == 7);

namespace {

constexpr std::size_t values = 32;

// Quarters and whole numbers, so that no operation rounds and a fused one equals its two halves.
template <class T>
struct Inputs {
  alignas(64) std::array<T, values> x, y, z;
  Inputs() {
    for (std::size_t k = 0; k < values; ++k) {
      const T i = static_cast<T>(k);
      x[k] = i * T(0.75) - T(3);
      y[k] = k % 5 == 0 ? x[k] : T(6) - i / 2;  // equal ones among them
      z[k] = i * i / 2;
    }
  }
};

/// One entry per result of `lanes(x, y, z)`, computed a register at a time.
template <class T, class Arch, class Operation>
std::array<T, values> in_registers(const Operation& lanes) {
  using Vector = simd::Lanes<T, Arch>;
  const Inputs<T> in;
  alignas(64) std::array<T, values> out;
  for (std::size_t at = 0; at < values; at += Vector::size) {
    const Vector result =
        lanes(Vector::load_aligned(in.x.data() + at), Vector::load_aligned(in.y.data() + at),
              Vector::load_aligned(in.z.data() + at));
    result.store_aligned(out.data() + at);
  }
  return out;
}

template <class T, class Arch, class Operation, class Plain>
void equals_plain(const Operation& lanes, const Plain& plain) {
  const Inputs<T> in;
  const std::array<T, values> out = in_registers<T, Arch>(lanes);
  for (std::size_t k = 0; k < values; ++k) {
    CAPTURE(k, in.x[k], in.y[k], in.z[k]);
    CHECK(out[k] == plain(in.x[k], in.y[k], in.z[k]));
  }
}

template <class T, class Arch>
void does_plain_arithmetic() {
  using V = simd::Lanes<T, Arch>;
  CAPTURE(sizeof(T), V::size);
  const auto check = [](auto lanes, auto plain) { equals_plain<T, Arch>(lanes, plain); };
  check([](V x, V y, V) { return x + y; }, [](T x, T y, T) { return x + y; });
  check([](V x, V y, V) { return x - y; }, [](T x, T y, T) { return x - y; });
  check([](V x, V y, V) { return x * y; }, [](T x, T y, T) { return x * y; });
  check([](V x, V y, V) { return max(x, y); }, [](T x, T y, T) { return (std::max)(x, y); });
  check([](V x, V y, V) { return min(x, y); }, [](T x, T y, T) { return (std::min)(x, y); });
  check([](V x, V y, V z) { return simd::fma(x, y, z); }, [](T x, T y, T z) { return x * y + z; });
  check([](V x, V y, V z) { return simd::fnma(x, y, z); }, [](T x, T y, T z) { return z - x * y; });
  check([](V x, V y, V z) { return select(x < y, x, z); }, [](T x, T y, T z) { return x < y ? x : z; });
  check([](V x, V y, V z) { return select(x > y, x, z); }, [](T x, T y, T z) { return x > y ? x : z; });
  check([](V x, V y, V z) { return select(x >= y, x, z); }, [](T x, T y, T z) { return x >= y ? x : z; });
  check([](V x, V y, V z) { return select(x == y, z, x); }, [](T x, T y, T z) { return x == y ? z : x; });
  check([](V x, V y, V z) { return select(x != y, z, x); }, [](T x, T y, T z) { return x != y ? z : x; });
  check([](V x, V y, V z) { return select((x < y) & (z > x), y, z); },
        [](T x, T y, T z) { return x < y && z > x ? y : z; });
  check([](V x, V, V) { return V(T(2)) * x; }, [](T x, T, T) { return 2 * x; });
}

template <class Arch>
void floats_and_integers_meet() {
  using V = simd::Lanes<float, Arch>;
  CAPTURE(V::size);
  const auto check = [](auto lanes, auto plain) { equals_plain<float, Arch>(lanes, plain); };
  check([](V x, V, V) { return simd::to_float(simd::truncated(x)); },
        [](float x, float, float) { return std::trunc(x) + 0.f; });
  const Inputs<float> in;
  check([&](V, V, V z) { return simd::gather(in.x.data(), simd::truncated(min(z, V(31.f)))); },
        [&](float, float, float z) { return in.x[static_cast<std::size_t>((std::min)(z, 31.f))]; });
}

template <class T, class Arch>
void largest_lane_is_found() {
  constexpr std::size_t W = simd::width<T, Arch>;
  for (std::size_t most = 0; most < W; ++most) {
    alignas(64) std::array<T, W> lanes;
    for (std::size_t k = 0; k < W; ++k) lanes[k] = k == most ? T(-1) : -T(2) - static_cast<T>(k);
    if (most % 2 == 1) lanes[0] = -std::numeric_limits<T>::infinity();
    CAPTURE(W, most);
    CHECK(simd::largest<T, Arch>(simd::Lanes<T, Arch>::load_aligned(lanes.data())) == T(-1));
  }
}

}  // namespace

TEST_CASE("lanes do plain arithmetic on every instruction set, and as a single value", "[base][lanes]") {
  test::for_each_arch([](auto arch) {
    does_plain_arithmetic<float, decltype(arch)>();
    does_plain_arithmetic<double, decltype(arch)>();
    floats_and_integers_meet<decltype(arch)>();
  });
}

TEST_CASE("lanes are loaded from anywhere and stored anywhere", "[base][lanes]") {
  test::for_each_arch([](auto arch) {
    using V = simd::Lanes<float, decltype(arch)>;
    std::vector<float> from(V::size + 3);
    for (std::size_t k = 0; k < from.size(); ++k) from[k] = static_cast<float>(k);
    for (std::size_t begin = 0; begin < 4; ++begin) {
      std::vector<float> to(V::size + 5, -1.f);
      V::load_unaligned(from.data() + begin).store_unaligned(to.data() + 1);
      CHECK(to.front() == -1.f);
      for (std::size_t k = 0; k < V::size; ++k) CHECK(to[k + 1] == from[begin + k]);
      CHECK(to[V::size + 1] == -1.f);
    }
  });
}

TEST_CASE("a mask holds a truth value for each lane", "[base][lanes]") {
  test::for_each_arch([](auto arch) {
    using V = simd::Lanes<float, decltype(arch)>;
    for (std::size_t one = 0; one < V::size; ++one) {
      alignas(64) std::array<float, V::size> lanes{};
      lanes[one] = 1;
      const auto mask = V::load_aligned(lanes.data()) > V(0.5f);
      CHECK(any(mask));
      for (std::size_t k = 0; k < V::size; ++k) CHECK(mask.get(k) == (k == one));
    }
    CHECK_FALSE(any(V(0.f) > V(0.5f)));
  });
}

TEST_CASE("the error function in lanes is the standard library's to single precision", "[base][lanes]") {
  test::for_each_arch([](auto arch) {
    using V = simd::Lanes<float, decltype(arch)>;
    for (int i = -400; i <= 400; ++i) {
      alignas(64) std::array<float, V::size> read;
      const float x = static_cast<float>(i) / 64;
      erf(V(x)).store_aligned(read.data());
      CAPTURE(x, V::size);
      for (const float lane : read)
        CHECK_THAT(static_cast<double>(lane), test::WithinAbs(std::erf(static_cast<double>(x)), 2.5e-7));
    }
  });
}

TEST_CASE("the largest lane is found wherever it is", "[base][lanes]") {
  test::for_each_arch([](auto arch) {
    largest_lane_is_found<float, decltype(arch)>();
    largest_lane_is_found<double, decltype(arch)>();
  });
}

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
  const V found = einet::simd::fma(lanes(a), lanes(b), lanes(c));
  if constexpr (size == 1)
    products[0] = found.value;
  else
    found.store_aligned(products);
  T sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    CHECK(products[i] == a[i] * b[i] + c[i]);
    sum += a[i];
  }
  CHECK(einet::simd::sum(lanes(a)) == sum);
}

}  // namespace

TEST_CASE("functions named alike in all versions of xsimd do what single values do", "[base][lanes]") {
  equals_single_values<einet::simd::One<float>, float>();
  equals_single_values<einet::simd::One<double>, double>();
  equals_single_values<einet::simd::Lanes<float>, float>();
  equals_single_values<einet::simd::Lanes<double>, double>();  // 32-bit ARM has no registers of these
}
