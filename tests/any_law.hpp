#pragma once
// Laws of many types as two: what is tested under all laws is compiled for each type of law, and most
// promises know no more of a law than its distribution function and whether that can be read in lanes.

#include <einet/base/lanes.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>

#include <type_traits>
#include <utility>
#include <variant>

namespace einet::test {

/// Some law's distribution function. It refers to the law, and allocates nothing.
class AnyLaw {
 public:
  template <class Law>
  requires(!std::is_same_v<Law, AnyLaw>) explicit AnyLaw(const Law& law) noexcept
      : law_(&law), cdf_([](const void* of, double seconds) noexcept -> double {
          return static_cast<const Law*>(of)->cdf(seconds);
        }) {}

  [[nodiscard]] double cdf(double seconds) const noexcept { return cdf_(law_, seconds); }

 private:
  const void* law_;
  double (*cdf_)(const void*, double) noexcept;
};

/// One of the laws that can be read in lanes, the uniform one apart, for which searches have ways of their
/// own.
class AnyLaneLaw {
 public:
  template <class Law>
  requires(!std::is_same_v<Law, AnyLaneLaw>) explicit AnyLaneLaw(const Law& law) : law_(law) {}

  [[nodiscard]] double cdf(double seconds) const noexcept {
    return std::visit([&](const auto& law) { return law.cdf(seconds); }, law_);
  }

  template <class Arch>
  [[nodiscard]] auto lanes(double origin, double scale) const noexcept {
    return Read<Arch>{
        std::visit([&](const auto& law) ->
                   typename Read<Arch>::Function { return law.template lanes<Arch>(origin, scale); },
                   law_)};
  }
  [[nodiscard]] double lane_error(double scale) const noexcept {
    return std::visit([&](const auto& law) { return law.lane_error(scale); }, law_);
  }

 private:
  template <class Arch>
  struct Read {
    template <class Law>
    using Of = decltype(std::declval<const Law&>().template lanes<Arch>(0, 0));
    using Function = std::variant<Of<TruncatedGaussian>, Of<PiecewiseLinear>>;
    using Lanes = simd::Lanes<float, Arch>;

    Lanes operator()(const Lanes& x) const noexcept {
      return std::visit([&](const auto& cdf) { return cdf(x); }, function);
    }

    Function function;
  };

  std::variant<TruncatedGaussian, PiecewiseLinear> law_;
};

/// visit(the law as itself, as AnyLaneLaw or as AnyLaw).
template <class Law, class Visit>
void as_any_law(const Law& law, Visit&& visit) {
  if constexpr (std::is_same_v<Law, Uniform>)
    visit(law);
  else if constexpr (lane_law<Law>)
    visit(AnyLaneLaw(law));
  else
    visit(AnyLaw(law));
}

}  // namespace einet::test
