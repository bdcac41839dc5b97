#include "catch.hpp"

#include <einet/plan/callable_law.hpp>
#include <einet/plan/law.hpp>

#include <cmath>
#include <functional>
#include <stdexcept>
#include <utility>

using namespace einet;
using namespace einet::test;

TEST_CASE("any function is a law, cut to [0, 1]", "[plan][callable_law]") {
  const CallableLaw steep{[](double t) { return 2 * t - 0.5; }};
  static_assert(stop_law<std::remove_cvref_t<decltype(steep)>>);
  CHECK(steep.cdf(-1) == 0);
  CHECK(steep.cdf(0.125) == 0);
  CHECK(steep.cdf(0.5) == 0.5);
  CHECK(steep.cdf(3) == 1);
  CHECK(CallableLaw{[](double) { return std::nan(""); }}.cdf(1) == 0);
}

TEST_CASE("laws of lambdas with captures and of std::function can be assigned", "[plan][callable_law]") {
  double scale = 0.25;
  const auto make = [](double by) { return CallableLaw{[by](double t) { return by * t; }}; };
  auto law = make(scale);
  law = make(0.5);
  CHECK(law.cdf(1) == 0.5);
  CallableLaw<std::function<double(double)>> dynamic{[](double t) { return t; }};
  dynamic = CallableLaw<std::function<double(double)>>{[](double t) { return t / 2; }};
  CHECK(dynamic.cdf(1) == 0.5);
}

TEST_CASE("laws of lambdas whose captures may throw while copied can be assigned", "[plan][callable_law]") {
  const auto make = [](double by) {
    std::function<double(double)> scaled = [by](double t) { return by * t; };
    return CallableLaw{[scaled = std::move(scaled)](double t) { return scaled(t); }};
  };
  auto law = make(0.25);
  static_assert(stop_law<decltype(law)>);
  law = make(0.5);
  CHECK(law.cdf(1) == 0.5);
  const auto& same = law;
  law = same;
  CHECK(law.cdf(1) == 0.5);
}

TEST_CASE("laws of lambdas with captures that cannot be moved can be assigned", "[plan][callable_law]") {
  const auto make = [](double by) {
    const std::function<double(double)> scaled = [by](double t) { return by * t; };
    return CallableLaw{[scaled](double t) { return scaled(t); }};  // the capture is const
  };
  auto law = make(0.25);
  static_assert(stop_law<decltype(law)>);
  const auto before = law;
  law = make(0.5);
  CHECK(law.cdf(1) == 0.5);
  CHECK(before.cdf(1) == 0.25);
}

namespace {

/// Throws while copied if it is told to; cannot be assigned.
struct Fragile {
  double by;
  const bool* throws;

  Fragile(double factor, const bool& when) noexcept : by(factor), throws(&when) {}
  Fragile(const Fragile& other) : by(other.by), throws(other.throws) {
    if (*throws) throw std::runtime_error("copied");
  }
  Fragile(Fragile&&) noexcept = default;
  Fragile& operator=(const Fragile&) = delete;
  ~Fragile() = default;
  double operator()(double t) const noexcept { return by * t; }
};

}  // namespace

TEST_CASE("a law stays as it was if copying the function throws", "[plan][callable_law]") {
  bool throws = false;
  CallableLaw<Fragile> law{Fragile{0.25, throws}};
  const CallableLaw<Fragile> other{Fragile{0.5, throws}};
  throws = true;
  CHECK_THROWS_AS(law = other, std::runtime_error);
  CHECK(law.cdf(1) == 0.25);
  throws = false;
  law = other;
  CHECK(law.cdf(1) == 0.5);
}
