#pragma once
// Activation functions and their derivatives, for vectors and single values alike. NaN stays NaN.

#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/lanes.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace einet::nn {

/// What is applied to every value.
enum class Activation { none, relu, relu6, leaky_relu, sigmoid, silu, hard_sigmoid, hard_swish, gelu, tanh };

/// PyTorch's name of the function.
[[nodiscard]] constexpr std::string_view name_of(Activation activation) noexcept {
  constexpr std::string_view names[] = {"identity", "relu",        "relu6",     "leaky_relu", "sigmoid",
                                        "silu",     "hardsigmoid", "hardswish", "gelu",       "tanh"};
  return names[static_cast<std::size_t>(activation)];
}

/// The bounds that compute the activation, for those that only cut values off.
[[nodiscard]] constexpr std::optional<Bounds> bounds_of(Activation activation) noexcept {
  if (activation == Activation::none) return Bounds{};
  if (activation == Activation::relu) return Bounds{0.f, std::numeric_limits<float>::infinity()};
  if (activation == Activation::relu6) return Bounds{0.f, 6.f};
  return std::nullopt;
}

namespace detail {

template <class V>
[[nodiscard]] inline V sigmoid(const V& x) noexcept {
  using std::exp;
  using xsimd::exp;
  return V(1.f) / (V(1.f) + exp(V(0.f) - x));
}

/// Φ(x), the distribution function of the standard normal distribution.
template <class V>
[[nodiscard]] inline V normal_distribution(const V& x) noexcept {
  using std::erf;
  using xsimd::erf;
  return V(.5f) * (V(1.f) + erf(x * V(.70710678f)));
}

/// y from x. `slope` is leaky ReLU's below 0.
template <Activation A, class V>
[[nodiscard]] inline V activated(const V& x, [[maybe_unused]] float slope) noexcept {
  if constexpr (A == Activation::none) return x;
  if constexpr (A == Activation::relu) return choose(x < V(0.f), V(0.f), x);
  if constexpr (A == Activation::relu6) return within(x, 0.f, 6.f);
  if constexpr (A == Activation::leaky_relu) return choose(x < V(0.f), V(slope) * x, x);
  if constexpr (A == Activation::sigmoid) return sigmoid(x);
  if constexpr (A == Activation::silu) return x * sigmoid(x);
  if constexpr (A == Activation::hard_sigmoid) return within(x + V(3.f), 0.f, 6.f) * V(1.f / 6.f);
  if constexpr (A == Activation::hard_swish) return x * within(x + V(3.f), 0.f, 6.f) * V(1.f / 6.f);
  if constexpr (A == Activation::gelu) return x * normal_distribution(x);
  if constexpr (A == Activation::tanh) {
    using std::tanh;
    using xsimd::tanh;
    return tanh(x);
  }
}

/// dy/dx at x; at a kink, as PyTorch's vectorised code has it.
template <Activation A, class V>
[[nodiscard]] inline V derivative(const V& x, [[maybe_unused]] float slope) noexcept {
  const V zero(0.f), one(1.f);
  if constexpr (A == Activation::none) return one;
  if constexpr (A == Activation::relu) return choose(x > zero, one, zero);
  if constexpr (A == Activation::relu6) return choose(x > zero, choose(x < V(6.f), one, zero), zero);
  if constexpr (A == Activation::leaky_relu) return choose(x > zero, one, V(slope));
  if constexpr (A == Activation::sigmoid) {
    const V y = sigmoid(x);
    return y * (one - y);
  }
  if constexpr (A == Activation::silu) {
    const V y = sigmoid(x);
    return y * (one + x * (one - y));
  }
  if constexpr (A == Activation::hard_sigmoid)
    return choose(x > V(-3.f), choose(x < V(3.f), V(1.f / 6.f), zero), zero);
  if constexpr (A == Activation::hard_swish)
    return choose(x < V(-3.f), zero, choose(x >= V(3.f), one, x * V(1.f / 3.f) + V(.5f)));
  if constexpr (A == Activation::gelu) {
    using std::exp;
    using xsimd::exp;
    return normal_distribution(x) + x * V(.39894228f) * exp(V(-.5f) * x * x);
  }
  if constexpr (A == Activation::tanh) {
    const V y = activated<Activation::tanh>(x, 0.f);
    return one - y * y;
  }
}

/// f.operator()<A>() for the activation that is only known at run time.
template <class F>
decltype(auto) with_activation(Activation activation, F&& f) {
  switch (activation) {
    case Activation::relu:
      return f.template operator()<Activation::relu>();
    case Activation::relu6:
      return f.template operator()<Activation::relu6>();
    case Activation::leaky_relu:
      return f.template operator()<Activation::leaky_relu>();
    case Activation::sigmoid:
      return f.template operator()<Activation::sigmoid>();
    case Activation::silu:
      return f.template operator()<Activation::silu>();
    case Activation::hard_sigmoid:
      return f.template operator()<Activation::hard_sigmoid>();
    case Activation::hard_swish:
      return f.template operator()<Activation::hard_swish>();
    case Activation::gelu:
      return f.template operator()<Activation::gelu>();
    case Activation::tanh:
      return f.template operator()<Activation::tanh>();
    case Activation::none:
      break;
  }
  return f.template operator()<Activation::none>();
}

}  // namespace detail

/// y[i] = activation(x[i]); the two may be the same array.
template <class Arch = xsimd::default_arch>
void activate(Activation activation, float slope, const float* x, float* y, std::size_t count) noexcept {
  detail::with_activation(activation, [&]<Activation A>() {
    detail::over_lanes<Arch>(count, [=]<class V>(std::size_t i) {
      detail::store(y + i, detail::activated<A, V>(detail::load<V>(x + i), slope));
    });
  });
}

/// dx[i] = dy[i] · activation'(x[i]).
template <class Arch = xsimd::default_arch>
void activate_backward(Activation activation, float slope, const float* x, const float* dy, float* dx,
                       std::size_t count) noexcept {
  detail::with_activation(activation, [&]<Activation A>() {
    detail::over_lanes<Arch>(count, [=]<class V>(std::size_t i) {
      detail::store(dx + i,
                    detail::load<V>(dy + i) * detail::derivative<A, V>(detail::load<V>(x + i), slope));
    });
  });
}

#ifdef EINET_KERNELS
EINET_KERNELS template void activate<xsimd::default_arch>(Activation, float, const float*, float*,
                                                          std::size_t) noexcept;
EINET_KERNELS template void activate_backward<xsimd::default_arch>(Activation, float, const float*,
                                                                   const float*, float*,
                                                                   std::size_t) noexcept;
#endif

}  // namespace einet::nn
