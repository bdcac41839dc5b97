#include "../../support.hpp"
#include "../plain_conv.hpp"
#include "../stop_at_poll.hpp"
#include "catch.hpp"

#include <einet/nn/kernels/pool_kernel.hpp>

using namespace einet;
using namespace einet::test;

TEST_CASE("max pool takes the largest value that lies in the image", "[nn][pool]") {
  const unsigned seed = 8;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(100); ++i) {
    const std::size_t kernel = 1 + random() % 3, stride = 1 + random() % 3,
                      padding = random() % (kernel / 2 + 1);
    const nn::Shape in{kernel + random() % 9, kernel + random() % 9, 1 + random() % 35};
    const nn::Shape out{(in.height + 2 * padding - kernel) / stride + 1,
                        (in.width + 2 * padding - kernel) / stride + 1, in.channels};
    CAPTURE(in.height, in.width, in.channels, kernel, stride, padding);
    const Values x = random_values(in.size(), random);
    Values y(out.size()), truth(out.size(), -std::numeric_limits<float>::infinity());
    for (std::size_t at = 0; at < out.size(); ++at) {
      const std::size_t c = at % in.channels, column = at / in.channels % out.width,
                        row = at / in.channels / out.width;
      for (std::size_t r = 0; r < kernel; ++r) {
        for (std::size_t s = 0; s < kernel; ++s) {
          const std::size_t h = row * stride + r - padding, w = column * stride + s - padding;
          if (h < in.height && w < in.width)  // below 0 wraps to far above
            truth[at] = (std::max)(truth[at], x[(h * in.width + w) * in.channels + c]);
        }
      }
    }
    const nn::PoolShape shape{in, kernel, stride, padding};
    REQUIRE(shape.out() == out);
    nn::PacedStop never;
    CHECK(nn::max_pool(shape, x.data(), in.channels, y.data(), in.channels, never));
    CHECK(y == truth);
    Guarded source(x, in.channels, in.channels + 3), result(out.pixels(), in.channels, in.channels + 5);
    CHECK(nn::max_pool(shape, source.data(), source.pitch, result.data(), result.pitch, never));
    CHECK(result.values() == truth);
    CHECK(result.intact());
  }
}

TEST_CASE("adaptive average pool averages every bin", "[nn][pool]") {
  const unsigned seed = 9;
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (std::size_t i = 0; i < cases(100); ++i) {
    const nn::Shape in{1 + random() % 17, 1 + random() % 17, 1 + random() % 35};
    const nn::Shape out{1 + random() % in.height, 1 + random() % in.width, in.channels};
    CAPTURE(in.height, in.width, in.channels, out.height, out.width);
    const Values x = random_values(in.size(), random);
    Truth truth(out.size());
    Values y(out.size());
    for (std::size_t at = 0; at < out.size(); ++at) {
      const std::size_t c = at % in.channels, column = at / in.channels % out.width,
                        row = at / in.channels / out.width;
      double sum = 0, count = 0;
      for (std::size_t h = 0; h < in.height; ++h) {
        for (std::size_t w = 0; w < in.width; ++w) {
          // The bin holds every position that some part of output cell [row, row + 1) covers.
          if ((h + 1) * out.height <= row * in.height || h * out.height >= (row + 1) * in.height) continue;
          if ((w + 1) * out.width <= column * in.width || w * out.width >= (column + 1) * in.width) continue;
          sum += double{x[(h * in.width + w) * in.channels + c]};
          count += 1;
        }
      }
      truth[at] = sum / count;
    }
    nn::PacedStop never;
    CHECK(nn::adaptive_average_pool(in, out, x.data(), in.channels, y.data(), in.channels, never));
    CHECK(largest_error(y, truth) < 1e-5);
  }
}

TEST_CASE("pools stop at every poll", "[nn][pool]") {
  const nn::PoolShape shape{{64, 64, 40}, 3, 1, 1};
  const Values x(shape.in.size(), 1.f);
  Values y(shape.out().size());
  const auto stops = [&](const auto& pool) {
    CHECK(check_every_stop([&](const StopAtPoll& stop) {
            nn::PacedStop paced(stop);
            return pool(paced);
          }) > 3);
  };
  stops([&](nn::PacedStop& stop) { return nn::max_pool(shape, x.data(), 40, y.data(), 40, stop); });
  stops([&](nn::PacedStop& stop) { return nn::average_pool(shape, true, x.data(), 40, y.data(), 40, stop); });
  stops([&](nn::PacedStop& stop) {
    return nn::adaptive_average_pool(shape.in, {5, 5, 40}, x.data(), 40, y.data(), 40, stop) &&
           nn::adaptive_average_pool(shape.in, {9, 9, 40}, x.data(), 40, y.data(), 40, stop) &&
           nn::adaptive_average_pool(shape.in, {9, 9, 40}, x.data(), 40, y.data(), 40, stop);
  });
}
