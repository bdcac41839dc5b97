#pragma once
// A tensor of ONNX, seen in a map of the graph. ONNX stores [batch][channels][height][width], einet
// [height][width][channels]; reshapes, transposes and slices of a tensor only change how the map is looked
// at, so that most of them cost nothing.

#include <einet/nn/graph.hpp>
#include <einet/onnx/constant.hpp>
#include <einet/onnx/walk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

/// Values that lie `stride` floats apart in the map, of which the channels are innermost.
struct Axis {
  std::size_t length;
  std::size_t stride;

  friend bool operator==(const Axis&, const Axis&) = default;
};

/// One dimension of the tensor: axes from the outermost to the innermost; none if it has length 1.
using Dimension = std::vector<Axis>;

struct View {
  Map map;
  std::vector<Dimension> dimensions;
  std::size_t offset = 0;  ///< of the first value in the map, floats
  float factor = 1;        ///< by which values are still to be multiplied

  /// [1][channels][height][width]
  [[nodiscard]] static View image(const Map& map) {
    const Shape s = map.shape();
    return View{map,
                {{}, axis(s.channels, 1), axis(s.height, s.width * s.channels), axis(s.width, s.channels)}};
  }
  /// [1][height][width][channels]
  [[nodiscard]] static View channels_last(const Map& map) {
    const Shape s = map.shape();
    return View{map,
                {{}, axis(s.height, s.width * s.channels), axis(s.width, s.channels), axis(s.channels, 1)}};
  }
  /// The values in their order in memory, as these lengths. @pre as many as the map has
  [[nodiscard]] static View rows(const Map& map, std::span<const std::int64_t> lengths) {
    View view{map, {}};
    std::size_t stride = 1;
    for (std::size_t d = lengths.size(); d-- > 0;) {
      const auto length = static_cast<std::size_t>(lengths[d]);
      view.dimensions.insert(view.dimensions.begin(), axis(length, stride));
      stride *= length;
    }
    return view;
  }

  [[nodiscard]] std::size_t rank() const noexcept { return dimensions.size(); }
  [[nodiscard]] std::int64_t length(std::size_t d) const noexcept {
    std::size_t all = 1;
    for (const Axis& axis : dimensions[d]) all *= axis.length;
    return static_cast<std::int64_t>(all);
  }
  [[nodiscard]] Lengths lengths() const {
    Lengths all;
    for (std::size_t d = 0; d < rank(); ++d) all.push_back(length(d));
    return all;
  }
  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t all = 1;
    for (std::size_t d = 0; d < rank(); ++d) all *= static_cast<std::size_t>(length(d));
    return all;
  }

  /// All axes, from the outermost of the tensor to the innermost.
  [[nodiscard]] Dimension axes() const {
    Dimension all;
    for (const Dimension& dimension : dimensions) all.insert(all.end(), dimension.begin(), dimension.end());
    return all;
  }

  /// Whether it shows every value of the map, each once.
  [[nodiscard]] bool whole() const {
    if (offset != 0) return false;
    Dimension all = axes();
    std::sort(all.begin(), all.end(), [](const Axis& a, const Axis& b) { return a.stride < b.stride; });
    std::size_t expected = 1;
    for (const Axis& axis : all) {
      if (axis.stride != expected) return false;
      expected *= axis.length;
    }
    return expected == map.shape().size();
  }

  /// Whether the two look at maps of one shape in one way.
  [[nodiscard]] bool alike(const View& other) const {
    return map.shape() == other.map.shape() && offset == other.offset && dimensions == other.dimensions;
  }

  /// The same on another map.
  [[nodiscard]] View on(const Map& other) const { return View{other, dimensions, offset, factor}; }

  /// The same values in the same order as these lengths; nothing if that takes another order in memory.
  /// @pre as many values
  [[nodiscard]] std::optional<View> reshaped(std::span<const std::int64_t> lengths) const {
    Dimension rest = merged(axes());
    View view{map, {}, offset, factor};
    for (std::size_t d = lengths.size(); d-- > 0;) {
      auto wanted = static_cast<std::size_t>(lengths[d]);
      Dimension dimension;
      while (wanted > 1) {
        if (rest.empty()) return std::nullopt;
        Axis& last = rest.back();
        if (wanted % last.length == 0) {
          wanted /= last.length;
          dimension.insert(dimension.begin(), last);
          rest.pop_back();
        } else if (last.length % wanted == 0) {
          dimension.insert(dimension.begin(), {wanted, last.stride});
          last = {last.length / wanted, last.stride * wanted};
          wanted = 1;
        } else {
          return std::nullopt;
        }
      }
      view.dimensions.insert(view.dimensions.begin(), merged(dimension));
    }
    return view;
  }

  /// @pre a permutation of the dimensions
  [[nodiscard]] View transposed(std::span<const std::int64_t> order) const {
    View view{map, {}, offset, factor};
    for (const std::int64_t d : order) view.dimensions.push_back(dimensions[static_cast<std::size_t>(d)]);
    return view;
  }

  /// `count` values of dimension d from `first` on, `step` apart; nothing if the dimension has several axes.
  /// @pre they are there
  [[nodiscard]] std::optional<View> slice(std::size_t d, std::size_t first, std::size_t count,
                                          std::size_t step) const {
    View view = *this;
    Dimension& dimension = view.dimensions[d];
    if (first == 0 && static_cast<std::int64_t>(count) == length(d)) return view;
    if (dimension.size() != 1) return std::nullopt;
    view.offset += first * dimension[0].stride;
    dimension = axis(count, dimension[0].stride * step);
    return view;
  }

  /// f(place in the map) for every value, in the order of the tensor.
  template <class F>
  void each(const F& f) const {
    std::vector<std::size_t> lengths, strides;
    for (const Axis& axis : axes()) {
      lengths.push_back(axis.length);
      strides.push_back(axis.stride);
    }
    Walk walk(std::move(lengths), std::move(strides), offset);
    for (std::size_t left = size(); left > 0; --left, walk.next()) f(walk.place());
  }

  [[nodiscard]] static Dimension axis(std::size_t length, std::size_t stride) {
    return length == 1 ? Dimension{} : Dimension{{length, stride}};
  }

  /// Neighbouring axes that are one in memory are made one.
  [[nodiscard]] static Dimension merged(const Dimension& axes) {
    Dimension all;
    for (const Axis& axis : axes) {
      if (!all.empty() && all.back().stride == axis.stride * axis.length)
        all.back() = {all.back().length * axis.length, axis.stride};
      else
        all.push_back(axis);
    }
    return all;
  }
};

}  // namespace einet::nn::onnx_detail
