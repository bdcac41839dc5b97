#include "catch.hpp"

#include <einet/base/executor.hpp>
#include <einet/base/lanes.hpp>
#include <einet/base/random_bits.hpp>

#include <array>
#include <string>
#include <vector>

using namespace einet;

namespace {

/// Every operation that kernels use, on the first `width` of these values.
template <class Arch>
std::vector<float> operations() {
  using Vector = simd::Lanes<float, Arch>;
  constexpr std::size_t W = simd::width<float, Arch>;
  std::vector<float> results;
  for (std::size_t at = 0; at < 16; at += W) {
    alignas(64) std::array<float, W> a, b, c, out;
    alignas(64) std::array<std::int32_t, W> index;
    for (std::size_t k = 0; k < W; ++k) {
      const auto i = static_cast<float>(at + k);
      a[k] = i * 0.75f - 3, b[k] = 5 - i, c[k] = i * i;
      index[k] = static_cast<std::int32_t>(15 - (at + k));
    }
    static constexpr std::array<float, 16> table{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3};
    const Vector x = Vector::load_aligned(a.data()), y = Vector::load_unaligned(b.data()),
                 z = Vector::load_aligned(c.data());
    const auto where = simd::Lanes<std::int32_t, Arch>::load_aligned(index.data());
    const auto odd =
        simd::float_mask((where & simd::Lanes<std::int32_t, Arch>(1)) == simd::Lanes<std::int32_t, Arch>(1));
    for (const Vector& result :
         {x + y, x - y, x * y, max(x, y), min(x, y), fma(x, y, z), fnma(x, y, z), select(x < y, x, z),
          select((x >= y) & (z > x), x, z), Vector::gather(table.data(), where), select(odd, x, y),
          simd::to_float(simd::truncated(x))}) {
      result.store_aligned(out.data());
      results.insert(results.end(), out.begin(), out.end());
    }
  }
  return results;
}

/// operations() puts the results of a register side by side; this sorts them by operation.
template <class Arch>
std::vector<float> by_operation() {
  constexpr std::size_t W = simd::width<float, Arch>;
  const std::vector<float> mixed = operations<Arch>();
  const std::size_t count = mixed.size() / 16;
  std::vector<float> sorted(mixed.size());
  for (std::size_t op = 0; op < count; ++op)
    for (std::size_t k = 0; k < 16; ++k) sorted[op * 16 + k] = mixed[(k / W) * W * count + op * W + k % W];
  return sorted;
}

}  // namespace

TEST_CASE("a single value behaves as a lane of a batch", "[base][lanes]") {
  CHECK(by_operation<simd::scalar>() == by_operation<simd::default_arch>());
}

TEST_CASE("the largest lane is found, and counts are rounded up to registers", "[base][lanes]") {
  constexpr std::size_t W = simd::width<double>;
  for (std::size_t most = 0; most < W; ++most) {
    alignas(64) std::array<double, W> values;
    for (std::size_t k = 0; k < W; ++k) values[k] = k == most ? 2.0 : -static_cast<double>(k);
    CHECK(simd::largest<double, simd::default_arch>(simd::Lanes<double>::load_aligned(values.data())) == 2.0);
  }
  CHECK(simd::padded<float>(0) == 0);
  CHECK(simd::padded<float>(1) == simd::width<float>);
  CHECK(simd::padded<float>(simd::width<float>) == simd::width<float>);
  CHECK(simd::padded<float, simd::scalar>(7) == 7);
}

TEST_CASE("random bits are SplitMix64's, started at a mixed seed", "[base][random]") {
  const auto next = [](std::uint64_t& state) {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  };
  for (const std::uint64_t seed : {0ULL, 1ULL, 0xffffffffffffffffULL}) {
    std::uint64_t outer = seed;
    std::uint64_t state = next(outer);
    for (std::uint64_t k = 0; k < 100; ++k) CHECK(random_bits(seed, k) == next(state));
  }
  std::uint64_t zero = 0;
  CHECK(next(zero) == 0xe220a8397b1dcdafULL);  // the first number of the published generator for seed 0
}

static_assert(executor<Serial>);
static_assert(!executor<int>);
static_assert(!executor<std::string>);

TEST_CASE("the serial executor does every piece once, in order", "[base][executor]") {
  std::vector<std::size_t> done;
  Serial{}(5, [&](std::size_t k) { done.push_back(k); });
  CHECK(done == std::vector<std::size_t>{0, 1, 2, 3, 4});
  Serial{}(0, [&](std::size_t) { FAIL("nothing was to be done"); });
}
