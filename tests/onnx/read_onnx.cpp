#include "../fixture_file.hpp"
#include "../sanitized.hpp"
#include "../within_memory.hpp"
#include "catch.hpp"
#include "model_builder.hpp"

#include <einet/io/file_error.hpp>
#include <einet/onnx/activations.hpp>
#include <einet/onnx/arithmetic.hpp>
#include <einet/onnx/attention.hpp>
#include <einet/onnx/dense.hpp>
#include <einet/onnx/model.hpp>
#include <einet/onnx/model_image.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/normalisation.hpp>
#include <einet/onnx/numbers.hpp>
#include <einet/onnx/operators.hpp>
#include <einet/onnx/patterns.hpp>
#include <einet/onnx/read_onnx.hpp>
#include <einet/onnx/rearranging.hpp>
#include <einet/onnx/resize.hpp>
#include <einet/onnx/values.hpp>
#include <einet/onnx/windows.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

using namespace einet;
using einet::test::ContainsSubstring;
using einet::test::ModelBuilder;
using einet::test::scores_of;

namespace {

const std::filesystem::path& fixtures() {
  static const std::filesystem::path folder = std::filesystem::path(__FILE__).parent_path() / "fixtures";
  return folder;
}

/// 24 different numbers: an image of 2 channels, 3 rows and 4 columns.
std::vector<float> image() {
  std::vector<float> all;
  for (int k = 0; k < 24; ++k) all.push_back(std::sin(static_cast<float>(3 * k + 1)));
  return all;
}

void compare(const std::vector<float>& found, const std::vector<float>& expected) {
  REQUIRE(found.size() == expected.size());
  float largest = 1e-3f;
  for (const float value : expected) largest = (std::max)(largest, std::abs(value));
  for (std::size_t k = 0; k < expected.size(); ++k)
    CHECK(std::abs(found[k] - expected[k]) <= 2e-5f * largest);
}

/// What a model of nodes between "x" and "y" gives for `image()`.
std::vector<float> result(ModelBuilder& builder) {
  builder.output("y");
  return scores_of(builder.write(), image()).at(0);
}

/// The message with which the model is refused, after the path.
std::string refusal(const ModelBuilder& builder, const nn::OnnxOptions& options = {}) {
  const std::filesystem::path path = builder.write();
  try {
    static_cast<void>(nn::read_onnx(path, options));
  } catch (const io::FileError& error) {
    const std::string message = error.what();
    REQUIRE(message.starts_with(path.string() + ": "));
    CHECK(message.find('\n') == std::string::npos);
    return message.substr(path.string().size() + 2);
  }
  return "nothing";
}

}  // namespace

TEST_CASE("Exported models compute what PyTorch computes", "[onnx]") {
  const test::FixtureFile expected("onnx", "models");
  for (const char* const name :
       {"plain", "mobile", "mobile17", "shuffle", "sizes", "responses", "tokens", "tokens17", "scaled"}) {
    INFO(name);
    const std::string model = name;
    const auto exits = scores_of(fixtures() / (model + ".onnx"), expected[model + ".image"].values);
    REQUIRE(!exits.empty());
    CHECK(!expected.contains(model + ".exit" + std::to_string(exits.size())));
    for (std::size_t k = 0; k < exits.size(); ++k)
      compare(exits[k], expected[model + ".exit" + std::to_string(k)].values);
  }
}

TEST_CASE("The layers of a model are those that its operators are, and no others", "[onnx]") {
  const auto kinds = [](const char* name) {
    nn::Graph graph = nn::read_onnx(fixtures() / name);
    std::vector<std::string> all;
    for (const nn::BlockLayers& block : graph.blocks())
      for (const auto& part : {block.conv, block.branch})
        for (const std::size_t layer : part) all.emplace_back(graph.layer(layer).kind());
    return all;
  };
  const auto count = [](const std::vector<std::string>& all, const char* kind) {
    return std::count(all.begin(), all.end(), kind);
  };
  for (const char* const name : {"tokens.onnx", "tokens17.onnx"}) {
    const auto tokens = kinds(name);
    CHECK(count(tokens, "attention") == 1);
    CHECK(count(tokens, "layer_norm") == 2);
    CHECK(count(tokens, "gelu") == 1);
    CHECK(count(tokens, "erf") == 0);
    CHECK(count(tokens, "rearrangement") == 0);
  }
  for (const char* const name : {"mobile.onnx", "mobile17.onnx"}) {
    const auto mobile = kinds(name);
    CHECK(count(mobile, "hardswish") == 1);
    CHECK(count(mobile, "silu") == 2);
    CHECK(count(mobile, "product") == 1);
    CHECK(count(mobile, "gelu") == 1);
  }
  CHECK(count(kinds("responses.onnx"), "local_response_norm") == 2);
}

