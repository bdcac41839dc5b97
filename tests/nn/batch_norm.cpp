#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"
#include "support.hpp"

#include <einet/nn/batch_norm.hpp>
#include <einet/nn/sequential.hpp>

using namespace einet;
using test::difference;

TEST_CASE("batch norm equals PyTorch's in training, with its running statistics, and in evaluation",
          "[nn][batch_norm][pytorch]") {
  const test::Fixture fixture("batch_norm");
  nn::BatchNorm norm(11);
  test::set(norm, "weight", fixture["weight"]);
  test::set(norm, "bias", fixture["bias"]);
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true};
  nn::Tensor y;
  nn::Tensor dx;
  for (const std::string step : {"step0.", "step1."}) {
    INFO(step);
    const nn::Tensor x = fixture.tensor(step + "x");
    norm.forward(x, y, pass);
    CHECK(difference(y, fixture.tensor(step + "y")) < 1e-5);
    norm.backward(x, y, fixture.tensor(step + "dy"), &dx, pass);
    CHECK(difference(dx, fixture.tensor(step + "dx")) < 1e-5);
    CHECK(difference(test::parameter(norm, "weight").gradient, fixture[step + "dweight"].values) < 1e-5);
    CHECK(difference(test::parameter(norm, "bias").gradient, fixture[step + "dbias"].values) < 1e-5);
    CHECK(difference(norm.running_mean(), fixture[step + "running_mean"].values) < 1e-5);
    CHECK(difference(norm.running_variance(), fixture[step + "running_var"].values) < 1e-5);
  }
  norm.forward(fixture.tensor("eval.x"), y, {&workspace});
  CHECK(difference(y, fixture.tensor("eval.y")) < 1e-5);
}

TEST_CASE("batch norm's gradients agree with finite differences", "[nn][batch_norm]") {
  const std::size_t count = test::cases(8);
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    const std::size_t channels = 1 + seed * 3;
    nn::BatchNorm norm(channels);
    test::randomise(norm, seed);
    test::check_gradients(norm, test::random_tensor(3, {3, 4, channels}, seed + 50), seed);
  }
}

TEST_CASE("batch norm that absorbed a ReLU equals the two layers", "[nn][batch_norm]") {
  nn::BatchNorm norm(13);
  test::randomise(norm, 5);
  nn::BatchNorm fused = norm;
  REQUIRE(fused.absorb(nn::Relu{}));
  CHECK_FALSE(fused.absorb(nn::Relu{}));
  nn::Relu relu;
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true};
  const nn::Tensor x = test::random_tensor(5, {4, 3, 13}, 6);
  const nn::Tensor dy = test::random_tensor(5, {4, 3, 13}, 7);
  nn::Tensor y;
  nn::Tensor rectified;
  nn::Tensor fused_y;
  norm.forward(x, y, pass);
  relu.forward(y, rectified, pass);
  fused.forward(x, fused_y, pass);
  CHECK(difference(fused_y, rectified) == 0.);
  nn::Tensor between;
  nn::Tensor dx;
  nn::Tensor fused_dx;
  relu.backward(y, rectified, dy, &between, pass);
  norm.backward(x, y, between, &dx, pass);
  fused.backward(x, fused_y, dy, &fused_dx, pass);
  CHECK(difference(fused_dx, dx) < 1e-6);
  CHECK(difference(test::parameter(fused, "weight").gradient, test::parameter(norm, "weight").gradient) <
        1e-6);
}

TEST_CASE("batch norm keeps its digits where the mean is large", "[nn][batch_norm]") {
  nn::Tensor x = test::random_tensor(64, {4, 4, 3}, 8);
  for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = 1000.f + .0625f * std::round(16.f * x.data()[i]);
  nn::Tensor shifted = x;
  for (std::size_t i = 0; i < x.size(); ++i) shifted.data()[i] -= 1000.f;
  nn::BatchNorm norm(3);
  nn::Workspace workspace;
  nn::Tensor y;
  nn::Tensor y_shifted;
  norm.forward(x, y, {&workspace, true});
  norm.forward(shifted, y_shifted, {&workspace, true});
  CHECK(difference(y, y_shifted) < 2e-4);
}

TEST_CASE("batch norm refuses other channels, and training on one value", "[nn][batch_norm]") {
  CHECK_THROWS_AS(nn::BatchNorm(0), std::invalid_argument);
  nn::BatchNorm norm(4);
  CHECK_THROWS_WITH((norm.output({2, 2, 3})), test::ContainsSubstring("expected 4 channels"));
  nn::Workspace workspace;
  nn::Tensor y;
  const nn::Tensor x = test::random_tensor(1, {1, 1, 4}, 1);
  CHECK_THROWS_WITH((norm.forward(x, y, {&workspace, true})), test::ContainsSubstring("more than one value"));
  CHECK_NOTHROW(norm.forward(x, y, {&workspace}));
}
