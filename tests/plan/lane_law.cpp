#include "architectures.hpp"
#include "catch.hpp"
#include "plan/laws.hpp"

#include <einet/plan/lane_law.hpp>
#include <einet/plan/point_mass.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace {

/// Only a distribution function; and one with a lane function in name only.
struct Plain {
  double cdf(double seconds) const noexcept { return Uniform{2}.cdf(seconds); }
};
struct NoLanes : Plain {
  template <class Arch>
  int lanes(double, double) const noexcept {
    return 0;
  }
  double lane_error(double) const noexcept { return 0; }
};

template <class Law>
constexpr bool in_lanes = lane_law<Law>&& lane_law<Law, simd::scalar>;
template <class Law>
constexpr bool never_in_lanes = stop_law<Law> && !lane_law<Law> && !lane_law<Law, simd::scalar>;

using Callable = CallableLaw<double (*)(double)>;

static_assert(in_lanes<Uniform> && in_lanes<TruncatedGaussian> && in_lanes<PiecewiseLinear>);
static_assert(in_lanes<Mixture<Uniform>> && in_lanes<Mixture<Uniform, TruncatedGaussian, PiecewiseLinear>>);
static_assert(in_lanes<Mixture<Mixture<Uniform, TruncatedGaussian>, PiecewiseLinear>>);
static_assert(never_in_lanes<PointMass>);                                               // a step
static_assert(never_in_lanes<Mixture<Uniform, PointMass>>);                             // has one
static_assert(never_in_lanes<Mixture<Mixture<PointMass, Uniform>, Uniform>>);           // has one within
static_assert(never_in_lanes<Callable> && never_in_lanes<Mixture<Uniform, Callable>>);  // may have one
static_assert(never_in_lanes<Plain> && never_in_lanes<NoLanes>);
static_assert(!lane_law<int>);

/// Compares the lanes of `law` with its distribution function, at many moments, different ones in each lane.
/// @param unit seconds that the law spans
template <class Arch, class Law>
void reads_as_in_double(const Law& law, double unit) {
  using Vector = simd::Lanes<float, Arch>;
  constexpr std::size_t W = Vector::size;
  std::vector<float> moments;  // [0, 1] and a little beyond both ends
  for (int i = -16; i <= 272; ++i) moments.push_back(static_cast<float>(i) / 256);
  for (int i = 0; i < 200; ++i) moments.push_back(static_cast<float>(std::fmod(0.6180339887 * i, 1)));
  for (const float edge : {0.f, 0.25f, 0.5f, 0.75f, 1.f})
    for (const float towards : {-1.f, 2.f}) moments.push_back(std::nextafter(edge, towards));
  while (moments.size() % W != 0) moments.push_back(0.375f);
  for (const double origin : {0.0, 0.15, 0.5, 0.85, 0.999, 1.0, 1.25})
    for (const double scale : {1.0, 0.5, 0.01, 1e-6, 1.7}) {
      const auto cdf = law.template lanes<Arch>(origin * unit, scale * unit);
      const double error = law.lane_error(scale * unit);
      double worst = 0;
      double at = 0;
      bool probable = true;
      for (std::size_t begin = 0; begin < moments.size(); begin += W) {
        alignas(64) std::array<float, W> read;
        cdf(Vector::load_unaligned(moments.data() + begin)).store_aligned(read.data());
        for (std::size_t lane = 0; lane < W; ++lane) {
          const auto x = static_cast<double>(moments[begin + lane]);
          const auto value = static_cast<double>(read[lane]);
          const double off = std::abs(value - law.cdf(origin * unit + x * scale * unit));
          probable = probable && value >= -error && value <= 1 + error;
          at = off > worst ? x : at;
          worst = (std::max)(worst, off);
        }
      }
      CAPTURE(unit, origin, scale, W, at);
      CHECK(worst <= error);
      CHECK(probable);
    }
}

template <class Law>
void on_every_arch(const Law& law, double unit = 2) {
  for_each_arch([&](auto arch) { reads_as_in_double<decltype(arch)>(law, unit); });
}

}  // namespace

TEST_CASE("the uniform law in lanes is that in double, within the error it states", "[plan][lanes]") {
  for (const double unit : {2.0, 1e-9, 1e-300, 1e300}) on_every_arch(Uniform{unit}, unit);
}

TEST_CASE("the Gaussian law in lanes is that in double, within the error it states", "[plan][lanes]") {
  std::size_t laws = 0;
  for (const double mean : {0.5, 0.0, 1.0, 1.3, -0.3, 3.0, -5.0})
    for (const double deviation : {1e-3, 0.01, 0.05, 0.2, 0.25, 0.5, 1.0, 10.0, 1e3}) {
      const double beyond = (std::max)({0.0, mean - 1, -mean});
      if (beyond > 6 * deviation) continue;  // nothing is left to scale up
      CAPTURE(mean, deviation);
      on_every_arch(TruncatedGaussian::of_horizon(mean, deviation).over(2));
      ++laws;
    }
  CHECK(laws > 40);
  on_every_arch(TruncatedGaussian::of_horizon(0.5, 0.25).over(1e-300), 1e-300);
}

TEST_CASE("a table in lanes is that in double, within the error it states", "[plan][lanes]") {
  on_every_arch(PiecewiseLinear{std::array<double, 5>{3, 0, 1, 5, 0}, 2, 2});
  on_every_arch(PiecewiseLinear{std::array<double, 7>{0, 0, 1, 0, 0, 1e-9, 0}, 2});
  on_every_arch(PiecewiseLinear{std::array<double, 1>{1}, 2});
  on_every_arch(PiecewiseLinear{std::array<double, 3>{0, 0, 0}, 2, 1});  // never
  on_every_arch(learned(2));
  const PiecewiseLinear table = tabulated(TruncatedGaussian::of_horizon(0.5, 0.25).over(2), 2, 1024);
  on_every_arch(table);
  on_every_arch(tabulated(PointMass{1.3}, 2, 1024));  // all of it within one bin
  on_every_arch(tabulated(Uniform{1e-300}, 1e-300, 65536), 1e-300);
}

TEST_CASE("a mixture in lanes is that in double, within the error it states", "[plan][lanes]") {
  const Mixture inner{std::array<double, 2>{0.5, 0.25}, Uniform{2},
                      TruncatedGaussian::of_horizon(0.5, 0.25).over(2)};
  on_every_arch(inner);
  on_every_arch(Mixture{std::array<double, 3>{0.3, 0.6, 0.1}, inner,
                        PiecewiseLinear{std::array<double, 5>{3, 0, 1, 5, 0}, 1.5},
                        TruncatedGaussian::of_horizon(1.3, 0.2).over(2)});
  on_every_arch(Mixture{std::array<double, 1>{0}, Uniform{2}});
}

TEST_CASE("every law of the other tests that has lanes is read in them", "[plan][lanes]") {
  std::size_t read = 0;
  for_each_law(2.0, [&](const auto& law, const std::string& name) {
    if constexpr (lane_law<std::remove_cvref_t<decltype(law)>>) {
      CAPTURE(name);
      on_every_arch(law);
      ++read;
    }
  });
  CHECK(read == 6);
}
