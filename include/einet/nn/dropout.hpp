#pragma once
// Dropout (Srivastava et al., 2014) in its inverted form: evaluation needs no scaling.

#include <einet/base/expect.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/parallel.hpp>
#include <einet/nn/random.hpp>

#include <cstddef>

namespace einet::nn {

/// In training every value is zeroed with the given probability and scaled by 1 / (1 − probability)
/// otherwise; in evaluation it is passed on. Which values are zeroed depends only on the pass's seed and the
/// place in the batch.
class Dropout final : public Layer {
 public:
  /// Throws std::invalid_argument unless 0 ≤ probability < 1.
  explicit Dropout(float probability = .5f) : probability_(probability) {
    einet::detail::expect(probability >= 0.f && probability < 1.f, "Dropout", "probability", probability,
                          "a number in [0, 1)");
  }

  [[nodiscard]] float probability() const noexcept { return probability_; }
  static constexpr std::string_view name = "Dropout";

  [[nodiscard]] std::string_view kind() const noexcept override { return name; }
  [[nodiscard]] Shape output(Shape input) const override { return input; }

  void forward(const Tensor& x, Tensor& y, const Pass& pass) override {
    resize(y, x.shape(0), image_shape(x));
    thin(x, y, pass);
  }

  void backward(const Tensor&, const Tensor&, const Tensor& dy, Tensor* dx, const Pass& pass) override {
    if (dx == nullptr) return;
    resize(*dx, dy.shape(0), image_shape(dy));
    thin(dy, *dx, pass);
  }

  [[nodiscard]] std::unique_ptr<Layer> clone() const override { return std::make_unique<Dropout>(*this); }

 private:
  void thin(const Tensor& from, Tensor& to, const Pass& pass) const {
    const std::size_t size = image_shape(from).size();
    const float* in = from.data();
    float* out = to.data();
    const float drop = pass.training ? probability_ : 0.f;
    const float scale = 1.f / (1.f - drop);
    detail::parallel_each(from.shape(0), detail::grain_of(4 * size), [=](std::size_t image) {
      const std::uint64_t seed = random_bits(pass.seed, image);
      for (std::size_t i = 0; i < size; ++i) {
        const bool keep = random_uniform(seed, i) >= drop;
        out[image * size + i] = keep ? in[image * size + i] * scale : 0.f;
      }
    });
  }

  float probability_;
};

}  // namespace einet::nn
