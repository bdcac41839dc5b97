#include "../../catch.hpp"
#include "../../fixture_file.hpp"
#include "../equal_outputs.hpp"
#include "../small_network.hpp"

#include <einet/nn/layer.hpp>
#include <einet/nn/training/batch_network.hpp>
#include <einet/nn/training/initialise.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

using namespace einet;

namespace {

/// Passes its input on, and its gradient times a factor: what the authors put at the end of every block.
class Rescale final : public nn::Layer {
 public:
  explicit Rescale(float factor) : factor_(factor) {}
  [[nodiscard]] std::string_view kind() const noexcept override { return "rescale"; }
  [[nodiscard]] nn::Shape output(std::span<const nn::Shape> inputs) const override { return inputs[0]; }
  [[nodiscard]] nn::LoweredMap lower(nn::Lowering&, std::span<const nn::LoweredMap> inputs) const override {
    return inputs[0];
  }
  void forward(const nn::ForwardPass& pass) override {
    std::copy_n(pass.inputs[0].data, pass.batch * pass.shape.size(), pass.output);
  }
  void backward(const nn::BackwardPass& pass) override {
    for (std::size_t i = 0; i < pass.batch * pass.shape.size(); ++i)
      pass.input_gradients[0][i] = factor_ * pass.gradient[i];
  }

 private:
  float factor_;
};

using Maps = std::vector<nn::Map>;

/// Blocks of two maps, each read by several later blocks; with a layer at every border if `rescaled`, for the
/// exits that `trained` has.
nn::Graph two_scales(bool rescaled, const std::vector<float>& trained = {1.f, 1.f, 1.f, 1.f}) {
  constexpr std::size_t blocks = 4;
  nn::Graph graph(test::small_image);
  const auto border = [&](const nn::Map& x, std::size_t k, bool to_branch) {
    const auto from = [&](std::size_t first) {
      float sum = 0.f;
      for (std::size_t exit = first; exit < blocks; ++exit) sum += trained[exit];
      return sum;
    };
    if (!rescaled || from(k) == 0.f) return x;
    return add(Rescale(to_branch ? 1 / from(k) : from(k + 1) / from(k)), x);
  };
  const nn::Map first = nn::relu(test::small_conv(graph.input(), 4));
  Maps maps{first, nn::relu(test::small_conv(first, 3, 3, 2))};
  for (std::size_t k = 0; k < blocks; ++k) {
    if (k > 0) {
      // The coarser map reads the finer one of this block and its own; the first stays for the blocks to
      // come.
      const nn::Map fine =
          nn::relu(test::small_conv(nn::concat({maps[0], maps.size() > 2 ? maps[2] : maps[0]}), 4));
      const nn::Map coarse = nn::concat({maps[1], nn::relu(test::small_conv(fine, 2, 3, 2))});
      maps = {maps[0], coarse, fine};
    }
    Maps passed;
    for (const nn::Map& map : maps) passed.push_back(border(map, k, false));
    graph.exit(test::small_branch(border(maps[1], k, true)));
    maps = passed;
  }
  return graph;
}

std::vector<float> gradients(nn::Graph& graph, bool equilibrium, const std::vector<float>& weights) {
  nn::BatchNetwork network(graph, std::make_unique<nn::OneWorker>(), {.equilibrium = equilibrium});
  const nn::Tensor images = test::random_images(6, graph.image(), 4);
  const std::vector<std::int32_t> labels{0, 1, 2, 2, 1, 0};
  static_cast<void>(network.differentiate(images, labels, weights, {true, 3}));
  std::vector<float> all;
  network.for_each_trained([&](const nn::Parameter&, std::span<float> gradient, bool) {
    all.insert(all.end(), gradient.begin(), gradient.end());
  });
  return all;
}

}  // namespace

TEST_CASE("gradients in equilibrium are those of a network with a rescaling layer at every border",
          "[nn][equilibrium]") {
  nn::Graph plain = two_scales(false);
  nn::initialise(plain, 1);
  std::vector<std::vector<float>> values;
  plain.for_each_parameter([&](const nn::Parameter& parameter) {
    const auto some = parameter.weights->values();
    values.emplace_back(some.begin(), some.end());
  });
  for (const std::vector<float>& weights :
       {std::vector{1.f, 1.f, 1.f, 1.f}, std::vector{0.f, 1.f, 1.f, 0.f}, std::vector{1.f, 0.f, 1.f, 1.f},
        std::vector{1.f, 0.f, 0.f, 1.f}}) {
    nn::Graph rescaled = two_scales(true, weights);
    std::size_t at = 0;
    rescaled.for_each_parameter([&](const nn::Parameter& parameter) {
      std::ranges::copy(values.at(at++), parameter.weights->values().begin());
    });
    const auto expected = gradients(rescaled, false, weights), found = gradients(plain, true, weights);
    CHECK(test::difference(found, expected) < 1e-5);
    CHECK(test::difference(gradients(plain, false, weights), expected) > .01);
  }
}

TEST_CASE("the gradient of an exit that is trained alone is not damped", "[nn][equilibrium]") {
  nn::Graph graph = two_scales(false);
  nn::initialise(graph, 1);
  const std::vector<float> last{0.f, 0.f, 0.f, 1.f}, two{0.f, 1.f, 0.f, 1.f};
  CHECK(gradients(graph, true, last) == gradients(graph, false, last));
  CHECK(gradients(graph, true, two) != gradients(graph, false, two));
}

TEST_CASE("an exit whose scores later exits need is damped like a map of its block", "[nn][equilibrium]") {
  nn::Graph graph(test::small_image);
  const nn::Map scores = nn::linear(graph.input(), {.outputs = 3});
  graph.exit(scores);
  graph.exit(nn::linear(nn::relu(scores), {.outputs = 3}));
  nn::GradientEquilibrium equilibrium(graph);
  CHECK(equilibrium.of_scores(1) == .5f);  // of two exits
  CHECK(equilibrium.of_scores(3) == 1.f);  // its own branch or its block alone
  CHECK(equilibrium.of(2, 1) == .5f);      // of the second block, or of its branch
  equilibrium.set_trained([](std::size_t exit) { return exit == 1; });
  CHECK(equilibrium.of(2, 1) == 1.f);
}
