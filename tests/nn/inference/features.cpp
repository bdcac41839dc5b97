#include "catch.hpp"

#include <einet/nn/features.hpp>

#include <cstdint>
#include <vector>

using einet::nn::Features;

TEST_CASE("conv parts follow one another, and branches leave the map as it is", "[nn][features]") {
  Features features({2, 3, 4, 1});
  features.load(std::vector<float>{1, 2});
  const auto plus = [](float more) {
    return [=](const float* x, float* y, float* scratch) {
      scratch[0] = more;
      for (std::size_t i = 0; i < 2; ++i) y[i] = x[i] + scratch[0];
      return true;
    };
  };
  const std::vector<float> additions{10, 20, 30};
  const auto branched = [&](float limit) {
    return features.branch(additions, [&](float more, const float* x, float* y, float* scratch) {
      return more < limit && plus(more)(x, y, scratch);
    });
  };
  for (float sum = 0; const float more : {100.f, 200.f, 300.f}) {
    CHECK(features.advance(plus(more)));
    sum += more;
    CHECK(features.data()[0] == 1 + sum);
    CHECK(branched(99)[1] == 2 + sum + 60);
    CHECK(branched(30) == nullptr);  // stopped before its last step
    CHECK_FALSE(features.advance([](const float*, float* y, float*) {
      y[0] = -1;  // half of it
      return false;
    }));
    CHECK(features.data()[0] == 1 + sum);
    CHECK(features.data()[1] == 2 + sum);
  }
  CHECK(features.branch(std::vector<float>{}, [](auto&&...) { return true; }) == features.data());
  features.load(std::vector<float>{5, 6});
  CHECK(features.data()[1] == 6);
  CHECK(reinterpret_cast<std::uintptr_t>(features.data()) % einet::buffer_alignment == 0);
}

TEST_CASE("sizes that suffice for two networks are the larger ones", "[nn][features]") {
  const auto both = einet::nn::FeatureSizes{1, 5, 2, 7}.with({2, 4, 3, 6});
  CHECK(both.image == 2);
  CHECK(both.map == 5);
  CHECK(both.branch == 3);
  CHECK(both.workspace == 7);
}
