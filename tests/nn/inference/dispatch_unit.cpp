#include "../../catch.hpp"
#include "../../support.hpp"
#include "../random_graph.hpp"

#include <einet/nn/inference/dispatch_unit.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/networks/vit.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

using namespace einet;

namespace {

/// Counts who lowered it.
class Counting final : public nn::Layer {
 public:
  explicit Counting(int& lowered) : lowered_(&lowered) {}
  [[nodiscard]] std::string_view kind() const noexcept override { return "max_pool"; }  // a misleading name
  [[nodiscard]] nn::Shape output(std::span<const nn::Shape> inputs) const override { return inputs[0]; }
  [[nodiscard]] nn::LoweredMap lower(nn::Lowering&, std::span<const nn::LoweredMap> inputs) const override {
    ++*lowered_;
    return inputs[0];
  }

 private:
  int* lowered_;
};

std::vector<float> all_scores(const nn::Graph& graph, nn::GraphCompiler compile) {
  const nn::InferenceNetwork<nn::any_classes> network(graph, {.compile = compile});
  nn::Features features = network.make_features();
  std::vector<float> image(graph.image().size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = nn::random_normal(5, i);
  features.load(image);
  std::vector<float> all;
  for (const auto& block : network.blocks()) {
    block.advance(features);
    const float* const found = block.logits(features);
    all.insert(all.end(), found, found + block.classes());
  }
  return all;
}

}  // namespace

TEST_CASE("a unit's compiler makes the same network, bit for bit, and lowers layers that it knows by itself",
          "[nn][inference][dispatch]") {
  for (unsigned seed = 1; seed <= test::cases(100); ++seed) {
    CAPTURE(seed);
    const nn::Graph graph = test::random_graph(seed);
    CHECK(all_scores(graph, nn::detail::compile_here) == all_scores(graph, nullptr));
  }
  nn::Graph transformer = nn::vit({.width = .1});
  nn::initialise(transformer, 2);
  CHECK(all_scores(transformer, nn::detail::compile_here) == all_scores(transformer, nullptr));
}

TEST_CASE("a unit knows layers by their type, not by what they call themselves",
          "[nn][inference][dispatch]") {
  int lowered = 0;
  const Counting own(lowered);
  const nn::MaxPool pool(nn::PoolShape{{4, 4, 3}});
  nn::Lowering lowering({4, 4, 3});
  const nn::LoweredMap image = lowering.image();
  const nn::detail::LowerLayersHere lower;
  CHECK(lower(own, lowering, {&image, 1}).id == image.id);
  CHECK(lowered == 1);
  CHECK(lowering.operations().empty());
  CHECK(lower(pool, lowering, {&image, 1}).shape == nn::Shape{2, 2, 3});
  CHECK(lowering.operations().size() == 1);
}
