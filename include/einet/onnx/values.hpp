#pragma once
// What is known while a model is read: the graph so far, and for every name of the model a constant or a view
// of one of the graph's maps.

#include <einet/nn/graph.hpp>
#include <einet/nn/layers/tokens.hpp>
#include <einet/onnx/constant.hpp>
#include <einet/onnx/layers.hpp>
#include <einet/onnx/model.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

namespace einet::nn::onnx_detail {

using Shared = std::shared_ptr<const Constant>;

class Values {
 public:
  /// A map may have as many values.
  static constexpr std::size_t largest_map = std::size_t{1} << 26U;

  Values(const Model& model, Graph& graph) : model_(model), graph_(graph), maps_{graph.input()} {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(model.path(), error);
    budget_ = (std::size_t{1} << 22U) + (error ? 0 : 2 * static_cast<std::size_t>(bytes));
  }

  [[nodiscard]] const Model& model() const noexcept { return model_; }
  [[nodiscard]] Graph& graph() noexcept { return graph_; }

  /// Whether anything has this name.
  [[nodiscard]] bool known(const std::string& name) const {
    return values_.contains(name) || initialisers_.contains(name) || model_.initialiser(name) != nullptr;
  }

  /// Whether any input of the node is a map.
  [[nodiscard]] bool reads_map(const Node& node) const {
    for (std::size_t i = 0; i < node.inputs(); ++i)
      if (const auto found = values_.find(node.input(i));
          found != values_.end() && std::holds_alternative<View>(found->second))
        return true;
    return false;
  }

  /// The constant of this name; null if it is a map.
  /// @throws io::FileError naming the node if there is nothing of this name
  [[nodiscard]] Shared constant(const Node& node, const std::string& name) {
    if (const auto found = values_.find(name); found != values_.end()) {
      const Shared* const held = std::get_if<Shared>(&found->second);
      return held != nullptr ? *held : nullptr;
    }
    const auto inner = initialisers_.find(name);
    const ::onnx::TensorProto* const tensor =
        inner != initialisers_.end() ? inner->second : model_.initialiser(name);
    if (tensor == nullptr) node.refuse("reads '" + name + "', which no node before it makes");
    auto read =
        std::make_shared<const Constant>(ConstantReader(model_).read(*tensor, "initialiser '" + name + "'"));
    if (tensor->data_location() == ::onnx::TensorProto::EXTERNAL) budget_ += 2 * read->size();
    if (read->size() <= 1024)
      values_.emplace(name, read);
    else
      spend(node, read->size());  // mostly read once; often, it would take long
    return read;
  }
  /// The constant that is input i of the node; null if there is no such input, or if it is a map.
  [[nodiscard]] Shared constant(const Node& node, std::size_t i) {
    return node.has(i) ? constant(node, node.input(i)) : nullptr;
  }
  /// The same; refuses a map.
  [[nodiscard]] Shared weights(const Node& node, std::size_t i) {
    Shared found = constant(node, i);
    if (!found)
      node.refuse(node.has(i)
                      ? "computes its input '" + node.input(i) + "' from the image, expected a constant"
                      : "has no input " + std::to_string(i + 1));
    return found;
  }

  /// The view that is input i of the node.
  [[nodiscard]] View view(const Node& node, std::size_t i) {
    if (!node.has(i)) node.refuse("has no input " + std::to_string(i + 1));
    return view(node, node.input(i));
  }
  [[nodiscard]] View view(const Node& node, const std::string& name) {
    const auto found = values_.find(name);
    const View* const held = found == values_.end() ? nullptr : std::get_if<View>(&found->second);
    if (held == nullptr) {
      static_cast<void>(constant(node, name));
      node.refuse("reads the constant '" + name + "', expected what is computed from the image");
    }
    return *held;
  }

  void give(const Node& node, const std::string& name, View view) {
    if (view.map.shape().size() > largest_map)
      node.refuse("makes a map of " + detail::text(view.map.shape()) + ", which is too large");
    name_once(node, name);
    values_.insert_or_assign(name, std::move(view));
  }
  void give(const Node& node, const std::string& name, Constant constant) {
    name_once(node, name);
    spend(node, constant.size());
    values_.insert_or_assign(name, std::make_shared<const Constant>(std::move(constant)));
  }
  /// Gives what has one name another one, too.
  void alias(const Node& node, const std::string& from, const std::string& to) {
    if (Shared held = constant(node, from)) {
      name_once(node, to);
      values_.insert_or_assign(to, std::move(held));
    } else {
      give(node, to, view(node, from));
    }
  }
  void add_initialiser(const ::onnx::TensorProto& tensor) { initialisers_.emplace(tensor.name(), &tensor); }

  /// Counts numbers that are kept, so that a small file cannot ask for much memory.
  void spend(const Node& node, std::size_t numbers) {
    if (numbers > budget_) node.refuse("needs more memory than a file of this size may ask for");
    budget_ -= numbers;
  }

  /// The map that a layer made, remembered by its layer.
  Map made(const Node& node, const Map& map) {
    if (map.shape().size() > largest_map || map.shape().size() == 0)
      node.refuse("makes a map of " + detail::text(map.shape()) + ", which is empty or too large");
    for (const Parameter& parameter : graph_.layer(map.layer()).parameters())
      spend(node, parameter.weights->size());
    while (maps_.size() < map.layer()) maps_.push_back(map);
    maps_.push_back(map);
    names_.insert(graph_.name(map.layer()));
    return map;
  }
  /// @pre made here
  [[nodiscard]] const Map& map_of(std::size_t layer) const { return maps_[layer]; }

