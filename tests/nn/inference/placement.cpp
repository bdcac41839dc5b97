// Runs random networks on paper: every float of the arena remembers whose value it holds, and every step must
// find in its inputs' places exactly what they are defined to hold.

#include "../../catch.hpp"
#include "../../support.hpp"
#include "../random_graph.hpp"
#include "../steps_of.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/inference/placement.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

using namespace einet;
using test::conv_steps;
using test::scores_of;
using test::Steps;
using test::steps_of;

namespace {

using Kind = nn::detail::Operation::Kind;

/// One value: of a map that a step writes (or the image), at a pixel and channel.
struct Tag {
  std::size_t map = ~std::size_t{0}, pixel = 0, channel = 0;
  bool operator==(const Tag&) const = default;
};

/// A graph lowered and placed as InferenceNetwork does it.
struct Placed {
  explicit Placed(const nn::Graph& graph, nn::Maps use = nn::Maps::shared) : lowering(graph.image()) {
    scores = nn::detail::lower(graph, graph.blocks(), lowering);
    nn::detail::fuse(lowering, scores);
    places.emplace(lowering, scores, use);
    for (const auto& operation : lowering.operations()) by_output[operation.output] = &operation;
  }

  /// Whose value a map holds there: concatenations, pixels and copies hold those of other maps.
  [[nodiscard]] Tag meaning(std::size_t map, std::size_t pixel, std::size_t channel) const {
    const auto found = by_output.find(map);
    if (found == by_output.end()) return {map, pixel, channel};  // the image
    const nn::detail::Operation& made = *found->second;
    if (made.kind == Kind::pixel) return meaning(made.inputs[0], made.pixel, channel);
    if (made.kind != Kind::concat) return {map, pixel, channel};
    for (const std::size_t input : made.inputs) {
      const std::size_t width = channels(input);
      if (channel < width) return meaning(input, pixel, channel);
      channel -= width;
    }
    FAIL("a concatenation is narrower than its parts");
    return {};
  }

  [[nodiscard]] std::size_t channels(std::size_t map) const { return (*places)[map].shape.channels; }

  nn::Lowering lowering;
  std::vector<std::size_t> scores;
  std::optional<nn::detail::Placement> places;
  std::map<std::size_t, const nn::detail::Operation*> by_output;
};

class Arena {
 public:
  explicit Arena(const Placed& placed) : placed_(placed), tags_(placed.places->size()) {}

  /// Forgets everything, and has the image.
  void load() {
    std::fill(tags_.begin(), tags_.end(), Tag{});
    write(0);
  }

  void write(std::size_t map) {
    each(map, [&](std::size_t at, std::size_t pixel, std::size_t channel) {
      tags_.at(at) = {map, pixel, channel};
    });
  }

  void spoil(std::size_t map) {
    each(map, [&](std::size_t at, std::size_t, std::size_t) { tags_.at(at) = {}; });
  }

  /// How many values of a map are not there.
  [[nodiscard]] std::size_t missing(std::size_t map) const {
    std::size_t count = 0;
    each(map, [&](std::size_t at, std::size_t pixel, std::size_t channel) {
      count += tags_.at(at) == placed_.meaning(map, pixel, channel) ? 0 : 1;
    });
    return count;
  }

  /// The operations of a part that do something.
  [[nodiscard]] std::vector<const nn::detail::Operation*> operations(std::size_t part) const {
    std::vector<const nn::detail::Operation*> todo;
    for (const auto& operation : const_cast<Placed&>(placed_).lowering.operations())
      if (operation.part == part && operation.kind != Kind::concat && operation.kind != Kind::pixel)
        todo.push_back(&operation);
    return todo;
  }

  /// All that an operation reads must be there.
  void expect_inputs(const nn::detail::Operation& operation) const {
    std::size_t wrong = 0;
    for (const std::size_t input : operation.inputs)
      wrong += missing(input) + overlap(input, operation.output);
    REQUIRE(wrong == 0);
  }

  /// Runs a part, the last `left` of its operations not at all, and the one before only halfway.
  void run(std::size_t part, std::size_t left = 0) {
    const auto todo = operations(part);
    for (std::size_t i = 0; i + left < todo.size(); ++i) {
      expect_inputs(*todo[i]);
      if (left > 0 && i + left + 1 == todo.size()) {
        spoil(todo[i]->output);
      } else {
        write(todo[i]->output);
      }
    }
  }