TEST_CASE("A model's outputs are its exits, and blocks follow from them", "[onnx]") {
  nn::Graph graph = nn::read_onnx(fixtures() / "plain.onnx");
  CHECK(graph.image() == nn::Shape{8, 8, 3});
  REQUIRE(graph.exits() == 3);
  CHECK(graph.classes() == 5);
  const auto blocks = graph.blocks();
  CHECK(graph.name(blocks[0].conv[0]) == "conv1");
  // The last exit's classifier is a branch as well, though nothing else follows it.
  CHECK(!blocks[2].conv.empty());
  CHECK(!blocks[2].branch.empty());
  CHECK(graph.layer(blocks[2].branch.back()).kind() == "linear");
}

TEST_CASE("Exits can be named, in another order and some of them only", "[onnx]") {
  const test::FixtureFile expected("onnx", "models");
  const auto exits =
      scores_of(fixtures() / "plain.onnx", expected["plain.image"].values, {.exits = {"exit1", "exit0"}});
  REQUIRE(exits.size() == 2);
  compare(exits[0], expected["plain.exit1"].values);
  compare(exits[1], expected["plain.exit0"].values);
  ModelBuilder builder(17);
  builder.node("Flatten", {"x"}, {"y"});
  CHECK(refusal(builder.output("y"), {.exits = {"z"}}) == "output 'z': is made by no node");
}

TEST_CASE("Operators of newer opsets are read as they say it", "[onnx]") {
  const std::vector<float> x = image();
  SECTION("ReduceMean with axes as an input") {
    ModelBuilder builder(18);
    builder.integers("axes", {2, -1})
        .node("ReduceMean", {"x", "axes"}, {"y"})
        .set("keepdims", std::int64_t{0});
    std::vector<float> means(2, 0.f);
    for (std::size_t k = 0; k < 24; ++k) means[k / 12] += x[k] / 12;
    compare(result(builder), means);
  }
  SECTION("Split into a number of parts, of which the last is smaller") {
    ModelBuilder builder(18);
    builder.node("Split", {"x"}, {"a", "b"}).set("axis", std::int64_t{2}).set("num_outputs", std::int64_t{2});
    builder.node("Flatten", {"b"}, {"y"});
    compare(result(builder), {x[8], x[9], x[10], x[11], x[20], x[21], x[22], x[23]});
  }
  SECTION("Gelu") {
    ModelBuilder builder(20);
    builder.node("Gelu", {"x"}, {"g"});
    builder.node("Flatten", {"g"}, {"y"});
    std::vector<float> expected;
    for (const float value : x) expected.push_back(.5f * value * (1 + std::erf(value / std::sqrt(2.f))));
    compare(result(builder), expected);
  }
  SECTION("HardSigmoid of any slope") {
    ModelBuilder builder(13);
    builder.node("HardSigmoid", {"x"}, {"h"});
    builder.node("Flatten", {"h"}, {"y"});
    std::vector<float> expected;
    for (const float value : x) expected.push_back((std::clamp)(.2f * value + .5f, 0.f, 1.f));
    compare(result(builder), expected);
  }
  SECTION("LayerNormalization without a bias") {
    ModelBuilder builder(19, {1, 6, 4});
    builder = ModelBuilder(19, {1, 2, 3, 4});
    builder.weights("scale", {4}, {1, 2, 3, 4}).integers("rows", {1, 6, 4});
    builder.node("Reshape", {"x", "rows"}, {"r"});
    builder.node("LayerNormalization", {"r", "scale"}, {"n"}).set("epsilon", .01f);
    builder.node("Flatten", {"n"}, {"y"});
    std::vector<float> expected;
    for (std::size_t row = 0; row < 6; ++row) {
      double mean = 0, variance = 0;
      for (std::size_t k = 0; k < 4; ++k) mean += static_cast<double>(x[4 * row + k]) / 4;
      for (std::size_t k = 0; k < 4; ++k)
        variance += std::pow(static_cast<double>(x[4 * row + k]) - mean, 2) / 4;
      for (std::size_t k = 0; k < 4; ++k)
        expected.push_back(static_cast<float>((static_cast<double>(x[4 * row + k]) - mean) /
                                              std::sqrt(variance + .01) * static_cast<double>(k + 1)));
    }
    compare(result(builder), expected);
  }
}

