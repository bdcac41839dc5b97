#include "catch.hpp"

#include <einet/nn/kernels/lanes.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

using namespace einet;

TEST_CASE("whole vectors, then single values, cover every channel once and in order", "[nn][lanes]") {
  using Arch = xsimd::default_arch;
  constexpr std::size_t width = xsimd::batch<float, Arch>::size;
  for (std::size_t count = 0; count <= 3 * width + 1; ++count) {
    CAPTURE(count);
    std::vector<std::size_t> seen, all(count);
    std::iota(all.begin(), all.end(), 0U);
    std::size_t calls = 0;
    const auto note = [&]<class V>(std::size_t at) {
      ++calls;
      for (std::size_t lane = 0; lane < sizeof(V) / sizeof(float); ++lane) seen.push_back(at + lane);
    };
    nn::detail::over_lanes<Arch>(count, note);
    CHECK(seen == all);
    CHECK(calls == count / width + count % width);

    seen.clear();
    const auto until = [&]<class V>(std::size_t at) {
      note.template operator()<V>(at);
      return at < width;
    };
    CHECK(nn::detail::over_lanes<Arch>(count, until) == (count <= width));
    CHECK(seen.size() == (count < 2 * width && count > width ? width + 1
                          : count > width                    ? 2 * width
                                                             : count));
  }
}

TEST_CASE("sums and selections of lanes are those of single values", "[nn][lanes]") {
  using Vector = xsimd::batch<float, xsimd::default_arch>;
  for (const std::size_t count : {0U, 1U, 7U, 16U, 37U}) {
    std::vector<float> to(count), from(count), sum(count), scaled(count);
    std::vector<double> large(count), large_sum(count);
    for (std::size_t i = 0; i < count; ++i) {
      to[i] = static_cast<float>(i) - 5.f;
      from[i] = 3.f - static_cast<float>(i % 11);
      sum[i] = to[i] + from[i];
      scaled[i] = sum[i] + .5f * from[i];
      large[i] = 1e9;
      large_sum[i] = 1e9 + static_cast<double>(from[i]);
    }
    nn::detail::add(to.data(), from.data(), count);
    CHECK(to == sum);
    nn::detail::add_scaled(to.data(), .5f, from.data(), count);
    CHECK(to == scaled);
    nn::detail::over_lanes<xsimd::default_arch>(count, [&]<class V>(std::size_t i) {
      const V value = nn::detail::load<V>(from.data() + i);
      nn::detail::add_lanes(large.data() + i, value);
      nn::detail::store(to.data() + i, nn::detail::choose(value > V(0.f), value, V(-1.f)) +
                                           nn::detail::larger(value, V(1.f)));
    });
    CHECK(large == large_sum);
    for (std::size_t i = 0; i < count; ++i)
      CHECK(to[i] == (from[i] > 0 ? from[i] : -1.f) + (from[i] > 1 ? from[i] : 1.f));
  }
  static_assert(sizeof(Vector) >= sizeof(float));
}

TEST_CASE("the larger of two lanes is NaN if either is", "[nn][lanes]") {
  const float nan = std::nanf("");
  const std::vector<float> a(19, 1.f), b(19, nan);
  const auto count_nan = [](const std::vector<float>& left, const std::vector<float>& right) {
    std::vector<float> most(left.size());
    nn::detail::over_lanes<xsimd::default_arch>(left.size(), [&]<class V>(std::size_t i) {
      nn::detail::store(most.data() + i, nn::detail::larger(nn::detail::load<V>(left.data() + i),
                                                            nn::detail::load<V>(right.data() + i)));
    });
    return std::count_if(most.begin(), most.end(), [](float value) { return std::isnan(value); });
  };
  CHECK(count_nan(a, b) == 19);
  CHECK(count_nan(b, a) == 19);
  CHECK(count_nan(b, b) == 19);
  CHECK(count_nan(a, a) == 0);
}
