#include "catch.hpp"
#include "executors.hpp"
#include "fixture_file.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/paper/clipped_sgd.hpp>

#include <string>
#include <vector>

namespace {

using einet::detail::ClippedSgd;

TEST_CASE("steps with momentum, the gradient clipped, are PyTorch's", "[predict][clipped_sgd]") {
  const einet::test::FixtureFile fixture("predict", "clipped_sgd");
  std::vector<float> values = fixture["start"].values;
  ClippedSgd<> descent(values.size(), .9f, 1.f);
  for (const std::string step : {"step0", "step1", "step2", "step3"}) {
    CAPTURE(step);
    descent.step(values, fixture[step + ".slopes"].values, .1f);
    CHECK(einet::test::difference(values, fixture[step + ".values"].values) < 1e-6);
  }
}

TEST_CASE("steps do not depend on the executor, even one that repeats work", "[predict][clipped_sgd]") {
  constexpr std::size_t count = 50000 / 16 * 16;  // four pieces of work
  std::vector<float> slopes(count);
  for (std::size_t i = 0; i < count; ++i) slopes[i] = einet::random_uniform(1, i) - .5f;
  const auto after_steps = [&](const auto& executor) {
    std::vector<float> values(count, 1.f);
    ClippedSgd descent(count, .9f, 1.f, executor);
    for (int step = 0; step < 3; ++step) descent.step(values, slopes, .1f);
    return values;
  };
  const std::vector<float> serial = after_steps(einet::Serial{});
  CHECK(after_steps(einet::test::BackwardsTwice{}) == serial);
  CHECK(serial.back() != 1.f);
}

}  // namespace