TEST_CASE("Fully connected layers know in which order they read a map", "[onnx]") {
  // Weights that pick out single values of the flattened tensor.
  const std::vector<float> x = image();
  std::vector<float> pick(24 * 3, 0.f);
  pick[5 * 3] = 1, pick[13 * 3 + 1] = 2, pick[23 * 3 + 2] = -1;
  SECTION("channels first, by Gemm with alpha, beta and untransposed weights") {
    ModelBuilder builder(11);
    builder.weights("w", {24, 3}, pick).weights("b", {3}, {1, 2, 3});
    builder.node("Flatten", {"x"}, {"f"});
    builder.node("Gemm", {"f", "w", "b"}, {"y"}).set("alpha", 3.f).set("beta", .5f);
    compare(result(builder), {3 * x[5] + .5f, 6 * x[13] + 1, -3 * x[23] + 1.5f});
  }
  SECTION("channels last, by MatMul and Add") {
    ModelBuilder builder(13);
    builder.weights("w", {24, 3}, pick).weights("b", {1, 3}, {1, 2, 3}).integers("row", {1, -1});
    builder.node("Transpose", {"x"}, {"t"}).set("perm", std::vector<std::int64_t>{0, 2, 3, 1});
    builder.node("Reshape", {"t", "row"}, {"f"});
    builder.node("MatMul", {"f", "w"}, {"m"});
    builder.node("Add", {"b", "m"}, {"y"});
    const auto last = [&](std::size_t k) { return x[k % 2 * 12 + k / 2]; };
    compare(result(builder), {last(5) + 1, 2 * last(13) + 2, -last(23) + 3});
  }
  SECTION("pixel by pixel, in another order of the pixels") {
    ModelBuilder builder(13);
    builder.weights("w", {2, 1}, {1, 10});
    builder.node("Transpose", {"x"}, {"t"}).set("perm", std::vector<std::int64_t>{0, 3, 2, 1});
    builder.node("MatMul", {"t", "w"}, {"m"});
    builder.node("Flatten", {"m"}, {"y"});
    std::vector<float> expected;
    for (std::size_t column = 0; column < 4; ++column)
      for (std::size_t row = 0; row < 3; ++row)
        expected.push_back(x[4 * row + column] + 10 * x[12 + 4 * row + column]);
    compare(result(builder), expected);
  }
}

TEST_CASE("Attention reads queries, keys and values wherever they lie in a map, scaled as the model says",
          "[onnx]") {
  // One head of two channels over six pixels. The three parts are slices of one map, in the order q, k, v and
  // in others; the layer can read them in place in the first case only.
  const std::vector<float> x = image();
  for (const std::vector<std::size_t>& order : {std::vector<std::size_t>{0, 1, 2}, {1, 0, 2}, {2, 1, 0}}) {
    for (const bool divides : {true, false}) {
      ModelBuilder builder(13, {1, 6, 2, 2});  // six channels, four pixels
      builder.integers("rows", {1, 6, 4}).integers("axis", {1}).weights("scale", {}, {divides ? 4.f : .25f});
      builder.node("Reshape", {"x", "rows"}, {"r"});
      builder.node("Transpose", {"r"}, {"t"}).set("perm", std::vector<std::int64_t>{0, 2, 1});  // [1, 4, 6]
      builder.node("Split", {"t"}, {"p0", "p1", "p2"}).set("axis", std::int64_t{2});
      const auto head = [&](std::size_t k, const char* name) {
        builder.node("Unsqueeze", {"p" + std::to_string(order[k]), "axis"}, {name});
      };
      head(0, "q"), head(1, "k"), head(2, "v");
      builder.node("Transpose", {"k"}, {"kt"}).set("perm", std::vector<std::int64_t>{0, 1, 3, 2});
      builder.node("MatMul", {"q", "kt"}, {"s"});
      builder.node(divides ? "Div" : "Mul", {"s", "scale"}, {"scaled"});
      builder.node("Softmax", {"scaled"}, {"a"}).set("axis", std::int64_t{-1});
      builder.node("MatMul", {"a", "v"}, {"m"});
      builder.node("Flatten", {"m"}, {"y"});
      const auto part = [&](std::size_t k, std::size_t pixel, std::size_t c) {
        return static_cast<double>(x[(2 * order[k] + c) * 4 + pixel]);
      };
      std::vector<float> expected;
      for (std::size_t pixel = 0; pixel < 4; ++pixel) {
        double sum = 0, weighted[2] = {0, 0};
        for (std::size_t other = 0; other < 4; ++other) {
          double score = 0;
          for (std::size_t c = 0; c < 2; ++c) score += part(0, pixel, c) * part(1, other, c);
          const double weight = std::exp(score / 4);
          sum += weight;
          for (std::size_t c = 0; c < 2; ++c) weighted[c] += weight * part(2, other, c);
        }
        for (const double value : weighted) expected.push_back(static_cast<float>(value / sum));
      }
      compare(result(builder), expected);
    }
  }
}

