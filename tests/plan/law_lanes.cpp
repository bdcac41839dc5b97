#include "catch.hpp"

#include <einet/plan/callable_law.hpp>
#include <einet/plan/conditioned.hpp>
#include <einet/plan/mixture.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <array>

using namespace einet;
using namespace einet::test;

static_assert(lane_law<Uniform> && lane_law<Uniform, simd::scalar>);
static_assert(lane_law<TruncatedGaussian> && lane_law<PiecewiseLinear>);
static_assert(lane_law<Mixture<Uniform, TruncatedGaussian>>);
static_assert(!lane_law<PointMass>);                    // a step
static_assert(!lane_law<Mixture<Uniform, PointMass>>);  // has one
static_assert(!lane_law<Conditioned<Uniform>>);

namespace {

template <class Arch, class Law>
void reads_as_in_double(const Law& law) {
  using Vector = simd::Lanes<float, Arch>;
  for (const double origin : {0.0, 0.3, 1.7, 1.99, 2.5})
    for (const double scale : {2.0, 1.0, 0.01}) {
      const auto cdf = law.template lanes<Arch>(origin, scale);
      for (int i = -8; i <= 300; ++i) {
        const auto x = static_cast<float>(i) / 256;
        alignas(64) std::array<float, Vector::size> read;
        cdf(Vector(x)).store_aligned(read.data());
        CAPTURE(origin, scale, x);
        for (const float lane : read)
          CHECK_THAT(static_cast<double>(lane),
                     WithinAbs(law.cdf(origin + static_cast<double>(x) * scale), law.lane_error(scale)));
      }
    }
}

template <class Law>
void on_every_arch(const Law& law) {
  reads_as_in_double<simd::default_arch>(law);
  reads_as_in_double<simd::scalar>(law);
}

}  // namespace

TEST_CASE("laws read in lanes are those read in double, within the error they state", "[plan][lanes]") {
  on_every_arch(Uniform{2});
  for (const double mean : {0.5, 0.0, 1.4, -0.3})
    for (const double deviation : {0.05, 0.25, 0.5, 3.0})
      if (deviation >= 0.25 || mean == 0.5) on_every_arch(TruncatedGaussian{mean, deviation, 2});
  on_every_arch(PiecewiseLinear{std::array<double, 5>{3, 0, 1, 5, 0}, 2, 2});
  on_every_arch(PiecewiseLinear{std::array<double, 1>{1}, 2});
  on_every_arch(tabulated(TruncatedGaussian{0.5, 0.25, 2}, 2));
  on_every_arch(Mixture{std::array<double, 2>{0.5, 0.25}, Uniform{2}, TruncatedGaussian{0.5, 0.25, 2}});
}
