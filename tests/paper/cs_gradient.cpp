#include "catch.hpp"
#include "executors.hpp"
#include "fixture_file.hpp"
#include "paper/cs_reference.hpp"

#include <einet/paper/cs_gradient.hpp>
#include <einet/paper/cs_predictor.hpp>
#include <einet/paper/cs_weights.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using einet::CsParameters;
using einet::test::random_rows;
using einet::test::Rows;
using einet::test::WithinAbs;

template <std::size_t N, std::size_t H>
using Gradient = einet::detail::CsGradient<N, H, einet::simd::default_arch>;

/// Eq. 3 summed over rows, in double.
template <std::size_t N, std::size_t H>
double plain_loss(const CsParameters<N, H>& p, const Rows<N>& inputs, const Rows<N>& targets,
                  const std::vector<std::size_t>& future) {
  double loss = 0;
  for (std::size_t r = 0; r < inputs.size(); ++r) {
    std::vector<double> x(N);
    for (std::size_t k = 0; k < N; ++k) x[k] = static_cast<double>(inputs[r][k]);
    const auto outputs = einet::test::plain_outputs(p, x);
    for (std::size_t k = future[r]; k < N; ++k)
      loss += (outputs[k] - static_cast<double>(targets[r][k])) *
              (outputs[k] - static_cast<double>(targets[r][k]));
  }
  return loss;
}

template <std::size_t N, std::size_t H>
void loss_and_slopes_agree(unsigned seed) {
  CAPTURE(N, H, seed);
  std::mt19937 random(seed);
  constexpr std::size_t rows = 6;  // not a multiple of 8: the rest of the batch must not count
  auto inputs = random_rows<N>(rows, random);
  const auto targets = random_rows<N>(rows, random);
  std::vector<std::size_t> future;
  for (std::size_t r = 0; r < rows; ++r) {
    future.push_back(1 + r % N);
    std::fill(inputs[r].begin() + static_cast<std::ptrdiff_t>(future[r]), inputs[r].end(), 0.f);
  }
  auto parameters = einet::test::random_parameters<N, H>(random);

  Gradient<N, H> gradient(rows);
  gradient.load(parameters);
  gradient.clear();
  for (std::size_t r = 0; r < rows; ++r) gradient.set_row(r, inputs[r], targets[r], future[r]);
  const double loss = plain_loss(parameters, inputs, targets, future);
  CHECK_THAT(gradient.forward(0.f, 1), WithinAbs(loss, 1e-4 * (1 + loss)));
  gradient.backward(0.f, .5f);

  CsParameters<N, H> slopes;
  gradient.store_slopes(slopes);
  std::vector<std::span<float>> tensors;
  std::vector<std::span<const float>> found;
  parameters.for_each_tensor([&](auto, auto, std::span<float> values) { tensors.push_back(values); });
  slopes.for_each_tensor([&](auto, auto, std::span<const float> values) { found.push_back(values); });
  std::size_t compared = 0, kinks = 0;
  for (std::size_t t = 0; t < 6; ++t) {  // means, initial and target are not trained
    const std::span<float> values = tensors[t];
    for (std::size_t i = 0; i < values.size(); i += 1 + values.size() / 40) {
      const float at = values[i];
      const auto slope = [&](float reach) {
        values[i] = at + reach;
        const double above = plain_loss(parameters, inputs, targets, future),
                     top = static_cast<double>(values[i]);
        values[i] = at - reach;
        const double below = plain_loss(parameters, inputs, targets, future),
                     bottom = static_cast<double>(values[i]);
        values[i] = at;
        return .5 * (above - below) / (top - bottom);
      };
      const double fine = slope(1e-4f), coarse = slope(4e-4f);
      // A step across the kink of a ReLU is no test; the two widths differ then.
      if (std::fabs(fine - coarse) > 1e-4 * (1 + std::fabs(fine))) {
        ++kinks;
        continue;
      }
      ++compared;
      CHECK_THAT(static_cast<double>(found[t][i]), WithinAbs(fine, 1e-3 * (1 + std::fabs(fine))));
    }
  }
  CHECK(compared > 20 * kinks);
}

TEST_CASE("loss and gradient equal Eq. 3 and its finite differences", "[predict][cs_gradient]") {
  loss_and_slopes_agree<5, 12>(21);
  loss_and_slopes_agree<35, 33>(22);
}

TEST_CASE("the loss ignores the targets of past exits", "[predict][cs_gradient]") {
  std::mt19937 random(31);
  const auto inputs = random_rows<5>(1, random);
  auto targets = random_rows<5>(1, random);
  Gradient<5, 12> gradient(1);
  gradient.load(einet::test::random_parameters<5, 12>(random));
  const auto measure = [&] {
    gradient.clear();
    gradient.set_row(0, inputs[0], targets[0], 3);
    const double loss = gradient.forward(0.f, 1);
    gradient.backward(0.f, 1.f);
    return std::pair(loss, std::vector<float>(gradient.slopes().begin(), gradient.slopes().end()));
  };
  const auto before = measure();
  targets[0][0] = targets[0][1] = targets[0][2] = 99.f;
  CHECK(measure() == before);
  targets[0][3] += .5f;
  CHECK(measure().first != before.first);
}