namespace {

/// x normalised over its last dimension, as older exporters write it.
struct WrittenNorm {
  std::string mean_of = "x";
  float exponent = 2;
  std::int64_t variance_axis = -1;

  [[nodiscard]] ModelBuilder model() const {
    ModelBuilder builder(13);
    builder.weights("exponent", {}, {exponent}).weights("epsilon", {}, {1e-5f});
    builder.node("Relu", {"x"}, {"z"});
    builder.node("ReduceMean", {mean_of}, {"mean"}).set("axes", std::vector<std::int64_t>{-1});
    builder.node("Sub", {"x", "mean"}, {"d"});
    builder.node("Pow", {"d", "exponent"}, {"square"});
    builder.node("ReduceMean", {"square"}, {"variance"})
        .set("axes", std::vector<std::int64_t>{variance_axis});
    builder.node("Add", {"variance", "epsilon"}, {"sum"});
    builder.node("Sqrt", {"sum"}, {"root"});
    builder.node("Div", {"d", "root"}, {"n"});
    builder.node("Flatten", {"n"}, {"y"});
    builder.output("y");
    return builder;
  }
};

/// Local response normalisation with squares averaged over this window, as PyTorch's exporter writes it.
ModelBuilder written_response_norm(const std::vector<std::int64_t>& window) {
  ModelBuilder builder(13);
  builder.weights("alpha", {}, {1}).weights("k", {}, {2}).weights("beta", {}, {.5f}).integers("axis", {1});
  builder.node("Mul", {"x", "x"}, {"square"});
  builder.node("Unsqueeze", {"square", "axis"}, {"u"});
  builder.node("AveragePool", {"u"}, {"p"}).set("kernel_shape", window);
  builder.node("Squeeze", {"p", "axis"}, {"s"});
  builder.node("Mul", {"s", "alpha"}, {"m"});
  builder.node("Add", {"m", "k"}, {"a"});
  builder.node("Pow", {"a", "beta"}, {"power"});
  builder.node("Div", {"x", "power"}, {"n"});
  builder.node("Flatten", {"n"}, {"y"});
  builder.output("y");
  return builder;
}

/// softmax(x · x transposed) · x
ModelBuilder written_attention(std::int64_t axis, bool inverse = false) {
  ModelBuilder builder(13);
  builder.weights("scale", {}, {1});
  builder.node("Transpose", {"x"}, {"t"}).set("perm", std::vector<std::int64_t>{0, 1, 3, 2});
  builder.node("MatMul", {"x", "t"}, {"product"});
  builder.node(
      "Div",
      inverse ? std::vector<std::string>{"scale", "product"} : std::vector<std::string>{"product", "scale"},
      {"s"});
  builder.node("Softmax", {"s"}, {"a"}).set("axis", axis);
  builder.node("MatMul", {"a", "x"}, {"m"});
  builder.node("Flatten", {"m"}, {"y"});
  builder.output("y");
  return builder;
}

}  // namespace

