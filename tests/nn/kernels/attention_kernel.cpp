#include "../../catch.hpp"
#include "../../counting_new.hpp"

#include <einet/base/aligned.hpp>
#include <einet/nn/kernels/attention_kernel.hpp>
#include <einet/nn/training/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

using namespace einet;

namespace {

/// The definition, in double.
std::vector<double> defined(const nn::AttentionHead& head) {
  std::vector<double> y;
  for (std::size_t i = 0; i < head.tokens; ++i) {
    std::vector<double> weights(head.tokens);
    double sum = 0;
    for (std::size_t j = 0; j < head.tokens; ++j) {
      double product = 0;
      for (std::size_t c = 0; c < head.width; ++c)
        product += static_cast<double>(head.q[i * head.pitch + c]) *
                   static_cast<double>(head.q[j * head.pitch + head.all + c]);
      weights[j] = std::exp(product / std::sqrt(static_cast<double>(head.width)));
      sum += weights[j];
    }
    for (std::size_t c = 0; c < head.width; ++c) {
      double mean = 0;
      for (std::size_t j = 0; j < head.tokens; ++j)
        mean += weights[j] / sum * static_cast<double>(head.q[j * head.pitch + 2 * head.all + c]);
      y.push_back(mean);
    }
  }
  return y;
}

}  // namespace

TEST_CASE("attention is its definition for any number of tokens and any width, and touches nothing else",
          "[nn][attention_kernel]") {
  constexpr float guard = 77.f;
  for (const std::size_t tokens : std::vector<std::size_t>{1, 2, 5, 15, 16, 17, 31, 32, 33, 49, 64, 65, 100})
    for (const std::size_t width : std::vector<std::size_t>{1, 3, 8, 16, 17, 24, 33, 64}) {
      CAPTURE(tokens, width);
      const std::size_t all = 2 * width, pitch = 3 * all + 5, y_pitch = all + 3;
      std::vector<float> x(tokens * pitch);
      for (std::size_t i = 0; i < x.size(); ++i) x[i] = nn::random_normal(tokens * 100 + width, i);
      const nn::AttentionHead head{x.data() + width, pitch, all, tokens, width};
      AlignedVector<float> workspace(nn::attention_workspace(tokens, width) + 16);
      std::fill(workspace.begin(), workspace.end(), guard);
      std::fill(workspace.begin(), workspace.end() - 16, std::numeric_limits<float>::quiet_NaN());
      std::vector<float> y((tokens + nn::detail::queries_together) * y_pitch, guard);
      nn::PacedStop never;
      const std::size_t before = test::allocations();
      CHECK(nn::attend(head, y.data() + 1, y_pitch, workspace.data(), never));
      CHECK(test::allocations() == before);
      const std::vector<double> expected = defined(head);
      double error = 0;
      for (std::size_t i = 0; i < tokens; ++i)
        for (std::size_t c = 0; c < y_pitch; ++c) {
          const float found = y[i * y_pitch + c];
          if (c < 1 || c > width)
            CHECK(found == guard);
          else
            error = (std::max)(error, std::abs(static_cast<double>(found) - expected[i * width + c - 1]));
        }
      CHECK(std::all_of(y.begin() + static_cast<std::ptrdiff_t>(tokens * y_pitch), y.end(),
                        [](float value) { return value == guard; }));
      CHECK(error < 2e-6 * (1 + std::sqrt(static_cast<double>(width))));
      CHECK(std::all_of(workspace.end() - 16, workspace.end(), [](float value) { return value == guard; }));
    }
}

TEST_CASE("a row of softmax sums to 1, and a NaN or an infinity anywhere makes it NaN",
          "[nn][attention_kernel]") {
  for (const std::size_t count : std::vector<std::size_t>{1, 7, 16, 35, 64}) {
    std::vector<float> row(count);
    for (std::size_t i = 0; i < count; ++i) row[i] = 300.f * nn::random_normal(count, i);
    const std::vector<float> given = row;
    nn::detail::softmax_row(row.data(), count, .5f);
    double sum = 0;
    for (const float value : row) sum += static_cast<double>(value);
    CHECK_THAT(sum, test::WithinAbs(1., 1e-5));
    CHECK(std::max_element(row.begin(), row.end()) - row.begin() ==
          std::max_element(given.begin(), given.end()) - given.begin());
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
      for (std::size_t at = 0; at < count; ++at) {
        row = given;
        row[at] = bad;
        nn::detail::softmax_row(row.data(), count);
        CHECK(std::all_of(row.begin(), row.end(), [](float value) { return std::isnan(value); }));
      }
  }
}
