#include "catch.hpp"

#include <einet/nn/flatten.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/relu.hpp>

#include <memory>
#include <string_view>

using namespace einet;

namespace {

/// The minimum that a user's layer needs.
class Doubled final : public nn::Layer {
 public:
  static constexpr std::string_view name = "Doubled";
  [[nodiscard]] std::string_view kind() const noexcept override { return name; }
  [[nodiscard]] nn::Shape output(nn::Shape input) const override {
    if (input.channels != 3) nn::detail::refuse(kind(), input, "3 channels");
    return input;
  }
  void forward(const nn::Tensor& x, nn::Tensor& y, const nn::Pass&) override { y = 2.f * x; }
  void backward(const nn::Tensor&, const nn::Tensor&, const nn::Tensor& dy, nn::Tensor* dx,
                const nn::Pass&) override {
    if (dx != nullptr) *dx = 2.f * dy;
  }
  [[nodiscard]] std::unique_ptr<Layer> clone() const override { return std::make_unique<Doubled>(*this); }
};

}  // namespace

TEST_CASE("a user's layer has no parameters, absorbs nothing and is told apart by its name", "[nn][layer]") {
  Doubled layer;
  const nn::Layer& base = layer;
  CHECK(layer.parameters().empty());
  CHECK_FALSE(layer.absorb(nn::Relu{}));
  CHECK(nn::detail::layer_cast<Doubled>(base) == &layer);
  CHECK(nn::detail::layer_cast<nn::Relu>(base) == nullptr);
  CHECK(nn::detail::layer_cast<Doubled>(*base.clone()) != nullptr);
  CHECK_THROWS_WITH(layer.output({4, 5, 6}),
                    "Doubled: input 4x5x6 (height x width x channels) does not fit, expected 3 channels");
}