TEST_CASE("What only looks like a layer norm, attention or response norm is not taken for it", "[onnx]") {
  const auto is_refused = [](const ModelBuilder& builder, const char* why) {
    CHECK_THAT(refusal(builder), ContainsSubstring(why));
  };
  CHECK(refusal(WrittenNorm{}.model()) == "nothing");
  is_refused(WrittenNorm{.mean_of = "z"}.model(), "(ReduceMean, opset 13): takes means of");
  is_refused(WrittenNorm{.exponent = 3}.model(), "another exponent than 2");
  is_refused(WrittenNorm{.variance_axis = 2}.model(), "normalises over the dimensions [2]");
  CHECK(refusal(written_response_norm({3, 1, 1})) == "nothing");
  is_refused(written_response_norm({1, 3, 3}), "over the window [1, 3, 3]");
  is_refused(written_response_norm({3, 3}), "over the window [3, 3]");
  CHECK(refusal(written_attention(-1)) == "nothing");
  CHECK(refusal(written_attention(3)) == "nothing");
  is_refused(written_attention(2), "(Softmax, opset 13): within attention is over another dimension");
  is_refused(written_attention(-1, true), "multiplies two maps");
}

TEST_CASE("A softmax is left out at the end of an exit only where it is over the classes", "[onnx]") {
  const auto with = [](std::int64_t axis) {
    ModelBuilder builder(13);
    builder.node("Flatten", {"x"}, {"f"});
    builder.node("Softmax", {"f"}, {"y"}).set("axis", axis);
    return refusal(builder.output("y"));
  };
  CHECK(with(-1) == "nothing");
  CHECK(with(1) == "nothing");
  CHECK(with(0) == "node 'y' (Softmax, opset 13): is no operator that is known");
}

TEST_CASE("An image may be given with its channels last", "[onnx]") {
  ModelBuilder builder(13, {-1, 2, 4, 3});
  builder.node("Transpose", {"x"}, {"t"}).set("perm", std::vector<std::int64_t>{0, 3, 1, 2});
  builder.node("Flatten", {"t"}, {"y"});
  builder.output("y");
  nn::Graph graph = nn::read_onnx(builder.write());
  CHECK(graph.image() == nn::Shape{2, 4, 3});
  compare(scores_of(std::move(graph), image()).at(0), image());
}

TEST_CASE("Sizes that a model leaves open are asked for", "[onnx]") {
  ModelBuilder builder(13, {-1, 2, -1, -1});
  builder.node("GlobalAveragePool", {"x"}, {"y"});
  builder.output("y");
  CHECK(refusal(builder) == "input 'x': has the shape [1, 2, -1, -1]: say how large the images are");
  CHECK(nn::read_onnx(builder.write(), {.exits = {}, .image = nn::Shape{3, 4, 2}}).image() ==
        nn::Shape{3, 4, 2});
  CHECK(refusal(builder, {.exits = {}, .image = nn::Shape{3, 4, 3}}) ==
        "input 'x': has the shape [1, 2, -1, -1], but [1, 3, 3, 4] was asked for");
}

TEST_CASE("Padding to the same size is above or below as the model says", "[onnx]") {
  for (const bool upper : {true, false}) {
    ModelBuilder builder(11, {1, 1, 4, 6});
    builder.weights("w", {1, 1, 2, 1}, {1, 100});
    builder.node("Conv", {"x", "w"}, {"c"}).set("auto_pad", upper ? "SAME_UPPER" : "SAME_LOWER");
    builder.node("Flatten", {"c"}, {"y"});
    const std::vector<float> x = image();
    std::vector<float> expected;
    for (std::size_t row = 0; row < 4; ++row)
      for (std::size_t column = 0; column < 6; ++column) {
        const std::size_t first = upper ? row : row - 1, second = first + 1;
        expected.push_back((first < 4 ? x[first * 6 + column] : 0) +
                           100 * (second < 4 ? x[second * 6 + column] : 0));
      }
    compare(result(builder), expected);
  }
}

TEST_CASE("A convolution takes over the zeros around an image, and no other number", "[onnx]") {
  for (const float fill : {0.f, 7.f}) {
    ModelBuilder builder(13, {1, 1, 4, 6});
    builder.weights("w", {1, 1, 1, 2}, {1, 10})
        .weights("fill", {}, {fill})
        .integers("pads", {0, 0, 0, 1, 0, 0, 0, 0});
    builder.node("Pad", {"x", "pads", "fill"}, {"p"});
    builder.node("Conv", {"p", "w"}, {"c"});
    builder.node("Flatten", {"c"}, {"y"});
    std::vector<float> expected;
    for (std::size_t row = 0; row < 4; ++row)
      for (std::size_t column = 0; column < 6; ++column)
        expected.push_back((column == 0 ? fill : image()[6 * row + column - 1]) +
                           10 * image()[6 * row + column]);
    compare(result(builder), expected);
  }
}

