#include "catch.hpp"
#include "random_graph.hpp"

#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/layers.hpp>

#include <string_view>

using namespace einet;

namespace {

/// The least that a user's layer needs: it runs in inference.
class Passed final : public nn::Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "passed"; }
  [[nodiscard]] nn::Shape output(std::span<const nn::Shape> inputs) const override {
    const nn::Shape input = nn::detail::only(kind(), inputs);
    if (input.channels != 3) nn::detail::refuse_input(kind(), input, "3 channels");
    return input;
  }
  [[nodiscard]] nn::LoweredMap lower(nn::Lowering&, std::span<const nn::LoweredMap> inputs) const override {
    return inputs[0];
  }
};

}  // namespace

TEST_CASE("a layer that says nothing has no parameters, costs nothing, absorbs nothing and cannot be trained",
          "[nn][layer]") {
  Passed layer;
  CHECK(layer.parameters().empty());
  CHECK(layer.macs({}) == 0);
  CHECK_FALSE(layer.absorbs(nn::ActivationLayer(nn::Activation::relu)));
  CHECK(layer.activation() == nn::Activation::none);
  CHECK_THROWS_WITH(layer.forward({}), "a layer of kind passed cannot be trained");
  CHECK_THROWS_WITH(layer.backward({}), "a layer of kind passed cannot be trained");
  nn::Graph graph({4, 5, 6});
  CHECK_THROWS_WITH(add(Passed(), graph.input()),
                    "layer passed1: passed: input 4x5x6 (height x width x channels) does not fit, expected 3 "
                    "channels");
  CHECK_THROWS_WITH(add(Passed(), {graph.input(), graph.input()}),
                    "layer passed1: passed: inputs is 2, expected 1");
}

TEST_CASE("a batch norm absorbs a ReLU, but nothing that is only called like one", "[nn][layer]") {
  const nn::BatchNorm norm(3);
  CHECK(norm.absorbs(nn::ActivationLayer(nn::Activation::relu)));
  CHECK_FALSE(norm.absorbs(nn::ActivationLayer(nn::Activation::relu6)));
  CHECK_FALSE(norm.absorbs(test::DoubleLayer()));
}
