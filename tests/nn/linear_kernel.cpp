#include "../support.hpp"
#include "catch.hpp"
#include "plain_conv.hpp"

#include <einet/nn/linear_kernel.hpp>

using namespace einet;
using namespace einet::test;

TEST_CASE("linear layers equal the plain loops, forward and backward", "[nn][linear]") {
  const unsigned seed = 99;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(200); ++i) {
    const std::size_t in = 1 + random() % 140, out = 1 + random() % 140, batch = 1 + random() % 9;
    CAPTURE(in, out, batch);
    const Values x = random_values(batch * in, random), w = random_values(in * out, random);
    const Values bias = random_values(out, random), dy = random_values(batch * out, random);
    Truth y(batch * out), dx(batch * in), dw(in * out), db(out);
    for (std::size_t n = 0; n < batch; ++n) {
      for (std::size_t o = 0; o < out; ++o) {
        double sum = double{bias[o]};
        const double g = double{dy[n * out + o]};
        for (std::size_t k = 0; k < in; ++k) {
          sum += double{w[o * in + k]} * double{x[n * in + k]};
          dx[n * in + k] += double{w[o * in + k]} * g;
          dw[o * in + k] += double{x[n * in + k]} * g;
        }
        y[n * out + o] = (std::max)(sum, 0.0);
        db[o] += g;
      }
    }
    const nn::ConvShape shape = nn::linear_shape(in, out);
    Values result(batch * out), result_dx(batch * in), packed(in * out), result_dw(in * out), result_db(out);
    nn::linear_forward(nn::PackedConv<>{shape, w, bias, batch}, x.data(), result.data(), nn::Activation::relu,
                       batch);
    CHECK(largest_error(result, y) < 2e-5);
    nn::linear_backward_input(nn::PackedConv<>::for_input_gradient(shape, w, batch), dy.data(),
                              result_dx.data(), batch);
    CHECK(largest_error(result_dx, dx) < 2e-5);
    nn::linear_backward_weights(in, out, x.data(), dy.data(), packed.data(), result_db.data(), batch);
    nn::add_weight_gradient(shape, packed, result_dw);
    CHECK(largest_error(result_dw, dw) < 2e-5);
    CHECK(largest_error(result_db, db) < 2e-5);
  }
}