TEST_CASE("Channels may be added that are the same for every image", "[onnx]") {
  const std::vector<float> x = image();  // 2 channels of 3 x 4
  std::vector<float> fixed;
  for (int k = 0; k < 36; ++k) fixed.push_back(static_cast<float>(k + 100));
  const auto expect = [&](ModelBuilder& builder, std::initializer_list<std::vector<float>> parts) {
    std::vector<float> expected;
    for (const std::vector<float>& part : parts) expected.insert(expected.end(), part.begin(), part.end());
    builder.node("Flatten", {"c"}, {"y"});
    compare(result(builder), expected);
  };
  SECTION("a constant before and after") {
    ModelBuilder builder(13);
    builder.weights("k", {1, 3, 3, 4}, fixed);
    builder.node("Concat", {"k", "x", "k"}, {"c"}).set("axis", std::int64_t{1});
    expect(builder, {fixed, x, fixed});
  }
  SECTION("a constant, then a map of which some is taken") {
    ModelBuilder builder(13);
    builder.weights("k", {1, 3, 3, 4}, fixed);
    builder.integers("first", {1}).integers("last", {2}).integers("axes", {1});
    builder.node("Slice", {"x", "first", "last", "axes"}, {"half"});
    builder.node("Concat", {"k", "half", "x"}, {"c"}).set("axis", std::int64_t{1});
    expect(builder, {fixed, {x.begin() + 12, x.end()}, x});
  }
  SECTION("zeros around the channels, and a number") {
    for (const float fill : {0.f, 7.f}) {
      ModelBuilder builder(13);
      builder.integers("pads", {0, 1, 0, 0, 0, 2, 0, 0}).weights("fill", {}, {fill});
      builder.node("Pad", {"x", "pads", "fill"}, {"c"});
      expect(builder, {std::vector<float>(12, fill), x, std::vector<float>(24, fill)});
    }
  }
  SECTION("zeros around channels and pixels") {
    ModelBuilder builder(13);
    builder.integers("pads", {0, 1, 1, 0, 0, 0, 0, 0});
    builder.node("Pad", {"x", "pads"}, {"c"});
    expect(builder, {std::vector<float>(16),
                     std::vector<float>(4),
                     {x.begin(), x.begin() + 12},
                     std::vector<float>(4),
                     {x.begin() + 12, x.end()}});
  }
  SECTION("not of other sizes") {
    ModelBuilder builder(13);
    builder.weights("k", {1, 3, 4, 3}, fixed);
    builder.node("Concat", {"x", "k"}, {"c"}).set("axis", std::int64_t{1});
    CHECK(refusal(builder.output("c")) == "node 'c' (Concat, opset 13): joins [1, 2, 3, 4] and [1, 3, 4, 3]");
  }
  SECTION("not more than there is memory for") {
    ModelBuilder builder(13);
    builder.integers("pads", {0, 1 << 22, 0, 0, 0, 0, 0, 0});
    builder.node("Pad", {"x", "pads"}, {"c"});
    CHECK(refusal(builder.output("c")) ==
          "node 'c' (Pad, opset 13): needs more memory than a file of this size may ask for");
  }
  SECTION("not before or after the one image") {
    ModelBuilder builder(13);
    builder.integers("pads", {1, 0, 0, 0, 0, 0, 0, 0});
    builder.node("Pad", {"x", "pads"}, {"c"});
    CHECK(refusal(builder.output("c")) ==
          "node 'c' (Pad, opset 13): pads is [1, 0, 0, 0, 0, 0, 0, 0], expected channels and pixels only");
  }
}

