// The arena is played through with a tag for every value in place of numbers: whatever is read must still be
// there.

#include "../../support.hpp"
#include "../random_graph.hpp"
#include "catch.hpp"

#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/inference/placement.hpp>

#include <cstddef>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

using namespace einet;
using namespace einet::test;

namespace placement_test {

using Kind = nn::detail::Operation::Kind;
using Tag = std::tuple<std::size_t, std::size_t, std::size_t>;  // map, pixel, channel

struct Lowered {
  nn::Lowering lowering;
  std::vector<std::size_t> scores;

  Lowered(nn::Lowering of, std::vector<std::size_t> s) : lowering(std::move(of)), scores(std::move(s)) {}
  explicit Lowered(const nn::Graph& graph) : lowering(graph.image()) {
    std::vector<nn::LoweredMap> maps(graph.layers());
    maps[0] = lowering.image();
    const auto blocks = graph.blocks();
    for (std::size_t k = 0; k < blocks.size(); ++k) {
      for (const bool branch : {false, true})
        for (const std::size_t layer : branch ? blocks[k].branch : blocks[k].conv) {
          std::vector<nn::LoweredMap> inputs;
          for (const std::size_t input : graph.inputs(layer)) inputs.push_back(maps[input]);
          lowering.begin(layer, k, branch);
          maps[layer] = graph.layer(layer).lower(lowering, inputs);
        }
    }
    for (std::size_t k = 0; k < blocks.size(); ++k) scores.push_back(maps[graph.scores(k)].id);
    lowering.fuse(scores);
  }
};

class Player {
 public:
  explicit Player(Lowered& lowered)
      : operations_(lowered.lowering.operations()),
        maps_(lowered.lowering.maps()),
        scores_(lowered.scores),
        places_(lowered.lowering, lowered.scores),
        makers_(maps_.size(), nullptr),
        arena_(places_.size()) {
    for (const auto& operation : operations_) makers_[operation.output] = &operation;
  }

  /// Returns how many values were not where they are read.
  std::size_t run(std::mt19937& random) {
    wrong_ = 0;
    std::fill(arena_.begin(), arena_.end(), Tag{~std::size_t{0}, 0, 0});
    write(0);
    for (std::size_t k = 0; k < scores_.size(); ++k) {
      part(2 * k, operations_.size());
      // Not at all, in part, and twice.
      if (random() % 3 == 0) part(2 * k + 1, random() % 4);
      for (auto times = random() % 3; times > 0; --times) {
        part(2 * k + 1, operations_.size());
        read(scores_[k]);
      }
    }
    return wrong_;
  }

  [[nodiscard]] std::size_t size() const { return arena_.size(); }

 private:
  void part(std::size_t which, std::size_t most) {
    for (const auto& operation : operations_) {
      if (operation.part != which || most == 0) continue;
      --most;
      for (const std::size_t input : operation.inputs) read(input);
      if (operation.kind != Kind::concat && operation.kind != Kind::pixel) {
        // Half of it is written while all is still read.
        write(operation.output);
        for (const std::size_t input : operation.inputs) read(input);
      }
      read(operation.output);
    }
  }

  /// Whose value it is that a concatenation or a pixel only shows.
  [[nodiscard]] Tag origin(std::size_t map, std::size_t pixel, std::size_t channel) const {
    const auto* const maker = makers_[map];
    if (maker != nullptr && maker->kind == Kind::pixel)
      return origin(maker->inputs[0], maker->pixel, channel);
    if (maker == nullptr || maker->kind != Kind::concat) return {map, pixel, channel};
    std::size_t i = 0;
    for (; channel >= maps_[maker->inputs[i]].channels; ++i) channel -= maps_[maker->inputs[i]].channels;
    return origin(maker->inputs[i], pixel, channel);
  }

  template <class F>
  void each(std::size_t map, const F& f) {
    const nn::Place& place = places_[map];
    if (place.shape != maps_[map]) ++wrong_;
    for (std::size_t p = 0; p < place.shape.pixels(); ++p)
      for (std::size_t c = 0; c < place.shape.channels; ++c)
        f(arena_.at(place.offset + p * place.pitch + c), origin(map, p, c));
  }
  void write(std::size_t map) {
    each(map, [](Tag& at, const Tag& tag) { at = tag; });
  }
  void read(std::size_t map) {
    each(map, [&](const Tag& at, const Tag& tag) { wrong_ += at == tag ? 0U : 1U; });
  }

  const std::vector<nn::detail::Operation>& operations_;
  const std::vector<nn::Shape>& maps_;
  std::vector<std::size_t> scores_;
  nn::detail::Placement places_;
  std::vector<const nn::detail::Operation*> makers_;
  std::vector<Tag> arena_;
  std::size_t wrong_ = 0;
};

}  // namespace placement_test

using namespace placement_test;

TEST_CASE("no map lies on another that is still to be read, whichever branches run", "[nn][placement]") {
  for (std::size_t i = 0; i < cases(400); ++i) {
    const auto seed = static_cast<unsigned>(5000 + i);
    CAPTURE(seed);
    std::mt19937 random{seed};
    const nn::Graph graph = random_graph(random, 4 + random() % 30, 1 + random() % 5);
    Lowered lowered(graph);
    Player player(lowered);
    for (int run = 0; run < 3; ++run) REQUIRE(player.run(random) == 0);
  }
}

TEST_CASE("a class token's pixel and one map at both ends of a network keep their places",
          "[nn][placement]") {
  std::mt19937 random{9};
  nn::Lowering lowering({4, 4, 8});
  std::vector<std::size_t> scores;
  nn::LoweredMap x = lowering.image();
  for (std::size_t k = 0; k < 3; ++k) {
    lowering.begin(1, k, false);
    x = lowering.activation(x, nn::Activation::silu);
    lowering.begin(1, k, true);
    const nn::LoweredMap token = lowering.pixel(x, 5), other = lowering.pixel(lowering.image(), k);
    const nn::LoweredMap both[] = {token, lowering.activation(token, nn::Activation::relu), other};
    scores.push_back(lowering.concat(both).id);
  }
  lowering.fuse(scores);
  Lowered lowered{std::move(lowering), scores};
  Player player(lowered);
  for (int run = 0; run < 10; ++run) CHECK(player.run(random) == 0);
}

TEST_CASE("maps that are not needed at the same time share memory", "[nn][placement]") {
  nn::Graph graph(nn::Shape{16, 16, 8});
  nn::Map x = graph.input();
  for (int i = 0; i < 20; ++i) x = relu(conv(x, {.channels = 8}));
  graph.exit(linear(x, {.outputs = 3}), x);
  Lowered lowered(graph);
  // The image is read no more after the first convolution: two maps and a few scores suffice.
  CHECK(Player(lowered).size() < 2 * 16 * 16 * 8 + 64);
}
