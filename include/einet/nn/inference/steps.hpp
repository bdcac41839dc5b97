#pragma once
// The steps that layers are lowered to, other than convolution: operations pixel by pixel.

#include <einet/base/aligned.hpp>
#include <einet/nn/inference/step.hpp>
#include <einet/nn/kernels/activation.hpp>
#include <einet/nn/kernels/conv2d_kernel.hpp>
#include <einet/nn/kernels/lanes.hpp>

#include <cstddef>
#include <cstring>
#include <utility>

namespace einet::nn {

/// What a step does to its result before it stores it.
struct Epilogue {
  Activation activation = Activation::none;
  float slope = 0.f;  ///< of leaky ReLU below 0

  [[nodiscard]] bool bounds_only() const noexcept { return bounds_of(activation).has_value(); }
  [[nodiscard]] Bounds bounds() const noexcept { return bounds_of(activation).value_or(Bounds{}); }
};

namespace detail {

/// f(pixel) for every pixel of a map of `channels`; false if the stop came first.
template <class F>
bool each_pixel(Shape shape, PacedStop& stop, const F& f) noexcept {
  for (std::size_t pixel = 0; pixel < shape.pixels(); ++pixel) {
    f(pixel);
    if (stop.after(shape.channels * memory_work)) return false;
  }
  return true;
}

inline bool finish(const Epilogue& epilogue, const MapView<float>& map, PacedStop& stop) noexcept {
  if (epilogue.bounds_only()) return true;
  return each_pixel(map.shape, stop, [&](std::size_t pixel) {
    activate(epilogue.activation, epilogue.slope, map.pixel(pixel), map.pixel(pixel), map.shape.channels);
  });
}

}  // namespace detail

/// y = activation(factor · x + shift), channel by channel.
class ScaleStep final : public Step {
 public:
  ScaleStep(AlignedVector<float> factor, AlignedVector<float> shift, Epilogue epilogue)
      : factor_(std::move(factor)), shift_(std::move(shift)), epilogue_(epilogue) {}

  [[nodiscard]] bool run(const StepMaps& maps, PacedStop& stop) const noexcept override {
    const MapView<const float> in = maps.in();
    const MapView<float> out = maps.out();
    const Bounds bounds = epilogue_.bounds();
    const bool done = detail::each_pixel(out.shape, stop, [&](std::size_t pixel) {
      const float* const x = in.pixel(pixel);
      float* const y = out.pixel(pixel);
      detail::over_lanes<xsimd::default_arch>(out.shape.channels, [&]<class V>(std::size_t c) {
        const V value = detail::multiply_add(detail::load<V>(x + c), detail::load<V>(factor_.data() + c),
                                             detail::load<V>(shift_.data() + c));
        detail::store(y + c, detail::within(value, bounds.low, bounds.high));
      });
    });
    return done && detail::finish(epilogue_, out, stop);
  }

 private:
  AlignedVector<float> factor_, shift_;
  Epilogue epilogue_;
};

/// y = activation(x), or a copy of x with none.
class ActivationStep final : public Step {
 public:
  explicit ActivationStep(Epilogue epilogue) noexcept : epilogue_(epilogue) {}

  [[nodiscard]] bool run(const StepMaps& maps, PacedStop& stop) const noexcept override {
    const MapView<const float> in = maps.in();
    const MapView<float> out = maps.out();
    const std::size_t channels = out.shape.channels;
    return detail::each_pixel(out.shape, stop, [&](std::size_t pixel) {
      if (epilogue_.activation == Activation::none) {
        std::memcpy(out.pixel(pixel), in.pixel(pixel), channels * sizeof(float));
      } else {
        activate(epilogue_.activation, epilogue_.slope, in.pixel(pixel), out.pixel(pixel), channels);
      }
    });
  }

 private:
  Epilogue epilogue_;
};

/// y = activation(a + b).
class SumStep final : public Step {
 public:
  explicit SumStep(Epilogue epilogue) noexcept : epilogue_(epilogue) {}

  [[nodiscard]] bool run(const StepMaps& maps, PacedStop& stop) const noexcept override {
    const MapView<const float> a = maps.in(0), b = maps.in(1);
    const MapView<float> out = maps.out();
    const Bounds bounds = epilogue_.bounds();
    const bool done = detail::each_pixel(out.shape, stop, [&](std::size_t pixel) {
      const float* const x = a.pixel(pixel);
      const float* const z = b.pixel(pixel);
      float* const y = out.pixel(pixel);
      detail::over_lanes<xsimd::default_arch>(out.shape.channels, [&]<class V>(std::size_t c) {
        detail::store(
            y + c, detail::within(detail::load<V>(x + c) + detail::load<V>(z + c), bounds.low, bounds.high));
      });
    });
    return done && detail::finish(epilogue_, out, stop);
  }

 private:
  Epilogue epilogue_;
};

}  // namespace einet::nn