TEST_CASE("Weights may lie in another file of the model's folder", "[onnx]") {
  const std::filesystem::path folder = test::scratch_folder("onnx-external");
  std::filesystem::create_directories(folder / "model");
  const std::vector<float> values{9, 9, 1, 2, 3, 4};
  for (const char* const name : {"model/weights.bin", "outside.bin"})
    std::ofstream(folder / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(4 * values.size()));
  const auto model = [&](const std::string& location, const std::string& offset, const std::string& length) {
    ModelBuilder builder(13);
    ::onnx::TensorProto& tensor = builder.initialiser("w", {4}, ::onnx::TensorProto::FLOAT);
    tensor.set_data_location(::onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] :
         {std::pair("location", location), {"offset", offset}, {"length", length}}) {
      ::onnx::StringStringEntryProto& entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    }
    builder.node("Mul", {"x", "w"}, {"m"});
    builder.node("Flatten", {"m"}, {"y"});
    builder.output("y");
    const std::filesystem::path path = folder / "model" / "model.onnx";
    std::ofstream(path, std::ios::binary) << builder.model.SerializeAsString();
    return path;
  };
  const auto refused = [&](const std::string& location, const std::string& offset,
                           const std::string& length) {
    try {
      static_cast<void>(nn::read_onnx(model(location, offset, length)));
    } catch (const io::FileError& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  std::vector<float> expected = image();
  for (std::size_t k = 0; k < 24; ++k) expected[k] *= static_cast<float>(k % 4 + 1);
  compare(scores_of(model("weights.bin", "8", "16"), image()).at(0), expected);

  const std::string outside = "expected a file in the model's folder";
  CHECK_THAT(refused("../outside.bin", "8", "16"), ContainsSubstring(outside));
  CHECK_THAT(refused((folder / "outside.bin").string(), "8", "16"), ContainsSubstring(outside));
  CHECK_THAT(refused("", "8", "16"), ContainsSubstring(outside));
  CHECK_THAT(refused(".", "8", "16"), ContainsSubstring(outside));
  std::filesystem::create_symlink(folder / "outside.bin", folder / "model" / "link.bin");
  CHECK_THAT(refused("link.bin", "8", "16"), ContainsSubstring(outside));
  CHECK_THAT(refused("weights.bin", "12", "16"),
             ContainsSubstring("bytes 12 to 28 of 'weights.bin', which has 24"));
  CHECK_THAT(refused("weights.bin", "18446744073709551612", "16"), ContainsSubstring("expected a number"));
  CHECK_THAT(refused("weights.bin", "8", "12"),
             ContainsSubstring("holds 12 bytes outside the file, expected 16"));
  CHECK_THAT(refused("gone.bin", "8", "16"), ContainsSubstring("no such file"));
}

TEST_CASE("What a model may not be is said in one line that names the node", "[onnx]") {
  const auto with = [](const std::function<void(ModelBuilder&)>& build, std::int64_t opset = 13) {
    ModelBuilder builder(opset);
    build(builder);
    return refusal(builder.output("y"));
  };
  CHECK(with([](ModelBuilder& b) { b.node("LSTM", {"x"}, {"y"}).proto().set_name("layer1/lstm"); }) ==
        "node 'layer1/lstm' (LSTM, opset 13): is no operator that is known");
  CHECK(with([](ModelBuilder& b) { b.node("Relu", {"x"}, {"y"}).proto().set_domain("com.own"); }) ==
        "node 'y' (Relu, opset 13): is of the domain 'com.own', expected ONNX's own operators");
  CHECK(with([](ModelBuilder& b) { b.node("Relu", {"z"}, {"y"}); }) ==
        "node 'y' (Relu, opset 13): reads 'z', which no node before it makes");
  CHECK(with([](ModelBuilder& b) {
          b.node("Add", {"x", "y"}, {"z"});
          b.node("Relu", {"z"}, {"y"});
        }) == "node 'z' (Add, opset 13): reads 'y', which no node before it makes");
  CHECK(with([](ModelBuilder& b) {
          b.node("Conv", {"x", "w"}, {"y"});
        }) == "node 'y' (Conv, opset 13): reads 'w', which no node before it makes");
  CHECK(with([](ModelBuilder& b) {
          b.weights("w", {1, 3, 1, 1}, {1, 2, 3}).node("Conv", {"x", "w"}, {"y"});
        }) == "node 'y' (Conv, opset 13): has weights of the shape [1, 3, 1, 1], expected [1, 2, 1, 1]");
  CHECK(with([](ModelBuilder& b) {
          b.weights("w", {1, 2, 5, 5}, std::vector<float>(50)).node("Conv", {"x", "w"}, {"y"});
        }).find("node 'y' (Conv, opset 13): convolution: kernel.height is 5") == 0);
  CHECK(with([](ModelBuilder& b) {
          b.weights("w", {1, 2, 1, 1}, {1}).node("Conv", {"x", "w"}, {"y"});
        }) == "initialiser 'w': holds 1 numbers, expected 2 by its shape");
  CHECK(with([](ModelBuilder& b) {
          b.initialiser("w", {1, 2, 1, 1}, ::onnx::TensorProto::STRING);
          b.node("Conv", {"x", "w"}, {"y"});
        }) == "initialiser 'w': is of the element type 8 of ONNX, expected numbers");
  CHECK(with([](ModelBuilder& b) {
          b.initialiser("w", {std::int64_t{1} << 40, std::int64_t{1} << 40}, ::onnx::TensorProto::FLOAT);
          b.node("Mul", {"x", "w"}, {"y"});
        }) == "initialiser 'w': has the shape [1099511627776, 1099511627776], which makes no sense");
  CHECK(with([](ModelBuilder& b) {
          b.integers("s", {1, 5, -1}).node("Reshape", {"x", "s"}, {"y"});
        }) ==
        "node 'y' (Reshape, opset 13): reshapes [1, 2, 3, 4] to [1, 5, -1], which has not as many values");
  CHECK(with([](ModelBuilder& b) {
          b.node("MatMul", {"x", "x"}, {"y"});
        }).find("attention only") != std::string::npos);
  CHECK(with([](ModelBuilder& b) {
          b.integers("a", {INT64_MAX}).integers("two", {2}).node("Mul", {"a", "two"}, {"s"});
          b.node("Reshape", {"x", "s"}, {"y"});
        }) == "node 's' (Mul, opset 13): computes 9223372036854775807 and 2, which overflows");
  CHECK(with([](ModelBuilder& b) { b.node("Relu", {"x"}, {"y"}); }).find("output 'y': ") ==
        std::string::npos);
  CHECK(with([](ModelBuilder& b) { b.node("Relu", {"x"}, {"y"}); }, 9) ==
        "opset_import: opset 9, expected 11 to 20");
  CHECK(with([](ModelBuilder& b) { b.node("Relu", {"x"}, {"y"}); }, 21) ==
        "opset_import: opset 21, expected 11 to 20");
  CHECK(with([](ModelBuilder& b) {
          b.node("Relu", {"x"}, {"y"});
          b.node("Tanh", {"x"}, {"y"});
        }) == "node 'y' (Tanh, opset 13): makes 'y', which is there already");
}

TEST_CASE("Files that are no models are refused", "[onnx]") {
  const std::filesystem::path folder = test::scratch_folder("onnx-files");
  const auto refused = [&](const std::string& bytes) {
    std::ofstream(folder / "m.onnx", std::ios::binary) << bytes;
    CHECK_THROWS_AS(nn::read_onnx(folder / "m.onnx"), io::FileError);
  };
  refused("");
  refused("not an ONNX model");
  std::ifstream file(fixtures() / "tokens.onnx", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  for (std::size_t length = 1; length < whole.size(); length += 97) refused(whole.substr(0, length));
  CHECK_THROWS_AS(nn::read_onnx(folder / "gone.onnx"), io::FileError);
}

TEST_CASE("A small file cannot ask for much memory", "[onnx]") {
  const auto within = [](ModelBuilder& builder) {
    builder.output("y");
    const std::filesystem::path path = builder.write();
    if (test::sanitized) return;  // which take memory of their own
    CHECK(test::within_memory(std::size_t{512} << 20U, [&] {
      try {
        static_cast<void>(nn::read_onnx(path));
      } catch (const io::FileError&) {
      }
      return true;
    }));
  };
  SECTION("by constants of a shape, many of them") {
    ModelBuilder builder(13);
    builder.integers("shape", {1 << 20, 4});
    for (int k = 0; k < 200; ++k) builder.node("ConstantOfShape", {"shape"}, {"c" + std::to_string(k)});
    std::vector<std::string> all;
    for (int k = 0; k < 200; ++k) all.push_back("c" + std::to_string(k));
    builder.node("Concat", all, {"y"}).set("axis", std::int64_t{0});
    within(builder);
  }
  SECTION("by an image of an absurd size") {
    ModelBuilder builder(13, {1, 3, 1 << 30, 1 << 30});
    builder.node("Relu", {"x"}, {"y"});
    CHECK(refusal(builder.output("y")).find("which is too large") != std::string::npos);
  }
  SECTION("by one array that many layers read") {
    ModelBuilder builder(13);
    builder.weights("w", {24, 24}, std::vector<float>(576, 1.f));
    builder.node("Flatten", {"x"}, {"f0"});
    for (int k = 0; k < 100'000; ++k)
      builder.node("MatMul", {"f" + std::to_string(k), "w"},
                   {k == 99'999 ? "y" : "f" + std::to_string(k + 1)});
    within(builder);
  }
}
