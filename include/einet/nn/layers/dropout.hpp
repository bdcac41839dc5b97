#pragma once
// Dropout (Srivastava et al., 2014) in its inverted form: evaluation needs no scaling.

#include <einet/base/expect.hpp>
#include <einet/base/random_bits.hpp>
#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/layer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace einet::nn {

/// In training every value is zeroed with the given probability and scaled by 1 / (1 − probability)
/// otherwise; in evaluation it is passed on. Which values are zeroed depends only on the pass's seed and the
/// place in the batch.
class Dropout final : public Layer {
 public:
  /// Throws std::invalid_argument unless 0 ≤ probability < 1.
  explicit Dropout(float probability = .5f) : probability_(probability) {
    einet::detail::expect(probability >= 0.f && probability < 1.f, kind(), "probability", probability,
                          "a number in [0, 1)");
  }

  [[nodiscard]] std::string_view kind() const noexcept override { return "dropout"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    return detail::only(kind(), inputs);
  }
  [[nodiscard]] LoweredMap lower(Lowering&, std::span<const LoweredMap> inputs) const override {
    return inputs[0];
  }

  void forward(const ForwardPass& pass) override {
    const float* const x = pass.inputs[0].data;
    if (!pass.training) {
      std::copy(x, x + pass.batch * pass.shape.size(), pass.output);
      return;
    }
    thin(pass, x, pass.output);
  }
  void backward(const BackwardPass& pass) override {
    if (float* const dx = pass.input_gradients[0]) thin(pass, pass.gradient, dx);
  }

 private:
  template <class Pass>
  void thin(const Pass& pass, const float* from, float* to) const {
    const std::size_t size = pass.shape.size();
    const float drop = probability_, scale = 1.f / (1.f - drop);
    pass.workers->each(pass.batch, detail::grain_of(4 * size), [=, seed = pass.seed](std::size_t image) {
      const std::uint64_t own = random_bits(seed, image);
      for (std::size_t i = image * size; i < (image + 1) * size; ++i)
        to[i] = random_uniform(own, i - image * size) >= drop ? from[i] * scale : 0.f;
    });
  }

  float probability_;
};

/// Sets values to 0 at random while training; inference leaves it out.
inline Map dropout(const Map& x, float probability = .5f, std::string name = {}) {
  return add(Dropout(probability), x, std::move(name));
}

}  // namespace einet::nn
