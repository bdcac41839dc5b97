#include "catch.hpp"

#include <einet/nn/kernels/activation.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

using namespace einet;
using nn::Activation;

namespace {

constexpr Activation all_activations[] = {Activation::none,         Activation::relu,       Activation::relu6,
                                          Activation::leaky_relu,   Activation::sigmoid,    Activation::silu,
                                          Activation::hard_sigmoid, Activation::hard_swish, Activation::gelu,
                                          Activation::tanh};

/// By definition, in double.
double defined(Activation activation, double slope, double x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::relu:
      return (std::max)(x, 0.);
    case Activation::relu6:
      return std::clamp(x, 0., 6.);
    case Activation::leaky_relu:
      return x < 0 ? slope * x : x;
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::hard_sigmoid:
      return std::clamp(x + 3, 0., 6.) / 6;
    case Activation::hard_swish:
      return x * std::clamp(x + 3, 0., 6.) / 6;
    case Activation::gelu:
      return x * std::erfc(-x / std::sqrt(2.)) / 2;
    case Activation::tanh:
      return std::tanh(x);
  }
  return 0;
}

}  // namespace

TEST_CASE("activations and their derivatives are those by definition, in vectors and in tails",
          "[nn][activation]") {
  // Never at a kink, and enough for whole vectors and a tail.
  std::vector<float> x;
  for (float at = -9.01f; at < 9.f; at += .07f) x.push_back(at);
  const std::vector<float> dy(x.size(), 2.f);
  for (const Activation activation : all_activations) {
    INFO(nn::name_of(activation));
    std::vector<float> y(x.size()), dx(x.size());
    nn::activate(activation, .1f, x.data(), y.data(), x.size());
    nn::activate_backward(activation, .1f, x.data(), dy.data(), dx.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto at = static_cast<double>(x[i]);
      INFO("x = " << at);
      const double slope = static_cast<double>(.1f), step = 1e-5;
      const double rise = defined(activation, slope, at + step) - defined(activation, slope, at - step);
      REQUIRE_THAT(y[i], test::WithinAbs(defined(activation, slope, at), 2e-6));
      REQUIRE_THAT(dx[i], test::WithinAbs(rise / step, 1e-5));
    }
    std::vector<float> in_place = x;
    nn::activate(activation, .1f, in_place.data(), in_place.data(), x.size());
    CHECK(in_place == y);
  }
}

TEST_CASE("NaN passes every activation, and large values saturate", "[nn][activation]") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  for (const Activation activation : all_activations) {
    INFO(nn::name_of(activation));
    std::vector<float> x(19, nan), y(19, 0.f);
    nn::activate(activation, .1f, x.data(), y.data(), x.size());
    for (const float value : y) REQUIRE(value != value);
    for (const float large : {-1000.f, 1000.f}) {
      std::fill(x.begin(), x.end(), large);
      nn::activate(activation, .1f, x.data(), y.data(), x.size());
      for (const float value : y) {
        const double truth = defined(activation, static_cast<double>(.1f), static_cast<double>(large));
        REQUIRE_THAT(value, test::WithinAbs(truth, 1e-3));
      }
    }
  }
}

TEST_CASE("derivatives at kinks are PyTorch's", "[nn][activation]") {
  const auto derivative = [](Activation activation, float x) {
    const float dy = 1.f;
    float dx = -1.f;
    nn::activate_backward(activation, .25f, &x, &dy, &dx, 1);
    return dx;
  };
  CHECK(derivative(Activation::relu, 0.f) == 0.f);
  CHECK(derivative(Activation::relu6, 0.f) == 0.f);
  CHECK(derivative(Activation::relu6, 6.f) == 0.f);
  CHECK(derivative(Activation::leaky_relu, 0.f) == .25f);
  CHECK(derivative(Activation::hard_sigmoid, -3.f) == 0.f);
  CHECK(derivative(Activation::hard_sigmoid, 3.f) == 0.f);
}

TEST_CASE("only activations that cut off are bounds", "[nn][activation]") {
  for (const Activation activation : all_activations) {
    const bool cuts =
        activation == Activation::none || activation == Activation::relu || activation == Activation::relu6;
    CHECK(nn::bounds_of(activation).has_value() == cuts);
  }
}