 private:
  template <class F>
  void each(std::size_t map, const F& f) const {
    const nn::Place& place = (*placed_.places)[map];
    for (std::size_t pixel = 0; pixel < place.shape.pixels(); ++pixel)
      for (std::size_t c = 0; c < place.shape.channels; ++c)
        f(place.offset + pixel * place.pitch + c, pixel, c);
  }

  /// Floats that two maps share.
  [[nodiscard]] std::size_t overlap(std::size_t a, std::size_t b) const {
    std::vector<bool> taken(tags_.size(), false);
    each(a, [&](std::size_t at, std::size_t, std::size_t) { taken.at(at) = true; });
    std::size_t shared = 0;
    each(b, [&](std::size_t at, std::size_t, std::size_t) { shared += taken.at(at) ? 1 : 0; });
    return shared;
  }

  const Placed& placed_;
  std::vector<Tag> tags_;
};

}  // namespace

TEST_CASE("no step of a random network overwrites what is still to be read", "[nn][placement]") {
  std::size_t shared = 0, separate = 0;
  for (unsigned seed = 1; seed <= test::cases(400); ++seed) {
    CAPTURE(seed);
    nn::Graph graph = test::RandomGraph(seed).make();
    const Placed placed(graph);
    Arena arena(placed);
    std::mt19937 random(seed);
    for (std::size_t run = 0; run < 6; ++run) {
      arena.load();
      for (std::size_t k = 0; k < graph.exits(); ++k) {
        CAPTURE(run, k);
        arena.run(2 * k);
        const std::size_t times = run == 0 ? 2 : random() % 3;  // all branches twice in the first run
        for (std::size_t again = 0; again < times; ++again) {
          if (random() % 2 == 0) arena.run(2 * k + 1, 1 + random() % 4);
          arena.run(2 * k + 1);
          CHECK(arena.missing(placed.scores[k]) == 0);
        }
        if (random() % 3 == 0) arena.run(2 * k + 1, 1 + random() % 4);
      }
    }
    // All maps beside one another, slices of wider maps left out.
    std::size_t sum = 0;
    std::set<std::size_t> within;
    auto& operations = const_cast<Placed&>(placed).lowering.operations();
    for (const auto& operation : operations)
      if (operation.kind == Kind::concat) within.insert(operation.inputs.begin(), operation.inputs.end());
    const auto count = [&](std::size_t map) {
      if (!within.contains(map)) sum += einet::detail::padded((*placed.places)[map].shape.size());
    };
    count(0);
    for (const auto& operation : operations)
      if (operation.kind != Kind::pixel) count(operation.output);
    CHECK(placed.places->size() <= sum);
    shared += placed.places->size();
    separate += sum;
  }
  UNSCOPED_INFO("arenas: " << shared << " floats, without sharing: " << separate);
  CHECK(shared < separate * 8 / 10);
}

TEST_CASE("if maps are kept, no step overwrites what another core reads", "[nn][placement]") {
  // Two cores in any interleaving: conv parts in their order, branches in theirs, each some time after its
  // part.
  std::size_t kept = 0, shared = 0;
  for (unsigned seed = 1; seed <= test::cases(400); ++seed) {
    CAPTURE(seed);
    nn::Graph graph = test::RandomGraph(seed).make();
    const Placed placed(graph, nn::Maps::kept);
    kept += placed.places->size();
    shared += Placed(graph).places->size();
    Arena arena(placed);
    std::mt19937 random(seed);
    const std::size_t exits = graph.exits();
    for (std::size_t run = 0; run < 12; ++run) {
      arena.load();
      // How likely the backbone goes on: it is far ahead, or just ahead.
      const unsigned eager = run % 4;
      std::size_t part = 0, at = 0, branch = 0, branch_at = 0;
      bool skip = random() % 3 == 0;
      while (branch < exits) {
        CAPTURE(run, part, at, branch, branch_at);
        const bool free = part > branch;  // the branch's conv part is done
        if (part < exits && (!free || random() % 4 < eager)) {
          const auto todo = arena.operations(2 * part);
          if (at < todo.size()) {
            arena.expect_inputs(*todo[at]);
            arena.write(todo[at]->output);
            ++at;
          }
          if (at >= todo.size()) {
            ++part;
            at = 0;
          }
          continue;
        }
        const auto todo = arena.operations(2 * branch + 1);
        if (!skip && branch_at < todo.size()) {
          arena.expect_inputs(*todo[branch_at]);
          arena.write(todo[branch_at]->output);
          ++branch_at;
          continue;
        }
        if (!skip) CHECK(arena.missing(placed.scores[branch]) == 0);
        ++branch;
        branch_at = 0;
        skip = random() % 3 == 0;
      }
    }
  }
  UNSCOPED_INFO("arenas: " << kept << " floats kept, " << shared << " shared");
  CHECK(kept > shared);
}