  /// A name for a layer whose weights have this name: PyTorch's, without what follows the last point; nothing
  /// if it is taken or no such name.
  [[nodiscard]] std::string layer_name(const std::string& weights) {
    const std::size_t dot = weights.rfind('.');
    if (dot == std::string::npos || dot == 0 || !weights.ends_with(".weight") || weights.size() > 200)
      return {};
    std::string name = weights.substr(0, dot);
    return names_.contains(name) ? std::string() : name;
  }

  /// Fills a layer's array of this name.
  void fill(const Map& map, std::string_view array, std::span<const float> values) {
    for (const Parameter& parameter : graph_.layer(map.layer()).parameters())
      if (parameter.name == array)
        std::copy(values.begin(), values.end(), parameter.weights->values().begin());
  }

  /// A map of the same values for every image. It is computed where `beside` is.
  /// @param values [height][width][channels]
  [[nodiscard]] Map fixed(const Node& node, const Map& beside, Shape shape, AlignedVector<float> values) {
    return made(node, add(FixedMap(shape, std::move(values)), beside));
  }

  /// The view with nothing left to be multiplied.
  [[nodiscard]] View settled(const Node& node, const View& view) {
    if (view.factor == 1) return view;
    const std::size_t channels = view.map.shape().channels;
    View scaled = view.on(made(node, add(ChannelAffine(AlignedVector<float>(channels, view.factor),
                                                       AlignedVector<float>(channels, 0.f)),
                                         view.map)));
    scaled.factor = 1;
    return scaled;
  }

  /// The same values as a map of their own, with the last dimension as channels and all others as pixels.
  [[nodiscard]] View rows(const Node& node, const View& view) {
    const Lengths lengths = view.lengths();
    const std::size_t channels = lengths.empty() ? 1 : static_cast<std::size_t>(lengths.back());
    return rearranged(node, view, {1, view.size() / (channels > 0 ? channels : 1), channels},
                      [&](const Map& map) { return View::rows(map, lengths); });
  }

  /// The view whose last dimension is all channels of a map in their order, and the others its pixels.
  [[nodiscard]] View with_channels_last(const Node& node, const View& given) {
    View view = settled(node, given);
    const std::size_t channels = view.map.shape().channels;
    if (!view.dimensions.empty() && view.whole() && view.dimensions.back() == View::axis(channels, 1))
      return view;
    return rows(node, view);
  }

  /// The map whose view as [1][channels][height][width] this is.
  [[nodiscard]] Map image(const Node& node, const View& given) {
    const View view = settled(node, given);
    if (view.rank() != 4 || view.length(0) != 1)
      node.refuse("reads a tensor of " + text(view.lengths()) + ", expected [1, channels, height, width]");
    if (view.alike(View::image(view.map))) return view.map;
    const auto length = [&](std::size_t d) { return static_cast<std::size_t>(view.length(d)); };
    const Shape shape{length(2), length(3), length(1)};
    const std::int64_t order[] = {0, 2, 3, 1};
    return rearranged(node, view.transposed(order), shape, View::channels_last).map;
  }

 private:
  void name_once(const Node& node, const std::string& name) const {
    if (name.empty()) node.refuse("has an output without a name");
    if (values_.contains(name) || model_.initialiser(name) != nullptr)
      node.refuse("makes '" + name + "', which is there already");
  }

  /// A map of this shape whose values, in their order, are those of the view.
  template <class See>
  [[nodiscard]] View rearranged(const Node& node, const View& given, Shape shape, const See& see) {
    const View view = settled(node, given);
    if (view.size() != shape.size() || shape.size() == 0)
      node.refuse("reads a tensor of " + text(view.lengths()) + ", which is empty");
    if (const auto pixel = pixel_of(view, shape)) return see(made(node, token(view.map, *pixel)));
    spend(node, view.size());
    std::vector<std::uint32_t> places;
    places.reserve(view.size());
    view.each([&](std::size_t place) { places.push_back(static_cast<std::uint32_t>(place)); });
    return see(made(node, add(Rearrangement(view.map.shape(), shape, std::move(places)), view.map)));
  }

  /// The pixel of its map that the view is, if it is one.
  [[nodiscard]] static std::optional<std::size_t> pixel_of(const View& view, Shape shape) {
    const std::size_t channels = view.map.shape().channels;
    if (shape != Shape{1, 1, channels} || view.offset % channels != 0) return std::nullopt;
    if (View::merged(view.axes()) != View::axis(channels, 1)) return std::nullopt;
    return view.offset / channels;
  }

  const Model& model_;
  Graph& graph_;
  std::vector<Map> maps_;  // by layer
  std::unordered_map<std::string, std::variant<Shared, View>> values_;
  std::unordered_map<std::string, const ::onnx::TensorProto*> initialisers_;  // of branches of If
  std::unordered_set<std::string> names_;                                     // of layers
  std::size_t budget_ = 0;
};

}  // namespace einet::nn::onnx_detail
