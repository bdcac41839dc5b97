#include "catch.hpp"
#include "paper/cs_reference.hpp"

#include <einet/paper/cs_weights.hpp>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using einet::CsParameters;
using einet::CsWeights;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

TEST_CASE("the parameters list every tensor under PyTorch's name and shape", "[predict][cs_weights]") {
  CsParameters<3, 5> parameters;
  std::map<std::string, std::vector<std::size_t>> shapes;
  parameters.for_each_tensor(
      [&](std::string_view name, std::span<const std::size_t> shape, std::span<float> values) {
        shapes[std::string(name)].assign(shape.begin(), shape.end());
        std::size_t count = 1;
        for (const std::size_t extent : shape) count *= extent;
        CHECK(values.size() == count);
        for (float& value : values) value = .25f;
      });
  const std::map<std::string, std::vector<std::size_t>> expected{{"layer1.weight", {5, 3}},
                                                                 {"layer1.bias", {5}},
                                                                 {"layer2.weight", {5, 5}},
                                                                 {"layer2.bias", {5}},
                                                                 {"layer3.weight", {3, 5}},
                                                                 {"layer3.bias", {3}},
                                                                 {"means", {3}},
                                                                 {"initial", {1}},
                                                                 {"target", {1}}};
  CHECK(shapes == expected);

  std::size_t written = 0;
  std::as_const(parameters).for_each_tensor([&](auto, auto, std::span<const float> values) {
    for (const float value : values) written += value == .25f;
  });
  CHECK(written == 15 + 5 + 25 + 5 + 15 + 3 + 3 + 1 + 1);
}

TEST_CASE("the kernels' layout is the transpose of layers 1 and 2, aligned to a cache line",
          "[predict][cs_weights]") {
  std::mt19937 random(7);
  const auto parameters = einet::test::random_parameters<3, 5>(random);
  const CsWeights<3, 5> weights(parameters);
  for (std::size_t h = 0; h < 5; ++h) {
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(weights.layer1().weight(k, h) == parameters.layer1_weight[h * 3 + k]);
      CHECK(weights.layer3().weight(k, h) == parameters.layer3_weight[k * 5 + h]);
    }
    for (std::size_t j = 0; j < 5; ++j)
      CHECK(weights.layer2().weight(j, h) == parameters.layer2_weight[h * 5 + j]);
    CHECK(weights.bias1()[h] == parameters.layer1_bias[h]);
    CHECK(weights.bias2()[h] == parameters.layer2_bias[h]);
    double rest = static_cast<double>(parameters.layer2_bias[h]);
    for (std::size_t j = 0; j < 5; ++j)
      rest += static_cast<double>(parameters.layer2_weight[h * 5 + j]) *
              std::fmax(0., static_cast<double>(parameters.layer1_bias[j]));
    CHECK_THAT(static_cast<double>(weights.rest2()[h]), einet::test::WithinAbs(rest, 1e-6));
  }
  for (std::size_t k = 0; k < 3; ++k) CHECK(weights.bias3()[k] == parameters.layer3_bias[k]);
  CHECK(weights.means() == parameters.means);
  CHECK(weights.initial() == parameters.initial[0]);
  CHECK(weights.predicted() == einet::Target::confidence);
  for (const auto* layer : {&weights.layer1(), &weights.layer2(), &weights.layer3()})
    for (const std::size_t row : {0u, 1u}) CHECK(reinterpret_cast<std::uintptr_t>(layer->row(row)) % 64 == 0);
}

TEST_CASE("parameters that cannot predict are refused by the name of their tensor", "[predict][cs_weights]") {
  using einet::test::ContainsSubstring;
  const auto refused = [](auto spoil) -> std::string {
    CsParameters<3, 5> parameters;
    spoil(parameters);
    try {
      const CsWeights<3, 5> weights(parameters);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK_THAT(refused([](auto& p) { p.layer1_weight[4] = nan; }), ContainsSubstring("layer1.weight[4]"));
  CHECK_THAT(refused([](auto& p) { p.layer2_weight[24] = infinity; }),
             ContainsSubstring("layer2.weight[24]"));
  CHECK_THAT(refused([](auto& p) { p.layer3_bias[0] = -infinity; }), ContainsSubstring("layer3.bias[0]"));
  CHECK_THAT(refused([](auto& p) { p.means[2] = 1.5f; }), ContainsSubstring("means[2]"));
  CHECK_THAT(refused([](auto& p) { p.initial[0] = -.1f; }), ContainsSubstring("initial[0]"));
  CHECK_THAT(refused([](auto& p) { p.target[0] = .5f; }),
             ContainsSubstring("target[0] is 0.5, expected 0 or 1"));
  CHECK_THAT(refused([](auto& p) { p.layer2_bias.pop_back(); }),
             ContainsSubstring("layer2.bias is 4 values long, expected 5"));
  CHECK(refused([](auto&) {}) == "accepted");
}

}  // namespace
