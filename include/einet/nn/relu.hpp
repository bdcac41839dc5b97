#pragma once
// The rectifier, max(0, x).

#include <einet/nn/layer.hpp>
#include <einet/nn/parallel.hpp>

#include <cstddef>

namespace einet::nn {

/// y = max(0, x), element by element; the gradient at 0 is 0.
class Relu final : public Layer {
 public:
  static constexpr std::string_view name = "Relu";

  [[nodiscard]] std::string_view kind() const noexcept override { return name; }
  [[nodiscard]] Shape output(Shape input) const override { return input; }

  void forward(const Tensor& x, Tensor& y, const Pass&) override {
    resize(y, x.shape(0), image_shape(x));
    const float* from = x.data();
    float* to = y.data();
    detail::parallel_pieces(x.size(), 16384, [=](std::size_t first, std::size_t last) {
      rectify<xsimd::default_arch>(from + first, to + first, last - first);
    });
  }

  void backward(const Tensor&, const Tensor& y, const Tensor& dy, Tensor* dx, const Pass&) override {
    if (dx == nullptr) return;
    resize(*dx, y.shape(0), image_shape(y));
    const float* out = y.data();
    const float* from = dy.data();
    float* to = dx->data();
    detail::parallel_pieces(y.size(), 16384, [=](std::size_t first, std::size_t last) {
      mask<xsimd::default_arch>(out + first, from + first, to + first, last - first);
    });
  }

  [[nodiscard]] std::unique_ptr<Layer> clone() const override { return std::make_unique<Relu>(*this); }

 private:
  template <class Arch>
  static void rectify(const float* x, float* y, std::size_t count) noexcept {
    detail::over_lanes<Arch>(count, [=]<class V>(std::size_t i) {
      detail::store(y + i, detail::larger(detail::load<V>(x + i), V(0.f)));
    });
  }

  template <class Arch>
  static void mask(const float* y, const float* dy, float* dx, std::size_t count) noexcept {
    detail::over_lanes<Arch>(count, [=]<class V>(std::size_t i) {
      const V zero(0.f);
      detail::store(dx + i, detail::choose(detail::load<V>(y + i) > zero, detail::load<V>(dy + i), zero));
    });
  }
};

}  // namespace einet::nn
