#pragma once
// Images made larger or smaller, by the nearest pixel or linearly between pixels.

#include <einet/nn/graph.hpp>
#include <einet/nn/inference/lowering.hpp>
#include <einet/nn/kernels/lanes.hpp>
#include <einet/nn/layer.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/numbers.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/view.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::nn {

/// Every output pixel lies between two rows and two columns of the input.
class Resize final : public Layer {
 public:
  /// One output row or column: of `first` and `second`, the share of the second.
  struct Between {
    std::size_t first, second;
    float share;
  };

  /// @pre what they refer to lies in the input
  Resize(std::vector<Between> rows, std::vector<Between> columns)
      : rows_(std::move(rows)), columns_(std::move(columns)) {}

  [[nodiscard]] std::string_view kind() const noexcept override { return "resize"; }
  [[nodiscard]] Shape output(std::span<const Shape> inputs) const override {
    const Shape input = detail::only(kind(), inputs);
    if (rows_.back().second >= input.height || columns_.back().second >= input.width)
      detail::refuse_input(kind(), input, "a larger one");
    return {rows_.size(), columns_.size(), input.channels};
  }
  [[nodiscard]] LoweredMap lower(Lowering& to, std::span<const LoweredMap> inputs) const override {
    const Shape in[] = {inputs[0].shape};
    return to.step(inputs, output(in),
                   [rows = rows_, columns = columns_](const StepMaps& maps, PacedStop& stop) noexcept {
                     const MapView<const float> x = maps.in();
                     const MapView<float> y = maps.out();
                     return detail::each_pixel(y.shape, stop, [&](std::size_t pixel) {
                       const Between& row = rows[pixel / columns.size()];
                       const Between& column = columns[pixel % columns.size()];
                       const auto from = [&](std::size_t r, std::size_t c) {
                         return x.pixel(r * x.shape.width + c);
                       };
                       blend(from(row.first, column.first), from(row.first, column.second),
                             from(row.second, column.first), from(row.second, column.second), row.share,
                             column.share, y.pixel(pixel), y.shape.channels);
                     });
                   });
  }

 private:
  static void blend(const float* a, const float* b, const float* c, const float* d, float down, float right,
                    float* y, std::size_t channels) noexcept {
    detail::over_lanes<xsimd::default_arch>(channels, [=]<class V>(std::size_t k) {
      const auto between = [&](const V& from, const V& to, float share) {
        return share == 0 ? from : from + (to - from) * V(share);
      };
      const V upper = between(detail::load<V>(a + k), detail::load<V>(b + k), right);
      const V lower = between(detail::load<V>(c + k), detail::load<V>(d + k), right);
      detail::store(y + k, between(upper, lower, down));
    });
  }

  std::vector<Between> rows_, columns_;
};

namespace onnx_detail {

/// How one axis is resized.
struct Resizing {
  std::string coordinates, nearest;
  bool linear;

  /// @param scale output pixels for every input pixel
  [[nodiscard]] std::vector<Resize::Between> axis(std::size_t in, std::size_t out, double scale) const {
    std::vector<Resize::Between> all;
    for (std::size_t o = 0; o < out; ++o) {
      const double at =
          (std::clamp)(place(static_cast<double>(o), in, out, scale), 0., static_cast<double>(in - 1));
      if (linear) {
        const auto first = static_cast<std::size_t>(at);
        all.push_back({first, (std::min)(first + 1, in - 1), static_cast<float>(at - std::floor(at))});
      } else {
        const auto pixel = static_cast<std::size_t>(rounded(at));
        all.push_back({pixel, pixel, 0});
      }
    }
    return all;
  }

 private:
  [[nodiscard]] double place(double o, std::size_t in, std::size_t out, double scale) const {
    if (coordinates == "align_corners")
      return out == 1 ? 0 : o * static_cast<double>(in - 1) / static_cast<double>(out - 1);
    if (coordinates == "asymmetric") return o / scale;
    if (coordinates == "pytorch_half_pixel" && out == 1) return 0;
    return (o + .5) / scale - .5;
  }
  [[nodiscard]] double rounded(double at) const {
    if (nearest == "floor") return std::floor(at);
    if (nearest == "ceil") return std::ceil(at);
    return nearest == "round_prefer_ceil" ? std::floor(at + .5) : std::ceil(at - .5);
  }
};

inline void read_resize(Values& values, const Node& node) {
  const Map x = values.image(node, values.view(node, 0));
  const std::string mode = node.word("mode", "nearest");
  const Resizing resizing{node.word("coordinate_transformation_mode", "half_pixel"),
                          node.word("nearest_mode", "round_prefer_floor"), mode == "linear"};
  if (mode != "linear" && mode != "nearest") node.refuse("mode is " + mode + ", expected nearest or linear");
  if (resizing.coordinates == "tf_crop_and_resize" || resizing.coordinates == "half_pixel_symmetric")
    node.refuse("coordinate_transformation_mode is " + resizing.coordinates + ", which is not known");
  if (node.integer("antialias", 0) != 0) node.refuse("antialias is 1, expected 0");
  const Shared scales = values.constant(node, 2), sizes = values.constant(node, 3);
  const Constant* const given = sizes && sizes->size() > 0 ? sizes.get() : scales.get();
  if (given == nullptr || given->size() != 4) node.refuse("has no scales or sizes of four dimensions");
  const auto axis = [&](std::size_t d, std::size_t in) {
    double scale = static_cast<double>(given->number(d));
    const double length = given->integer ? scale : std::floor(static_cast<double>(in) * scale);
    const std::size_t out =
        positive(node, "sizes", length >= 1 && length < 1e7 ? static_cast<std::int64_t>(length) : 0, 1);
    if (given->integer) scale = static_cast<double>(out) / static_cast<double>(in);
    values.spend(node, 4 * out);
    return resizing.axis(in, out, scale);
  };
  const bool others =
      given->integer ? given->whole[1] == static_cast<std::int64_t>(x.shape().channels) : given->real[1] == 1;
  if (!others) node.refuse("resizes the channels");
  const Map y = add(Resize(axis(2, x.shape().height), axis(3, x.shape().width)), x);
  values.give(node, node.output(), View::image(values.made(node, y)));
}

}  // namespace onnx_detail

}  // namespace einet::nn
