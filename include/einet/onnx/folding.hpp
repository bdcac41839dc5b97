#pragma once
// Computes nodes whose inputs are all constants, as exporters write shapes: "the second length of that map,
// divided by four, before these two others".

#include <einet/onnx/constant.hpp>
#include <einet/onnx/constant_arithmetic.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/shapes.hpp>
#include <einet/onnx/walk.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

class Folding : ConstantInputs {
 public:
  using ConstantInputs::ConstantInputs;

  /// The node's value; nothing if it is no operator on constants.
  [[nodiscard]] std::optional<Constant> fold() const {
    const std::string_view op = node_.operation();
    if (op == "Identity" || op == "Dropout") return in(0);
    if (op == "Cast") return cast();
    if (op == "Shape") return shape(in(0).lengths);
    if (op == "Size") return Constant::of({}, std::vector{static_cast<std::int64_t>(in(0).size())});
    if (op == "Gather") return gather();
    if (op == "Concat") return concat();
    if (op == "Slice") return slice();
    if (op == "Squeeze") return with_lengths(squeezed_lengths(node_, in(0).lengths, at(1)));
    if (op == "Unsqueeze") return with_lengths(unsqueezed_lengths(node_, in(0).lengths, at(1)));
    if (op == "Reshape") {
      if (!in(1).integer) node_.refuse("has a shape that is no integers");
      return with_lengths(reshaped_lengths(node_, in(1).whole, in(0).lengths, in(0).size()));
    }
    if (op == "Transpose") return transpose();
    if (op == "ConstantOfShape") return constant_of_shape();
    return Arithmetic(node_, inputs_).compute(op);
  }

  /// A shape as Shape gives it, from `start` to `end`.
  [[nodiscard]] Constant shape(const Lengths& lengths) const {
    const auto rank = static_cast<std::int64_t>(lengths.size());
    const auto bound = [&](std::int64_t at) {
      return (std::clamp)(at < 0 ? (std::max)(at, -rank) + rank : at, std::int64_t{0}, rank);
    };
    const std::int64_t first = bound(node_.integer("start", 0)), end = bound(node_.integer("end", rank));
    Lengths some;
    for (std::int64_t d = first; d < end; ++d) some.push_back(lengths[static_cast<std::size_t>(d)]);
    const auto count = static_cast<std::int64_t>(some.size());
    return Constant::of({count}, std::move(some));
  }

 private:
  [[nodiscard]] Constant with_lengths(Lengths lengths) const {
    Constant copy = in(0);
    copy.lengths = std::move(lengths);
    return copy;
  }

  [[nodiscard]] Constant cast() const {
    using Proto = ::onnx::TensorProto;
    const std::int64_t to = node_.integer("to", 0);
    const bool real =
        to == Proto::FLOAT || to == Proto::DOUBLE || to == Proto::FLOAT16 || to == Proto::BFLOAT16;
    Constant result{in(0).lengths, !real, {}, {}};
    for (std::size_t k = 0; k < in(0).size(); ++k) {
      if (to == Proto::BOOL) {
        result.whole.push_back(in(0).number(k) != 0 ? 1 : 0);
      } else if (!real && !in(0).integer) {
        const float value = in(0).real[k];
        if (!(value > -9e18f && value < 9e18f)) node_.refuse("casts a number that no integer can hold");
        result.whole.push_back(static_cast<std::int64_t>(value));
      } else {
        append(result, in(0), k);
      }
    }
    return result;
  }

  [[nodiscard]] Constant gather() const {
    const Constant &from = in(0), &which = in(1);
    if (!which.integer) node_.refuse("has indices that are no integers");
    const std::size_t axis = axis_of(node_, node_.integer("axis", 0), from.lengths.size());
    Lengths lengths(from.lengths.begin(), from.lengths.begin() + static_cast<std::ptrdiff_t>(axis));
    lengths.insert(lengths.end(), which.lengths.begin(), which.lengths.end());
    lengths.insert(lengths.end(), from.lengths.begin() + static_cast<std::ptrdiff_t>(axis) + 1,
                   from.lengths.end());
    static_cast<void>(size_of(lengths));
    const auto count = static_cast<std::size_t>(from.lengths[axis]);
    const std::size_t inner = product_of(from.lengths, axis + 1, from.lengths.size());
    const std::size_t outer = product_of(from.lengths, 0, axis);
    Constant result = empty(from, std::move(lengths));
    for (std::size_t o = 0; o < outer; ++o)
      for (const std::int64_t index : which.whole) {
        const std::size_t k = index_of(node_, index, count);
        for (std::size_t i = 0; i < inner; ++i) append(result, from, (o * count + k) * inner + i);
      }
    return result;
  }

