#include "catch.hpp"
#include "model_builder.hpp"

#include <einet/io/file_error.hpp>
#include <einet/onnx/constant_arithmetic.hpp>
#include <einet/onnx/folding.hpp>
#include <einet/onnx/model.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/operators.hpp>
#include <einet/onnx/shapes.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace einet;
using nn::onnx_detail::Constant;
using nn::onnx_detail::Folding;
using nn::onnx_detail::Lengths;

namespace {

using Whole = std::vector<std::int64_t>;
using Real = std::vector<float>;

Constant row(const Whole& values) {
  return Constant::of({static_cast<std::int64_t>(values.size())}, values);
}

/// One node on constants.
struct Folded {
  Folded(
      const char* operation, const std::vector<Constant>& inputs,
      const std::function<void(test::NodeBuilder&)>& build = [](test::NodeBuilder&) {},
      std::int64_t opset = 13) {
    test::ModelBuilder builder(opset);
    test::NodeBuilder built = builder.node(operation, std::vector<std::string>(inputs.size(), "i"), {"y"});
    build(built);
    const nn::onnx_detail::Model model(builder.output("y").write());
    const nn::onnx_detail::Node node(model, model.graph().node(0));
    std::vector<const Constant*> all;
    for (const Constant& input : inputs) all.push_back(input.lengths == Lengths{-1} ? nullptr : &input);
    value = Folding(node, all).fold();
  }
  std::optional<Constant> value;  // NOLINT(readability-identifier-naming)

  void is(const Lengths& lengths, const Whole& values) const {
    REQUIRE(value);
    CHECK(value->lengths == lengths);
    CHECK(value->integer);
    CHECK(value->whole == values);
  }
  void is(const Lengths& lengths, const Real& values) const {
    REQUIRE(value);
    CHECK(value->lengths == lengths);
    CHECK(!value->integer);
    CHECK(value->real == values);
  }
};

std::string refused(const std::function<void()>& fold) {
  try {
    fold();
  } catch (const io::FileError& error) {
    const std::string message = error.what();
    return message.substr(message.find("): ") + 3);
  }
  return "nothing";
}

const auto axis = [](std::int64_t value) {
  return [value](test::NodeBuilder& node) { node.set("axis", value); };
};

}  // namespace

TEST_CASE("Arithmetic of constants broadcasts, in whole numbers where both are", "[onnx]") {
  const Constant two = Constant::of({2, 1}, Whole{10, -7}), three = row({3, 2, 1});
  Folded("Add", {two, three}).is({2, 3}, Whole{13, 12, 11, -4, -5, -6});
  Folded("Sub", {three, two}).is({2, 3}, Whole{-7, -8, -9, 10, 9, 8});
  Folded("Mul", {row({3}), three}).is({3}, Whole{9, 6, 3});
  Folded("Div", {two, three}).is({2, 3}, Whole{3, 5, 10, -2, -3, -7});
  Folded("Mod", {two, three}).is({2, 3}, Whole{1, 0, 0, 2, 1, 0});
  Folded("Pow", {three, row({3})}).is({3}, Whole{27, 8, 1});
  Folded("Min", {two, three}).is({2, 3}, Whole{3, 2, 1, -7, -7, -7});
  Folded("Div", {Constant::of({}, Real{1}), row({4})}).is({1}, Real{.25f});
  Folded("Equal", {three, row({2})}).is({3}, Whole{0, 1, 0});
  Folded("Less", {three, row({2})}).is({3}, Whole{0, 0, 1});
  Folded("GreaterOrEqual", {three, row({2})}).is({3}, Whole{1, 1, 0});
  Folded("Where", {row({1, 0, 1}), three, row({9})}).is({3}, Whole{3, 9, 1});
  Folded("Neg", {three}).is({3}, Whole{-3, -2, -1});
  Folded("Not", {row({1, 0})}).is({2}, Whole{0, 1});
  Folded("Sqrt", {Constant::of({}, Real{9})}).is({}, Real{3});
  Folded("Floor", {Constant::of({2}, Real{1.5f, -1.5f})}).is({2}, Real{1, -2});
  Folded("ReduceProd", {three}).is({1}, Whole{6});
}