TEST_CASE("kept maps of branches share memory with each other, those of conv parts where no branch reads",
          "[nn][placement]") {
  nn::Graph graph({8, 8, 16});
  nn::Map x = graph.input();
  for (int exit = 0; exit < 3; ++exit) {
    for (int i = 0; i < 4; ++i) x = relu(x);
    graph.exit(linear(relu(relu(relu(x))), {.outputs = 16}), x);
  }
  // What three branches read, another one to compute it, and two in which branches compute.
  const std::size_t map = 8 * 8 * 16;
  CHECK(Placed(graph, nn::Maps::kept).places->size() <= 6 * map + 3 * 16);
}

TEST_CASE("a chain of equal maps needs two of them", "[nn][placement]") {
  nn::Graph graph({8, 8, 16});
  nn::Map x = graph.input();
  for (int i = 0; i < 10; ++i) x = relu(x);
  graph.exit(linear(x, {.outputs = 16}), x);
  CHECK(Placed(graph).places->size() == 2 * 8 * 8 * 16);
}

TEST_CASE("dense layers lie in one map of their final width", "[nn][placement]") {
  nn::Graph graph({4, 4, 16});
  nn::Map x = graph.input();
  for (int i = 0; i < 10; ++i) x = concat(x, conv(x, {.channels = 16}));
  graph.exit(linear(x, {.outputs = 16}), x);
  const Placed placed(graph);
  CHECK(placed.places->size() == 4 * 4 * 16 * 11 + 16);
  CHECK((*placed.places)[0].pitch == 16 * 11);
}

TEST_CASE("a network of thousands of layers is placed in a moment", "[nn][placement]") {
  nn::Graph graph({2, 2, 4});
  nn::Map x = graph.input();
  for (std::size_t i = 0; i < 1000; ++i) {
    x = concat(relu(x), add(test::DoubleLayer(), x));
    x = conv(x, {.channels = 4, .kernel = 1});
    if (i % 25 == 0) graph.exit(linear(x, {.outputs = 16}));
  }
  const Placed placed(graph);
  CHECK(placed.places->size() < 1000);
}

TEST_CASE("a concatenation is no step, and copies only what must lie in two places", "[nn][placement]") {
  const auto c = [](const nn::Map& x, std::size_t channels) {
    return conv(x, {.channels = channels, .kernel = 1});
  };
  CHECK(conv_steps([&](auto x) { return concat(c(x, 3), c(x, 5)); }) == "cc");
  CHECK(conv_steps([&](auto x) { return concat(x, c(x, 5)); }) == "c");  // the image lies within
  CHECK(conv_steps([&](auto x) {                                         // dense layers
          nn::Map all = c(x, 3);
          for (int i = 0; i < 4; ++i) all = concat(all, c(all, 2));
          return all;
        }) == "ccccc");
  CHECK(conv_steps([&](auto x) { return concat(x, x); }) == "a");
  CHECK(conv_steps([&](auto x) {
          const nn::Map y = c(x, 3);
          return concat(concat(y, c(x, 2)), concat(c(x, 4), y));
        }) == "ccca");
  CHECK(conv_steps([&](auto x) { return concat(std::vector<nn::Map>{c(x, 3)}); }) == "c");
  CHECK(conv_steps([&](auto x) {  // a pixel of a concatenated map, and a concatenation of pixels
          const nn::Map y = c(x, 3), all = concat(y, x);
          const nn::Map pixel = add(test::PixelLayer(7), y);
          return concat(pixel, add(test::PixelLayer(4), all), c(pixel, 2));
        }) == "ccaa");
}

TEST_CASE("a branch copies what conv parts concatenate, not the other way round", "[nn][placement]") {
  nn::Graph graph({6, 5, 4});
  const nn::Map x = conv(graph.input(), {.channels = 3}), y = conv(x, {.channels = 2});
  graph.exit(scores_of(concat(x, y)), y);
  graph.exit(scores_of(relu(concat(y, x))));
  CHECK(steps_of(graph) == Steps{"cc|c", "|aaac"});
  nn::Graph later({6, 5, 4});
  const nn::Map z = conv(later.input(), {.channels = 3});
  later.exit(scores_of(concat(z, later.input())));
  const nn::Map w = concat(later.input(), z);
  later.exit(scores_of(w), w);
  CHECK(steps_of(later) == Steps{"c|aac", "|c"});
}
