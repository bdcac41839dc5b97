#pragma once
// A network with early exits, written down as what is computed from what. Layers are wired by maps; an exit
// is a map that is marked. Sums, concatenations and maps of several sizes across a block's border are just
// wiring: blocks are derived from the exits.
//
//   nn::Graph graph{nn::Shape{32, 32, 3}};
//   nn::Map x = relu(norm(conv(graph.input(), {.channels = 16})));
//   x = relu(x + norm(conv(x, {.channels = 16})));            // a residual unit
//   graph.exit(linear(average_pool(x), {.outputs = 10}));     // in the order in which exits are run

#include <einet/nn/blocks.hpp>
#include <einet/nn/layer.hpp>
#include <einet/nn/layer_names.hpp>
#include <einet/nn/shape.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace einet::nn {

class Graph;
class Map;

namespace detail {

/// A layer, what it reads, and what it makes. The first has no layer: it is the image.
struct Node {
  std::unique_ptr<Layer> layer;
  std::vector<std::size_t> inputs;
  Shape shape;
  std::string name;
};

struct GraphState {
  std::vector<Node> nodes;
  std::vector<Exit> exits;
  LayerNames names;
};

}  // namespace detail

/// Adds a layer that reads `inputs`, maps of one graph, and returns its output. Without a name it is called
/// by its kind and a number, in the order of their making: "conv1", "conv2". (C++ leaves open which of two
/// arguments is made first: in a + b and concat(a, b), make a and b in statements before.) Throws
/// std::invalid_argument naming the layer if the inputs do not fit or its name is taken.
template <class L>
Map add(L layer, const std::vector<Map>& inputs, std::string name = {});

/// An output of a graph's layer, or its image. Valid as long as the graph is.
class Map {
 public:
  [[nodiscard]] Shape shape() const noexcept { return state_->nodes[index_].shape; }
  /// Number of the layer that makes it, in the order of their making; 0 is the image.
  [[nodiscard]] std::size_t layer() const noexcept { return index_; }

 private:
  friend class Graph;
  friend class Scope;
  template <class L>
  friend Map add(L layer, const std::vector<Map>& inputs, std::string name);

  Map(detail::GraphState* state, std::size_t index) noexcept : state_(state), index_(index) {}

  detail::GraphState* state_;
  std::size_t index_;
};

/// The same for a layer with one input.
template <class L>
Map add(L layer, const Map& input, std::string name = {}) {
  return add(std::move(layer), std::vector<Map>{input}, std::move(name));
}

/// While it lives, names of layers that are added get a prefix: Scope in(graph, "layer1") makes "conv1"
/// "layer1.conv1". Scopes nest.
class Scope {
 public:
  Scope(const Map& of, std::string_view name) : Scope(*of.state_, name) {}
  Scope(Graph& graph, std::string_view name);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() { state_->names.leave(outer_); }

 private:
  Scope(detail::GraphState& state, std::string_view name) : state_(&state), outer_(state.names.enter(name)) {}

  detail::GraphState* state_;
  std::size_t outer_;
};

/// The network: layers, their wiring, weights and exits. Moves; maps of it stay valid.
class Graph {
 public:
  /// Throws std::invalid_argument if a side of the image is 0.
  explicit Graph(Shape image) : state_(std::make_unique<detail::GraphState>()) {
    detail::at_least("graph", "image.height", image.height);
    detail::at_least("graph", "image.width", image.width);
    detail::at_least("graph", "image.channels", image.channels);
    state_->nodes.push_back({nullptr, {}, image, "image"});
  }

  [[nodiscard]] Map input() noexcept { return {state_.get(), 0}; }

  /// Marks scores (logits) of all classes, 1 x 1 x classes, as the next exit. By default the layers that this
  /// exit alone needs are its branch; with `features`, those that lead up to them belong to the conv part, as
  /// suits the own classifier of a backbone. Throws std::invalid_argument if the scores are the image, are
  /// not computed from the features, or have another number of classes than those before them.
  void exit(const Map& scores, std::optional<Map> features = std::nullopt) {
    require_own(scores);
    const Shape shape = scores.shape();
    const std::string exit = "graph: exit " + std::to_string(exits());
    if (scores.index_ == 0) EINET_THROW(std::invalid_argument(exit + " is the image"));
    if (shape.height != 1 || shape.width != 1)
      EINET_THROW(std::invalid_argument(exit + " is " + detail::text(shape) + ", expected 1x1 x classes"));
    if (exits() > 0 && shape.channels != classes())
      EINET_THROW(std::invalid_argument(exit + " has " + std::to_string(shape.channels) +
                                        " classes, expected " + std::to_string(classes()) + " as the first"));
    detail::Exit marked{scores.index_, std::nullopt};
    if (features) {
      require_own(*features);
      if (!detail::needed_for(std::array{scores.index_}, *this)[features->index_])
        EINET_THROW(std::invalid_argument(exit + " is not computed from its features"));
      marked.features = features->index_;
    }
    state_->exits.push_back(marked);
  }

  [[nodiscard]] Shape image() const noexcept { return state_->nodes.front().shape; }
  [[nodiscard]] std::size_t exits() const noexcept { return state_->exits.size(); }
  /// @pre exits() > 0
  [[nodiscard]] std::size_t classes() const noexcept { return shape(state_->exits.front().scores).channels; }