  [[nodiscard]] static std::size_t product_of(const Lengths& lengths, std::size_t first, std::size_t end) {
    std::size_t all = 1;
    for (std::size_t d = first; d < end; ++d) all *= static_cast<std::size_t>(lengths[d]);
    return all;
  }

  [[nodiscard]] Constant concat() const {
    Lengths lengths = in(0).lengths;
    const std::size_t axis = axis_of(node_, node_.integer("axis", 0), lengths.size());
    lengths[axis] = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      Lengths other = in(i).lengths;
      if (other.size() != lengths.size()) node_.refuse("joins constants of different ranks");
      const std::int64_t own = std::exchange(other[axis], lengths[axis]);
      if (other != lengths) node_.refuse("joins constants whose shapes do not fit");
      lengths[axis] += own;
      static_cast<void>(size_of(lengths));
    }
    const std::size_t outer = product_of(lengths, 0, axis);
    Constant result = empty(in(0), lengths);
    for (std::size_t o = 0; o < outer; ++o)
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        const std::size_t run = product_of(in(i).lengths, axis, lengths.size());
        for (std::size_t k = 0; k < run; ++k) append(result, in(i), o * run + k);
      }
    return result;
  }

  [[nodiscard]] Constant slice() const {
    Constant result = in(0);
    for (const Stretch& stretch : stretches_of(node_, in(0).lengths, inputs_)) {
      const std::size_t outer = product_of(result.lengths, 0, stretch.axis);
      const std::size_t inner = product_of(result.lengths, stretch.axis + 1, result.lengths.size());
      const auto length = static_cast<std::size_t>(result.lengths[stretch.axis]);
      Constant part = empty(result, result.lengths);
      part.lengths[stretch.axis] = static_cast<std::int64_t>(stretch.count);
      const auto at = [&](std::size_t k) {
        return static_cast<std::size_t>(static_cast<std::ptrdiff_t>(stretch.first) +
                                        static_cast<std::ptrdiff_t>(k) * stretch.step);
      };
      for (std::size_t o = 0; o < outer; ++o)
        for (std::size_t k = 0; k < stretch.count; ++k)
          for (std::size_t i = 0; i < inner; ++i) append(part, result, (o * length + at(k)) * inner + i);
      result = std::move(part);
    }
    return result;
  }

  [[nodiscard]] Constant transpose() const {
    const Lengths order = order_of(node_, in(0).lengths.size());
    Lengths lengths;
    std::vector<std::size_t> strides;
    for (const std::int64_t d : order) {
      lengths.push_back(in(0).lengths[static_cast<std::size_t>(d)]);
      strides.push_back(product_of(in(0).lengths, static_cast<std::size_t>(d) + 1, in(0).lengths.size()));
    }
    Constant result = empty(in(0), lengths);
    Walk from(sizes(lengths), std::move(strides));
    for (std::size_t left = in(0).size(); left > 0; --left, from.next()) append(result, in(0), from.place());
    return result;
  }

  [[nodiscard]] Constant constant_of_shape() const {
    if (!in(0).integer) node_.refuse("has a shape that is no integers");
    const Lengths lengths = in(0).whole;
    const std::size_t count = size_of(lengths);
    const ::onnx::AttributeProto* const value = node_.attribute("value");
    if (value == nullptr) return Constant::of(lengths, std::vector<float>(count, 0.f));
    const Constant one = node_.read(value->t(), "value");
    if (one.size() != 1)
      node_.refuse("has a value of " + std::to_string(one.size()) + " numbers, expected 1");
    return one.integer ? Constant::of(lengths, std::vector<std::int64_t>(count, one.whole[0]))
                       : Constant::of(lengths, std::vector<float>(count, one.real[0]));
  }
};

}  // namespace einet::nn::onnx_detail
