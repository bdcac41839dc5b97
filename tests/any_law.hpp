#pragma once
// Laws of many types as a few: a test under all laws is compiled for each type of law, and most promises only
// need a law's distribution function and whether it can be read in lanes.

#include <einet/base/lanes.hpp>
#include <einet/plan/lane_law.hpp>
#include <einet/plan/law.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/problem.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/search.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace einet::test {

/// The distribution function of any law.
class AnyLaw {
 public:
  template <class Law>
  requires(!std::is_same_v<Law, AnyLaw>) explicit AnyLaw(const Law& law)
      : law_(std::make_shared<const Law>(law)), cdf_([](const void* of, double seconds) noexcept -> double {
          return static_cast<const Law*>(of)->cdf(seconds);
        }) {}

  [[nodiscard]] double cdf(double seconds) const noexcept { return cdf_(law_.get(), seconds); }

 private:
  std::shared_ptr<const void> law_;
  double (*cdf_)(const void*, double) noexcept;
};

/// One of the laws that can be read in lanes, except the uniform one, for which searches have their own ways.
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
  /// The law's function in lanes.
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

/// A law as one of three types. It has no distribution function itself, so that no search takes it for a law
/// without lanes.
struct NamedLaw {
  template <class Law>
  NamedLaw(const Law& law, std::string what) : any(law), typed(as_typed(law)), name(std::move(what)) {}

  /// visit(law)
  template <class Visit>
  decltype(auto) accept(Visit&& visit) const {
    if (const auto* uniform = std::get_if<Uniform>(&typed)) return visit(*uniform);
    if (const auto* lanes = std::get_if<AnyLaneLaw>(&typed)) return visit(*lanes);
    return visit(any);
  }

  using Typed = std::variant<std::monostate, Uniform, AnyLaneLaw>;
  template <class Law>
  static Typed as_typed(const Law& law) {
    if constexpr (std::is_same_v<Law, Uniform>)
      return law;
    else if constexpr (lane_law<Law>)
      return AnyLaneLaw(law);
    else
      return {};
  }

  AnyLaw any;
  Typed typed;
  std::string name;
};

/// The result of a search under the law.
template <class Search, std::size_t N>
Found<N> solved(const Search& search, const Problem<N>& problem, const NamedLaw& law) {
  return law.accept([&](const auto& typed) { return search(problem, typed); });
}

}  // namespace einet::test