TEST_CASE("Constants are taken apart and put together as tensors", "[onnx]") {
  const Constant matrix = Constant::of({2, 3}, Whole{1, 2, 3, 4, 5, 6});
  Folded("Shape", {matrix}).is({2}, Whole{2, 3});
  Folded(
      "Shape", {matrix}, [](auto& node) { node.set("start", std::int64_t{-1}); }, 15)
      .is({1}, Whole{3});
  Folded("Size", {matrix}).is({}, Whole{6});
  Folded("Gather", {matrix, row({-1, 0})}, axis(1)).is({2, 2}, Whole{3, 1, 6, 4});
  Folded("Gather", {matrix, Constant::of({}, Whole{1})}).is({3}, Whole{4, 5, 6});
  Folded("Concat", {matrix, Constant::of({2, 1}, Whole{7, 8})}, axis(-1))
      .is({2, 4}, Whole{1, 2, 3, 7, 4, 5, 6, 8});
  Folded("Transpose", {matrix}).is({3, 2}, Whole{1, 4, 2, 5, 3, 6});
  Folded("Reshape", {matrix, row({-1, 2})}).is({3, 2}, Whole{1, 2, 3, 4, 5, 6});
  Folded("Reshape", {matrix, row({0, 3, 1})}).is({2, 3, 1}, Whole{1, 2, 3, 4, 5, 6});
  Folded("Unsqueeze", {row({1, 2}), row({-1, 0})}).is({1, 2, 1}, Whole{1, 2});
  Folded(
      "Unsqueeze", {row({1, 2})}, [](auto& node) { node.set("axes", Lengths{1}); }, 11)
      .is({2, 1}, Whole{1, 2});
  Folded("Squeeze", {Constant::of({1, 2, 1}, Whole{1, 2}), row({0})}).is({2, 1}, Whole{1, 2});
  Folded("Squeeze", {Constant::of({1, 2, 1}, Whole{1, 2})}).is({2}, Whole{1, 2});
  Folded("Expand", {Constant::of({2, 1}, Whole{1, 2}), row({2, 2, 2})})
      .is({2, 2, 2}, Whole{1, 1, 2, 2, 1, 1, 2, 2});
  Folded("Range", {Constant::of({}, Whole{5}), Constant::of({}, Whole{-2}), Constant::of({}, Whole{-3})})
      .is({3}, Whole{5, 2, -1});
  // Steps whose multiples no integer can hold.
  const auto scalar = [](std::int64_t value) { return Constant::of({}, Whole{value}); };
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min(), half = least / 2;
  Folded("Range", {scalar(least), scalar(-(half + least / 4)), scalar(-half)})
      .is({4}, Whole{least, half, 0, -half});
  Folded("Mod", {row({-7, 7, std::numeric_limits<std::int64_t>::max()}),
                 row({3, -3, std::numeric_limits<std::int64_t>::max() - 1})})
      .is({3}, Whole{2, -2, 1});
  Folded("ConstantOfShape", {row({2, 2})}).is({2, 2}, Real{0, 0, 0, 0});
  using Proto = ::onnx::TensorProto;
  Folded("Cast", {Constant::of({2}, Real{2.7f, -2.7f})}, [](auto& node) {
    node.set("to", std::int64_t{Proto::INT64});
  }).is({2}, Whole{2, -2});
  Folded("Cast", {row({3, 0})}, [](auto& node) {
    node.set("to", std::int64_t{Proto::FLOAT});
  }).is({2}, Real{3, 0});
  Folded("Cast", {row({3, 0})}, [](auto& node) {
    node.set("to", std::int64_t{Proto::BOOL});
  }).is({2}, Whole{1, 0});
}

TEST_CASE("A slice of a constant goes forwards and backwards, and ends where the constant does", "[onnx]") {
  const Constant five = row({1, 2, 3, 4, 5});
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  const auto slice = [&](std::int64_t start, std::int64_t end, std::int64_t step) {
    return Folded("Slice", {five, row({start}), row({end}), row({0}), row({step})});
  };
  slice(1, 4, 1).is({3}, Whole{2, 3, 4});
  slice(-2, largest, 1).is({2}, Whole{4, 5});
  slice(least, -1, 2).is({2}, Whole{1, 3});
  slice(0, largest, largest).is({1}, Whole{1});
  slice(-1, least, -1).is({5}, Whole{5, 4, 3, 2, 1});
  slice(largest, 0, -2).is({2}, Whole{5, 3});
  slice(3, -5, -1).is({3}, Whole{4, 3, 2});
  slice(4, least, least).is({1}, Whole{5});
  slice(3, 3, 1).is({0}, Whole{});
  slice(1, 3, -1).is({0}, Whole{});
  Folded("Slice", {row({}), row({-1}), row({least}), row({0}), row({-1})}).is({0}, Whole{});
  Folded("Slice", {Constant::of({2, 2}, Whole{1, 2, 3, 4}), row({1}), row({2}), row({1})})
      .is({2, 1}, Whole{2, 4});
}

