#include "catch.hpp"
#include "support.hpp"

#include <einet/nn/inference/network.hpp>
#include <einet/nn/layers/local_response_norm.hpp>
#include <einet/nn/workers.hpp>

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace einet;

namespace {

/// Outputs, and gradients with respect to the input of Σ dy · y.
struct Normalised {
  std::vector<float> y, dx;
};

Normalised normalise(const nn::LocalResponseNormOptions& options, nn::Shape shape, std::vector<float> x,
                     std::vector<float> dy) {
  nn::LocalResponseNorm layer(options);
  nn::OneWorker worker;
  Normalised result{std::vector<float>(x.size()), std::vector<float>(x.size())};
  const std::size_t batch = x.size() / shape.size();
  const nn::BatchView input{x.data(), shape};
  layer.forward({batch, {&input, 1}, result.y.data(), shape, true, 0, &worker});
  float* const dx = result.dx.data();
  layer.backward({batch, {&input, 1}, result.y.data(), dy.data(), shape, {&dx, 1}, {}, 0, &worker});
  return result;
}

void check_close(const std::vector<float>& found, const std::vector<float>& truth, float tolerance) {
  REQUIRE(found.size() == truth.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i, found[i], truth[i]);
    CHECK(std::abs(found[i] - truth[i]) <= tolerance);
  }
}

}  // namespace

TEST_CASE("local response normalisation equals PyTorch's, for odd and even sizes", "[nn][layers]") {
  // torch.nn.functional.local_response_norm, PyTorch 1.13, and autograd.
  const std::vector<float> x{1.f, -2.f, 3.f, .5f, -1.5f}, dy{1.f, 2.f, -1.f, .5f, 3.f};
  const Normalised odd = normalise({3, .6f, .75f, 1.f}, {1, 1, 5}, x, dy);
  check_close(odd.y, {.5946035f, -.7348392f, 1.1360608f, .2042135f, -1.1066819f}, 1e-6f);
  check_close(odd.dx, {.6214403f, .4944160f, .2216721f, .5782644f, 1.2312739f}, 2e-6f);
  const Normalised even = normalise({4, 2.f, .5f, 2.f}, {1, 1, 5}, x, dy);
  check_close(even.y, {.4714046f, -.6666667f, .9931270f, .1601282f, -.5388159f}, 1e-6f);
  check_close(even.dx, {.5475183f, .5226510f, .3549770f, .2374277f, .9273602f}, 2e-6f);
}

TEST_CASE("local response normalisation has the gradient of finite differences", "[nn][layers]") {
  const nn::Shape shape{2, 3, 4};
  const nn::LocalResponseNormOptions options{5, .9f, .6f, 1.5f};
  std::vector<float> x, dy;
  for (std::size_t i = 0; i < 2 * shape.size(); ++i) {
    x.push_back(std::sin(1.7f * static_cast<float>(i)));
    dy.push_back(std::cos(2.3f * static_cast<float>(i)));
  }
  const std::vector<float> dx = normalise(options, shape, x, dy).dx;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto loss = [&](float change) {
      std::vector<float> moved = x;
      moved[i] += change;
      const std::vector<float> y = normalise(options, shape, moved, dy).y;
      double sum = 0.;
      for (std::size_t k = 0; k < y.size(); ++k)
        sum += static_cast<double>(y[k]) * static_cast<double>(dy[k]);
      return sum;
    };
    CAPTURE(i);
    CHECK(std::abs((loss(.01f) - loss(-.01f)) / .02 - static_cast<double>(dx[i])) < 1e-3);
  }
}

TEST_CASE("inference normalises as batches do, and NaN passes on", "[nn][layers]") {
  nn::Graph graph{nn::Shape{1, 1, 3}};
  graph.exit(nn::local_response_norm(graph.input(), {.size = 3, .alpha = .5f}));
  const nn::InferenceNetwork<3> inference(graph);
  nn::Features features = inference.make_features();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::vector<float>& x :
       {std::vector<float>{1.f, -2.f, 3.f}, std::vector<float>{nan, 1.f, 2.f}}) {
    features.load(x);
    inference[0].advance(features);
    const float* const found = inference[0].logits(features);
    const std::vector<float> truth = normalise({.size = 3, .alpha = .5f}, {1, 1, 3}, x, x).y;
    for (std::size_t c = 0; c < 3; ++c)
      CHECK((std::isnan(truth[c]) ? std::isnan(found[c]) : found[c] == truth[c]));
    CHECK(std::isnan(found[1]) == std::isnan(x[0]));
  }
}

TEST_CASE("local response normalisation refuses options that do not fit", "[nn][layers]") {
  CHECK_THROWS_WITH(nn::LocalResponseNorm({.size = 0}),
                    "local_response_norm: size is 0, expected at least 1");
  CHECK_THROWS_WITH(nn::LocalResponseNorm({.alpha = -1.f}),
                    "local_response_norm: alpha is -1, expected a number of at least 0");
  CHECK_THROWS_WITH(nn::LocalResponseNorm({.k = 0.f}),
                    "local_response_norm: k is 0, expected a positive number");
  CHECK_THROWS_AS(nn::LocalResponseNorm({.beta = std::numeric_limits<float>::quiet_NaN()}),
                  std::invalid_argument);
}
