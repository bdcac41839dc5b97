#include "catch.hpp"

#include <einet/base/aligned.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/layers/wiring.hpp>
#include <einet/onnx/layers.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

using einet::test::WithinAbs;
using einet::test::WithinRel;
using namespace einet;

namespace {

constexpr nn::Shape shape{3, 4, 5};

std::vector<float> numbers() {
  std::vector<float> all;
  for (std::size_t k = 0; k < shape.size(); ++k) all.push_back(std::sin(static_cast<float>(7 * k + 1)) * 2);
  return all;
}

/// The output of a layer that reads the image, or that reads it from a slice of a wider map.
template <class L>
std::vector<float> result(const L& layer, bool slice, const std::vector<float>& from = numbers()) {
  nn::Graph graph(shape);
  nn::Map x = graph.input();
  if (slice) {
    // A concatenation lays the copy of the image between others' channels.
    const nn::Map copy = nn::add(nn::Clip(-100, 100), x);
    const nn::Map other = nn::add(nn::Clip(-1, 1), x);
    const nn::Map joined = nn::concat(other, copy, other);
    x = copy;
    const nn::Map y = nn::add(layer, x);
    std::vector<std::uint32_t> first(1, 0);
    const nn::Map kept = nn::add(nn::Rearrangement(joined.shape(), {1, 1, 1}, first), joined);
    std::vector<std::uint32_t> all;
    for (std::uint32_t k = 0; k < y.shape().size(); ++k) all.push_back(k);
    const nn::Map flat = nn::add(nn::Rearrangement(y.shape(), {1, 1, y.shape().size()}, all), y);
    graph.exit(nn::concat(flat, kept));
  } else {
    const nn::Map y = nn::add(layer, x);
    std::vector<std::uint32_t> all;
    for (std::uint32_t k = 0; k < y.shape().size(); ++k) all.push_back(k);
    graph.exit(nn::add(nn::Rearrangement(y.shape(), {1, 1, y.shape().size()}, all), y));
  }
  const nn::InferenceNetwork<nn::any_classes> network(std::move(graph));
  nn::Features features = network.make_features();
  features.load(from);
  network[0].advance(features);
  const float* const logits = network[0].logits(features);
  return {logits, logits + network.classes() - (slice ? 1 : 0)};
}

template <class L>
void check(const L& layer, const std::vector<float>& expected) {
  for (const bool slice : {false, true}) {
    INFO((slice ? "from a slice" : "from a whole map"));
    const std::vector<float> found = result(layer, slice);
    REQUIRE(found.size() == expected.size());
    for (std::size_t k = 0; k < found.size(); ++k)
      CHECK_THAT(found[k], WithinRel(expected[k], 1e-5f) || WithinAbs(expected[k], 1e-6));
  }
}

}  // namespace

TEST_CASE("Layers that only models from elsewhere need compute what they say", "[onnx]") {
  const std::vector<float> x = numbers();
  std::vector<float> expected(x.size());
  SECTION("a factor and a shift for every channel") {
    AlignedVector<float> factor{1, 2, 3, 4, 5}, shift{5, 4, 3, 2, 1};
    for (std::size_t k = 0; k < x.size(); ++k) expected[k] = x[k] * factor[k % 5] + shift[k % 5];
    check(nn::ChannelAffine(factor, shift), expected);
  }
  SECTION("a factor and a shift for every value") {
    AlignedVector<float> factor, shift;
    for (std::size_t k = 0; k < x.size(); ++k) {
      factor.push_back(static_cast<float>(k % 7));
      shift.push_back(static_cast<float>(k % 11));
      expected[k] = x[k] * factor[k] + shift[k];
    }
    check(nn::MapAffine(shape, factor, shift), expected);
  }
  SECTION("the same values whatever the image") {
    AlignedVector<float> values;
    expected.clear();
    for (int k = 0; k < 2 * 3 * 7; ++k) {
      values.push_back(static_cast<float>(k));
      expected.push_back(static_cast<float>(k));
    }
    check(nn::FixedMap({2, 3, 7}, values), expected);
  }
  SECTION("values in another order") {
    std::vector<std::uint32_t> places;
    for (std::size_t k = 0; k < x.size(); ++k) {
      places.push_back(static_cast<std::uint32_t>(k * 7 % x.size()));
      expected[k] = x[places[k]];
    }
    check(nn::Rearrangement(shape, {5, 4, 3}, places), expected);
  }
  SECTION("some channels of every second pixel, copied as one") {
    std::vector<std::uint32_t> places;
    expected.clear();
    for (std::size_t pixel = 0; pixel < 12; pixel += 2)
      for (std::size_t c = 1; c < 4; ++c) {
        places.push_back(static_cast<std::uint32_t>(pixel * 5 + c));
        expected.push_back(x[pixel * 5 + c]);
      }
    check(nn::Rearrangement(shape, {1, 6, 3}, places), expected);
  }
  SECTION("values cut off") {
    for (std::size_t k = 0; k < x.size(); ++k) expected[k] = (std::clamp)(x[k], -.5f, 1.25f);
    check(nn::Clip(-.5f, 1.25f), expected);
  }
  SECTION("the error function") {
    for (std::size_t k = 0; k < x.size(); ++k) expected[k] = std::erf(x[k]);
    check(nn::Erf(), expected);
  }
  SECTION("pixels around an image") {
    expected.assign(6 * 7 * 5, -3.f);
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t k = 0; k < 20; ++k) expected[(row + 1) * 35 + 10 + k] = x[row * 20 + k];
    check(nn::Pad({1, 2, 2, 1}, -3), expected);
  }
}

TEST_CASE("NaN stays NaN in them", "[onnx]") {
  std::vector<float> x = numbers();
  x[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK(std::isnan(result(nn::Clip(0, 1), false, x)[7]));
  CHECK(std::isnan(result(nn::Erf(), false, x)[7]));
  CHECK(std::isnan(result(nn::ChannelAffine({1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}), false, x)[7]));
}

TEST_CASE("They refuse maps of another shape", "[onnx]") {
  nn::Graph graph(nn::Shape{2, 2, 3});
  CHECK_THROWS_AS(nn::add(nn::ChannelAffine({1}, {0}), graph.input()), std::invalid_argument);
  CHECK_THROWS_AS(nn::add(nn::MapAffine(shape, {}, {}), graph.input()), std::invalid_argument);
  CHECK_THROWS_AS(nn::add(nn::Rearrangement(shape, {1, 1, 1}, {0}), graph.input()), std::invalid_argument);
}