TEST_CASE("Every operator that is said to be known of constants is", "[onnx]") {
  const auto one_for = [](std::string_view operation) {
    const std::size_t inputs = operation == "Where" || operation == "Range" ? 3
                               : operation == "Abs" || operation == "Ceil" || operation == "Exp" ||
                                       operation == "Floor" || operation == "Not" || operation == "Sqrt" ||
                                       operation == "Size" || operation == "ReduceProd" ||
                                       operation == "ConstantOfShape"
                                   ? 1
                                   : 2;
    const Constant scalar = operation == "Range" ? Constant::of({}, Whole{1}) : row({1});
    return Folded(std::string(operation).c_str(), std::vector<Constant>(inputs, scalar)).value.has_value();
  };
  for (const std::string_view operation : nn::onnx_constant_operators) {
    INFO(operation);
    const bool elsewhere =
        operation == "Constant" || operation == "If" || operation == "Softmax" || operation == "LogSoftmax";
    CHECK(one_for(operation) != elsewhere);
  }
}

TEST_CASE("Constants that make no sense are refused", "[onnx]") {
  const Constant three = row({1, 2, 3});
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  CHECK(refused([&] { Folded("Add", {three, row({1, 2})}); }) == "combines the shapes [3] and [2]");
  CHECK(refused([&] { Folded("Div", {three, row({0})}); }) == "computes 1 and 0, which overflows");
  CHECK(refused([&] {
          Folded("Div", {row({least}), row({-1})});
        }) == "computes -9223372036854775808 and -1, which overflows");
  CHECK(refused([&] { Folded("Pow", {row({10}), row({40})}); }) == "computes 10 and 40, which overflows");
  CHECK(refused([&] { Folded("Gather", {three, row({3})}); }) == "takes value 3 of 3");
  CHECK(refused([&] {
          Folded("Gather", {three, row({0})}, axis(1));
        }) == "axis is 1, expected one of 1 dimensions");
  CHECK(refused([&] {
          Folded("Reshape", {three, row({-1, -1})});
        }) == "reshapes [3] to [-1, -1], which has not as many values");
  CHECK(refused([&] {
          Folded("Squeeze", {three, row({0})});
        }) == "squeezes dimension 0 of [3], which is not 1");
  CHECK(refused([&] { Folded("Unsqueeze", {three, row({0, 0})}); }) == "names axis 0 twice");
  CHECK(refused([&] { Folded("Transpose", {three}, [](auto& node) { node.set("perm", Lengths{1}); }); }) ==
        "perm is [1], expected an order of 1 dimensions");
  CHECK(refused([&] {
          Folded("ConstantOfShape", {row({1 << 20, 1 << 20})});
        }) == "makes a constant of [1048576, 1048576], which is too large");
  CHECK(refused([&] {
          Folded("Expand", {three, row({1 << 20, 3, 1 << 20, 3})});
        }).find("which is too large") != std::string::npos);
  CHECK(refused([&] {
          Folded("Range", {row({0}), row({std::int64_t{1} << 40}), row({1})});
        }) == "makes a constant that is too large");
  CHECK(refused([&] {
          Folded("Slice", {three, row({0}), row({1}), row({0}), row({0})});
        }) == "has the step 0");
  CHECK(refused([&] {
          Folded("Slice", {three, row({0, 0}), row({1})});
        }) == "has not as many ends as starts");
  CHECK(refused([&] {
          Folded("Cast", {Constant::of({}, Real{1e30f})},
                 [](auto& node) { node.set("to", std::int64_t{7}); });
        }) == "casts a number that no integer can hold");
  CHECK(refused([&] {
          Folded("Slice", {three, row({0, 0}), row({2, 3}), row({0, 0})});
        }) == "slices axis 0 twice");
  CHECK(refused([&] { Folded("Neg", {row({least})}); }) ==
        "computes 0 and -9223372036854775808, which overflows");
  CHECK(refused([&] { Folded("Abs", {row({least})}); }).find("which overflows") != std::string::npos);
  CHECK(!Folded("Relu", {three}).value);
}
