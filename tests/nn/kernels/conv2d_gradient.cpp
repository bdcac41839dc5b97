#include "../../support.hpp"
#include "../plain_conv.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/conv2d_gradient.hpp>
#include <einet/nn/kernels/weight_gradient_tile.hpp>

using namespace einet;
using namespace einet::test;

namespace {

Values input_gradient(const nn::ConvShape& shape, std::size_t images, const Values& dy, const Values& w) {
  Values dx(images * shape.in.size(), 7.0f), workspace(nn::conv2d_backward_input_workspace(shape, images));
  const auto pack = nn::PackedConv<>::for_input_gradient(shape, w, images);
  nn::conv2d_backward_input(pack, dy.data(), dx.data(), workspace.data(), images);
  return dx;
}

struct WeightGradients {
  Values dw, db;
};

WeightGradients weight_gradients(const nn::ConvShape& shape, std::size_t images, const Values& x,
                                 const Values& dy) {
  Values packed(shape.weights());
  WeightGradients result{Values(shape.weights()), Values(shape.out_channels)};
  nn::conv2d_backward_weights(shape, x.data(), dy.data(), packed.data(), result.db.data(), images);
  nn::add_weight_gradient(shape, packed, result.dw);
  return result;
}

}  // namespace

TEST_CASE("conv2d's gradients equal the plain loops on random shapes", "[nn][conv2d][gradient]") {
  const unsigned seed = 4711;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(400); ++i) {
    const nn::ConvShape shape = random_shape(random);
    const std::size_t images = 1 + random() % 5;
    CAPTURE(text(shape), images);
    const Values x = random_values(images * shape.in.size(), random);
    const Values w = random_values(shape.weights(), random);
    const Values dy = random_values(images * shape.out().size(), random);
    CHECK(largest_error(input_gradient(shape, images, dy, w), plain_input_gradient(shape, images, dy, w)) <
          2e-5);
    const WeightGradients gradients = weight_gradients(shape, images, x, dy);
    CHECK(largest_error(gradients.dw, plain_weight_gradient(shape, images, x, dy)) < 2e-5);
    Truth db(shape.out_channels);
    for (std::size_t k = 0; k < dy.size(); ++k) db[k % shape.out_channels] += double{dy[k]};
    CHECK(largest_error(gradients.db, db) < 2e-5);
  }
}

TEST_CASE("conv2d's gradients agree with finite differences", "[nn][conv2d][gradient]") {
  std::mt19937 random{12};
  for (const nn::ConvShape& shape :
       {nn::ConvShape{{5, 4, 3}, 10, 3, 1, 1}, nn::ConvShape{{5, 6, 2}, 9, 3, 2, 1},
        nn::ConvShape{{2, 2, 4}, 3, 1, 1, 0},
        nn::ConvShape{{6, 5, 4}, 6, {3, 2}, {1, 2}, {2, 1, 0, 1}, {2, 1}, 2}}) {
    const Values x = random_values(shape.in.size(), random), w = random_values(shape.weights(), random);
    const Values dy = random_values(shape.out().size(), random);
    // The loss is linear in x and in w: any step is exact, and a long one loses least to rounding.
    const auto loss = [&](const Values& at_x, const Values& at_w) {
      Values y(shape.out().size()), workspace(nn::conv2d_workspace(shape));
      nn::conv2d_forward(nn::PackedConv<>{shape, at_w}, at_x.data(), y.data(), workspace.data());
      double sum = 0;
      for (std::size_t i = 0; i < y.size(); ++i) sum += double{y[i]} * double{dy[i]};
      return sum;
    };
    const Values dx = input_gradient(shape, 1, dy, w);
    for (std::size_t i = 0; i < x.size(); ++i) {
      Values up = x, down = x;
      up[i] += 1.0f;
      down[i] -= 1.0f;
      CHECK_THAT(double{dx[i]}, WithinAbs((loss(up, w) - loss(down, w)) / 2, 1e-3));
    }
    const Values dw = weight_gradients(shape, 1, x, dy).dw;
    for (std::size_t i = 0; i < w.size(); ++i) {
      Values up = w, down = w;
      up[i] += 1.0f;
      down[i] -= 1.0f;
      CHECK_THAT(double{dw[i]}, WithinAbs((loss(x, up) - loss(x, down)) / 2, 1e-3));
    }
  }
}

TEST_CASE("weight gradients are added to those that are there", "[nn][conv2d][gradient]") {
  std::mt19937 random{5};
  const nn::ConvShape shape{{3, 3, 2}, lanes + 1, 3, 1, 1};
  const Values x = random_values(shape.in.size(), random), dy = random_values(shape.out().size(), random);
  Values once(shape.weights()), twice(shape.weights()), db(shape.out_channels);
  nn::conv2d_backward_weights(shape, x.data(), dy.data(), once.data(), nullptr);
  nn::conv2d_backward_weights(shape, x.data(), dy.data(), twice.data(), db.data());
  nn::conv2d_backward_weights(shape, x.data(), dy.data(), twice.data(), db.data());
  for (std::size_t i = 0; i < once.size(); ++i) {
    CHECK_THAT(twice[i], WithinAbs(2 * static_cast<double>(once[i]), 1e-5));
  }
}