TEST_CASE("dropout leaves out its share of units, keeps the mean, and its gradients pass only kept units",
          "[predict][cs_gradient]") {
  // One layer-1 unit always 1, every layer-2 unit its copy, the output their mean: 1 without dropout.
  constexpr std::size_t h = 64, rows = 512;
  CsParameters<2, h> parameters;
  parameters.layer1_bias.assign(h, 1.f);
  for (std::size_t i = 0; i < h; ++i) {
    parameters.layer2_weight[i * h + i] = 1.f;
    parameters.layer3_weight[h + i] = 1.f / h;
  }
  Gradient<2, h> gradient(rows);
  gradient.load(parameters);
  gradient.clear();
  for (std::size_t r = 0; r < rows; ++r)
    gradient.set_row(r, std::array<float, 2>{}, std::array<float, 2>{0.f, 1.f}, 1);
  CHECK_THAT(gradient.forward(0.f, 5) / rows, WithinAbs(0, 1e-6));
  // A unit passes with q = 3/4 at each of two layers, scaled by 1/q each: variance (1/q^2 - 1) / h.
  const double expected = (1 / (.75 * .75) - 1) / h;
  CHECK_THAT(gradient.forward(.25f, 5) / rows, WithinAbs(expected, .15 * expected));
  gradient.backward(.25f, 1.f);
  CsParameters<2, h> slopes;
  gradient.store_slopes(slopes);
  // d loss / d w3 sums 2 (o - 1) u over rows, u >= 0 the unit: its weighted sum is 2 sum (o - 1) o.
  double weighted = 0, bias = static_cast<double>(slopes.layer3_bias[1]);
  for (std::size_t i = 0; i < h; ++i) weighted += static_cast<double>(slopes.layer3_weight[h + i]) / h;
  CHECK_THAT((weighted - bias) / (2 * rows), WithinAbs(expected, .2 * expected));
}

template <std::size_t N, std::size_t H>
void equals_pytorch(const std::string& name) {
  const einet::test::FixtureFile fixture("predict", "cs_predictor");
  CAPTURE(N, H, name);
  REQUIRE(fixture.sizes(name + ".sizes")[0] == N);
  REQUIRE(fixture.sizes(name + ".sizes")[1] == H);
  const auto array = [&](const char* part) -> const std::vector<float>& {
    return fixture[name + "." + part].values;
  };
  CsParameters<N, H> parameters;
  parameters.initial[0] = array("initial")[0];
  parameters.target[0] = fixture[name + ".sizes"].values[2];
  parameters.for_each_tensor([&](const std::string& tensor, auto shape, std::span<float> values) {
    if (tensor.starts_with("layer")) {
      const einet::test::Array& stored = fixture[name + "." + tensor];
      REQUIRE(std::ranges::equal(stored.shape, shape));
      std::ranges::copy(stored.values, values.begin());
    }
  });

  const auto& newest = array("newest");
  const bool correctness = parameters.predicted() == einet::Target::correctness;
  const std::size_t rows = newest.size();
  Gradient<N, H> gradient(rows);
  gradient.load(parameters);
  gradient.clear();
  einet::CsPredictor<N, H> predictor(parameters);
  double worst = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    const auto row = [&](const char* part) {
      return std::span<const float>(array(part)).subspan(r * N).template first<N>();
    };
    // Online: every exit that ran is observed, then the outputs that count are PyTorch's, clamped.
    const auto exit = static_cast<std::size_t>(newest[r]);
    const std::size_t first = correctness ? exit : exit + 1;
    predictor.reset();
    std::array<float, N> known{};
    float carried = parameters.initial[0];
    for (std::size_t k = 0; k <= exit; ++k) {
      if (row("ran")[k] != 0.f) {
        carried = row("confidence")[k];
        predictor.observe(k, row("confidence").subspan(k).template first<1>());
      }
      known[k] = carried;
    }
    for (std::size_t k = first; k < N; ++k)
      worst = std::fmax(worst, std::fabs(static_cast<double>(predictor.confidences()[k]) -
                                         std::clamp(static_cast<double>(row("outputs")[k]), 0., 1.)));
    gradient.set_row(r, known, row("target"), first);
  }
  CHECK(worst < 1e-5);
  const auto loss = static_cast<double>(array("loss")[0]);
  CHECK_THAT(gradient.forward(0.f, 1), WithinAbs(loss, 1e-5 * loss));
  gradient.backward(0.f, .25f);
  CsParameters<N, H> slopes;
  gradient.store_slopes(slopes);
  slopes.for_each_tensor([&](const std::string& tensor, auto, std::span<const float> values) {
    CAPTURE(tensor);
    if (tensor.starts_with("layer"))
      CHECK(einet::test::difference(values, array(("gradient." + tensor).c_str())) < 1e-5);
  });
}

TEST_CASE("outputs after skips, loss and gradient are PyTorch's, for both targets",
          "[predict][cs_gradient]") {
  equals_pytorch<5, 12>("case0");
  equals_pytorch<5, 12>("case1");
  equals_pytorch<35, 33>("case2");
  equals_pytorch<35, 33>("case3");
}

TEST_CASE("the units left out and the gradient do not depend on the executor", "[predict][cs_gradient]") {
  std::mt19937 random(41);
  constexpr std::size_t rows = 20;
  const auto inputs = random_rows<5>(rows, random), targets = random_rows<5>(rows, random);
  const auto parameters = einet::test::random_parameters<5, 80>(random);
  const auto slopes = [&](const auto& executor, std::uint64_t seed) {
    einet::detail::CsGradient<5, 80, einet::simd::default_arch, std::decay_t<decltype(executor)>> gradient(
        rows, executor);
    gradient.load(parameters);
    gradient.clear();
    for (std::size_t r = 0; r < rows; ++r) gradient.set_row(r, inputs[r], targets[r], r % 5);
    const double loss = gradient.forward(.3f, seed);
    gradient.backward(.3f, 1.f);
    return std::pair(loss, std::vector<float>(gradient.slopes().begin(), gradient.slopes().end()));
  };
  CHECK(slopes(einet::test::BackwardsTwice{}, 1) == slopes(einet::Serial{}, 1));
  CHECK(slopes(einet::Serial{}, 2).first != slopes(einet::Serial{}, 1).first);
}

}  // namespace
