#include "catch.hpp"
#include "small_network.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/training/batch_network.hpp>

#include <string_view>
#include <vector>

using namespace einet;

namespace layer_test {

/// The minimum that a user's layer needs to run.
class Doubled final : public nn::Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "doubled"; }
  [[nodiscard]] nn::Shape output(std::span<const nn::Shape> inputs) const override {
    const nn::Shape input = nn::detail::only(kind(), inputs);
    if (input.channels != 3) nn::detail::refuse_input(kind(), input, "3 channels");
    return input;
  }
  [[nodiscard]] nn::LoweredMap lower(nn::Lowering& to, std::span<const nn::LoweredMap> x) const override {
    return to.step(x, x[0].shape, [](const nn::StepMaps& maps, nn::PacedStop& stop) noexcept {
      const auto in = maps.in();
      const auto out = maps.out();
      for (std::size_t p = 0; p < in.shape.pixels(); ++p) {
        for (std::size_t c = 0; c < 3; ++c) out.pixel(p)[c] = 2.f * in.pixel(p)[c];
        if (stop.after(3)) return false;
      }
      return true;
    });
  }
};

}  // namespace layer_test

TEST_CASE("a user's layer runs like einet's own, has no parameters and absorbs nothing", "[nn][layer]") {
  nn::Graph graph(nn::Shape{1, 1, 3});
  const nn::Map x = add(layer_test::Doubled(), graph.input());
  graph.exit(concat(x, add(layer_test::Doubled(), x, "again")));
  CHECK(graph.name(1) == "doubled1");
  CHECK(graph.layer(1).parameters().empty());
  CHECK_FALSE(graph.layer(1).absorbs(graph.layer(2)));
  CHECK(graph.macs(1) == 0);
  const nn::InferenceNetwork<6> inference(graph);
  nn::Features features = inference.make_features();
  features.load(std::vector<float>{1, 2, 3});
  inference[0].advance(features);
  const float* const y = inference[0].logits(features);
  CHECK(std::vector<float>(y, y + 6) == std::vector<float>{2, 4, 6, 4, 8, 12});
}

TEST_CASE("a layer says what it does not fit, and that it cannot be trained", "[nn][layer]") {
  nn::Graph graph(nn::Shape{1, 1, 3});
  CHECK_THROWS_WITH(
      add(layer_test::Doubled(), conv(graph.input(), {.channels = 6})),
      "layer doubled1: doubled: input 1x1x6 (height x width x channels) does not fit, expected 3 channels");
  CHECK_THROWS_AS(add(layer_test::Doubled(), std::vector<nn::Map>{graph.input(), graph.input()}),
                  std::invalid_argument);
  graph.exit(add(layer_test::Doubled(), graph.input()));
  nn::BatchNetwork network(graph);
  nn::Tensor images;
  nn::resize(images, 1, graph.image());
  CHECK_THROWS_WITH(network.forward(images), "a layer of kind doubled cannot be trained");
}
