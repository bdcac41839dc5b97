#include "catch.hpp"

#include <einet/predict/gaussian_parameters.hpp>

#include <limits>

namespace {

using einet::GaussianParameters;
using einet::test::ContainsSubstring;

TEST_CASE("parameters that are not those of a Gaussian are refused by name", "[predict][gaussian]") {
  using Law = GaussianParameters<2, 2>;
  CHECK_NOTHROW(validate(Law{}));
  const auto refuses = [](auto&& spoil, const char* complaint) {
    Law law;
    spoil(law);
    CHECK_THROWS_WITH(validate(law), ContainsSubstring(complaint));
  };
  refuses([](Law& law) { law.mean.pop_back(); }, "input.mean is 3 values long, expected 4");
  refuses([](Law& law) { law.scale[2] = 0; }, "input.scale[2] is 0");
  refuses([](Law& law) { law.target_covariance[3] = std::numeric_limits<float>::quiet_NaN(); },
          "target.covariance[3]");
  refuses([](Law& law) { law.means[1] = -.5f; }, "target.means[1]");
  refuses([](Law& law) { law.logit[0] = .5f; }, "logit[0]");
  refuses([](Law& law) { law.target[0] = 2.f; }, "target[0]");
  refuses([](Law& law) { law.noise[0] = 0.f; }, "noise[0]");
  refuses([](Law& law) { law.low[1] = 2.f; }, "input.low[1] is 2, expected at most input.high");
  refuses([](Law& law) { law.covariance[1] = .5f; },
          "covariance[1][0] is 0, expected the same in row and column");
  refuses([](Law& law) { law.covariance[1] = law.covariance[4] = 1.5f; },
          "covariance is not positive definite");
  refuses([](Law& law) { law.covariance[5] = 0; }, "covariance is not positive definite");
}

}  // namespace
