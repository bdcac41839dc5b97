#pragma once
// Margins and entropies from the log-probabilities that a profile lists.

#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>
#include <einet/run/output_shape.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace einet::io {

/// Shapes of outputs for which the log-probabilities of the most probable classes are known.
/// @param top_logprob [samples][N][listed]
/// @param listed classes whose log-probability is given, >= 2
/// @param classes of the network
/// @throws std::invalid_argument if the numbers do not fit together, or naming a value that is not a
/// log-probability
template <std::size_t N>
[[nodiscard]] std::vector<std::array<OutputShape, N>> output_shapes(std::span<const float> top_logprob,
                                                                    std::size_t samples, std::size_t listed,
                                                                    std::size_t classes) {
  using einet::detail::expect, einet::detail::number;
  constexpr auto what = "output_shapes";
  expect(listed >= 2 && listed <= classes, what, "listed", listed, "2 to classes: " + number(classes));
  const std::size_t rows = top_logprob.size() / listed;
  expect(top_logprob.size() % listed == 0 && rows % N == 0 && rows / N == samples, what, "top_logprob.size()",
         top_logprob.size(),
         "as many as samples times exits times listed: " + number(samples) + " * " + number(N) + " * " +
             number(listed));
  for (std::size_t i = 0; i < top_logprob.size(); ++i)
    if (const float value = top_logprob[i]; is_nan(value) || value > probability_slack)
      einet::detail::refuse(what, {"top_logprob", i}, number(value), "the logarithm of a probability");
  std::vector<std::array<OutputShape, N>> shapes(samples);
  std::vector<float> probabilities(listed);
  for (std::size_t s = 0; s < samples; ++s)
    for (std::size_t k = 0; k < N; ++k) {
      const auto row = top_logprob.subspan((s * N + k) * listed, listed);
      std::transform(row.begin(), row.end(), probabilities.begin(), [](float v) { return std::exp(v); });
      shapes[s][k] = output_shape(probabilities, classes - listed);
    }
  return shapes;
}

}  // namespace einet::io
