#include "catch.hpp"
#include "fixture.hpp"
#include "gradients.hpp"

#include <einet/nn/dropout.hpp>

using namespace einet;

namespace {

nn::Tensor ones(std::size_t batch, nn::Shape shape) {
  nn::Tensor x;
  nn::resize(x, batch, shape);
  std::fill(x.data(), x.data() + x.size(), 1.f);
  return x;
}

}  // namespace

TEST_CASE("dropout keeps the expectation and drops its share", "[nn][dropout]") {
  for (const float probability : {0.f, .1f, .5f, .9f}) {
    nn::Dropout dropout(probability);
    nn::Workspace workspace;
    const nn::Tensor x = ones(100, {1, 1, 1000});
    nn::Tensor y;
    dropout.forward(x, y, {&workspace, true, 7});
    double sum = 0.;
    std::size_t dropped = 0;
    for (const float value : test::values(y)) {
      sum += static_cast<double>(value);
      if (value == 0.f) ++dropped;
    }
    INFO("probability " << probability);
    const auto count = static_cast<double>(x.size());
    // Six standard deviations of a binomial count of 100,000.
    CHECK_THAT(static_cast<double>(dropped) / count, test::WithinAbs(static_cast<double>(probability), .01));
    CHECK_THAT(sum / count, test::WithinAbs(1., .06));
  }
}

TEST_CASE("dropout's gradient is dropped where the value was", "[nn][dropout]") {
  nn::Dropout dropout(.3f);
  nn::Workspace workspace;
  const nn::Pass pass{&workspace, true, 9};
  const nn::Tensor x = ones(6, {2, 3, 5});
  nn::Tensor y;
  nn::Tensor dx;
  dropout.forward(x, y, pass);
  dropout.backward(x, y, x, &dx, pass);
  CHECK(test::difference(dx, y) == 0.);
}

TEST_CASE("dropout draws anew for every step, image and place, and repeats for the same ones",
          "[nn][dropout]") {
  nn::Dropout dropout(.5f);
  nn::Workspace workspace;
  const nn::Tensor x = ones(2, {1, 1, 256});
  nn::Tensor a;
  nn::Tensor b;
  dropout.forward(x, a, {&workspace, true, 1});
  dropout.forward(x, b, {&workspace, true, 1});
  CHECK(test::difference(a, b) == 0.);
  CHECK(test::difference(test::values(a).first(256), test::values(a).last(256)) > 0.);
  dropout.forward(x, b, {&workspace, true, 2});
  CHECK(test::difference(a, b) > 0.);
  dropout.forward(x, b, nn::Pass{&workspace, true, 1}.part(3));
  CHECK(test::difference(a, b) > 0.);
}

TEST_CASE("dropout does nothing in evaluation and refuses an invalid probability", "[nn][dropout]") {
  nn::Dropout dropout(.5f);
  nn::Workspace workspace;
  const nn::Tensor x = test::random_tensor(2, {3, 3, 3}, 1);
  nn::Tensor y;
  dropout.forward(x, y, {&workspace});
  CHECK(test::difference(x, y) == 0.);
  for (const float wrong : {-.1f, 1.f, std::numeric_limits<float>::quiet_NaN()}) {
    CHECK_THROWS_WITH(nn::Dropout(wrong), test::ContainsSubstring("probability"));
  }
}
