#include "catch.hpp"
#include "paper/cs_reference.hpp"

#include <einet/eval/cs_workload.hpp>
#include <einet/eval/dense_forward.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

using namespace einet;
using einet::test::WithinAbs;

TEST_CASE("the forward pass without a cache computes the paper's equations", "[eval][dense_forward]") {
  constexpr std::size_t exits = 7, units = 37;
  const auto parameters = eval::he_parameters<exits, units>(5);
  eval::DenseForward<exits, units> forward{parameters};
  for (const auto& run : eval::confidence_runs<exits>(5, 6))
    for (std::size_t known = 0; known <= exits; ++known) {
      std::vector<double> inputs(exits);
      std::copy_n(run.begin(), known, inputs.begin());
      const auto wanted = test::plain_outputs(parameters, inputs);
      const auto& found = forward(run, known);
      for (std::size_t k = 0; k < exits; ++k)
        CHECK_THAT(static_cast<double>(found[k]), WithinAbs(wanted[k], 1e-5));
    }
}