  /// Number of layers, the image included as layer 0.
  [[nodiscard]] std::size_t layers() const noexcept { return state_->nodes.size(); }
  /// @pre 0 < index < layers()
  [[nodiscard]] Layer& layer(std::size_t index) noexcept { return *state_->nodes[index].layer; }
  [[nodiscard]] const Layer& layer(std::size_t index) const noexcept { return *state_->nodes[index].layer; }
  /// With its scopes.
  [[nodiscard]] const std::string& name(std::size_t index) const noexcept {
    return state_->nodes[index].name;
  }
  [[nodiscard]] Shape shape(std::size_t index) const noexcept { return state_->nodes[index].shape; }
  [[nodiscard]] std::span<const std::size_t> inputs(std::size_t index) const noexcept {
    return state_->nodes[index].inputs;
  }
  /// The layer that makes an exit's scores.
  [[nodiscard]] std::size_t scores(std::size_t exit) const noexcept { return state_->exits[exit].scores; }

  /// The layers of every block, one block per exit. A layer that several exits need belongs to the conv part
  /// of the first of them; one that a single exit needs belongs to its branch, unless it leads to the
  /// features that the exit named. Layers that no exit needs belong nowhere: they are neither run nor stored.
  /// Throws std::invalid_argument if there is no exit.
  [[nodiscard]] std::vector<BlockLayers> blocks() const {
    detail::at_least("graph", "exits", exits());
    return detail::find_blocks(*this, state_->exits);
  }

  /// All arrays of the layers that an exit needs, in the order of the layers, with the layer's name before
  /// the array's own: "layer1.0.conv1.weight".
  [[nodiscard]] std::vector<Parameter> parameters() {
    std::vector<std::size_t> scores;
    for (const detail::Exit& exit : state_->exits) scores.push_back(exit.scores);
    const std::vector<bool> needed = detail::needed_for(scores, *this);
    std::vector<Parameter> all;
    for (std::size_t index = 1; index < layers(); ++index) {
      if (!needed[index]) continue;
      for (Parameter& parameter : layer(index).parameters()) {
        parameter.name = name(index) + "." + parameter.name;
        all.push_back(std::move(parameter));
      }
    }
    return all;
  }

  /// f(const Parameter&), or f(const std::string& name, std::span<const std::size_t> shape, std::span<float>
  /// values) as saving and loading want it, for each of `parameters()`.
  template <class F>
  void for_each_parameter(F&& f) {
    for (const Parameter& parameter : parameters()) {
      if constexpr (std::is_invocable_v<F&, const Parameter&>) {
        f(parameter);
      } else {
        f(parameter.name, std::span<const std::size_t>(parameter.weights->shape()),
          parameter.weights->values());
      }
    }
  }

  /// Numbers in all arrays, statistics included; takes no memory for them.
  [[nodiscard]] std::size_t parameter_count() {
    std::size_t count = 0;
    for_each_parameter([&](const Parameter& parameter) { count += parameter.weights->size(); });
    return count;
  }

  /// Multiply-adds of a layer per image.
  [[nodiscard]] std::size_t macs(std::size_t index) const {
    std::vector<Shape> shapes;
    for (const std::size_t input : inputs(index)) shapes.push_back(shape(input));
    return index == 0 ? 0 : layer(index).macs(shapes);
  }
  /// Multiply-adds per image of a list of layers.
  [[nodiscard]] std::size_t macs(std::span<const std::size_t> some) const {
    std::size_t sum = 0;
    for (const std::size_t index : some) sum += macs(index);
    return sum;
  }

 private:
  friend class Scope;

  void require_own(const Map& map) const {
    if (map.state_ != state_.get()) EINET_THROW(std::invalid_argument("graph: a map of another graph"));
  }

  std::unique_ptr<detail::GraphState> state_;
};

inline Scope::Scope(Graph& graph, std::string_view name) : Scope(*graph.state_, name) {}

template <class L>
Map add(L layer, const std::vector<Map>& inputs, std::string name) {
  static_assert(std::is_base_of_v<Layer, L>,
                "add(layer, inputs): the layer must derive from einet::nn::Layer");
  const std::string_view kind = layer.kind();
  detail::at_least(kind, "inputs", inputs.size());
  detail::GraphState* const state = inputs.front().state_;
  detail::Node node{nullptr, {}, {}, state->names.name_of(kind, std::move(name))};
  if (state->names.taken(node.name))
    EINET_THROW(std::invalid_argument("graph: a second layer is called " + node.name));
  std::vector<Shape> shapes;
  for (const Map& input : inputs) {
    if (input.state_ != state)
      EINET_THROW(std::invalid_argument("graph: layer " + node.name + " reads maps of two graphs"));
    node.inputs.push_back(input.index_);
    shapes.push_back(input.shape());
  }
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
  try {
    node.shape = layer.output(shapes);
  } catch (const std::invalid_argument& error) {
    EINET_THROW(std::invalid_argument("layer " + node.name + ": " + error.what()));
  }
#else
  node.shape = layer.output(shapes);
#endif
  node.layer = std::make_unique<L>(std::move(layer));
  state->names.take(node.name);
  state->nodes.push_back(std::move(node));
  return {state, state->nodes.size() - 1};
}

}  // namespace einet::nn
