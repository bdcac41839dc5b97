#pragma once
// Temperature scaling (Guo et al. 2017): one number by which an exit's log-probabilities are divided, so that
// they promise no more than they keep. It never changes an answer.

#include <einet/base/assert.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

namespace einet {

/// The log-probabilities of one exit's outputs on a set of samples.
struct LogProbabilities {
  std::span<const float> values;          ///< [samples][listed], <= 0, natural logarithms
  std::size_t listed = 0;                 ///< classes whose log-probability is given, >= 1
  std::size_t classes = 0;                ///< of the network, >= listed; others share what the listed leave
  std::span<const std::int32_t> truth{};  ///< [samples] column of the true class; -1: it is not listed
};

namespace detail {

/// Log-probability of column `truth` (-1: of one class not listed) at a temperature, and the largest listed
/// one.
struct Tempered {
  double truth, largest;
};

inline Tempered tempered(std::span<const float> row, std::size_t others, std::int32_t truth,
                         double temperature) noexcept {
  double listed = 0, largest = row[0];
  for (const float value : row) {
    listed += std::exp(static_cast<double>(value));
    largest = (std::max)(largest, static_cast<double>(value));
  }
  // Half precision may let the listed sum to a little over 1.
  const double other = others > 0 ? std::log((std::max)(1 - listed, 1e-6) / static_cast<double>(others)) : 0;
  double sum = static_cast<double>(others) * std::exp((other - largest) / temperature);
  for (const float value : row) sum += std::exp((static_cast<double>(value) - largest) / temperature);
  const double log_sum = std::log(sum);
  const double wanted = truth >= 0 ? static_cast<double>(row[static_cast<std::size_t>(truth)]) : other;
  return {(wanted - largest) / temperature - log_sum, -log_sum};
}

inline void check(const LogProbabilities& outputs) {
  if (outputs.listed == 0 || outputs.classes < outputs.listed ||
      outputs.values.size() != outputs.truth.size() * outputs.listed || outputs.truth.empty())
    throw std::invalid_argument("temperature: " + std::to_string(outputs.values.size()) +
                                " log-probabilities of " + std::to_string(outputs.listed) + " listed and " +
                                std::to_string(outputs.classes) + " classes for " +
                                std::to_string(outputs.truth.size()) + " samples do not fit together");
  for (std::size_t i = 0; i < outputs.values.size(); ++i)
    if (!std::isfinite(outputs.values[i]))
      throw std::invalid_argument("temperature: log-probability " + std::to_string(i) + " is not finite");
  for (std::size_t s = 0; s < outputs.truth.size(); ++s)
    if (const auto truth = outputs.truth[s];
        truth >= static_cast<std::int32_t>(outputs.listed) ||
        (truth < 0 && !(truth == -1 && outputs.classes > outputs.listed)))
      throw std::invalid_argument("temperature: the truth of sample " + std::to_string(s) + " is column " +
                                  std::to_string(truth));
}

}  // namespace detail

/// Mean negative log-likelihood of the truth when the outputs are softened by `temperature`.
/// @throws std::invalid_argument naming what does not fit, as fit_temperature()
[[nodiscard]] inline double negative_log_likelihood(const LogProbabilities& outputs, double temperature) {
  detail::check(outputs);
  double sum = 0;
  for (std::size_t s = 0; s < outputs.truth.size(); ++s)
    sum -= detail::tempered(outputs.values.subspan(s * outputs.listed, outputs.listed),
                            outputs.classes - outputs.listed, outputs.truth[s], temperature)
               .truth;
  return sum / static_cast<double>(outputs.truth.size());
}

/// The temperature, 1/20 to 20, of the highest likelihood; above 1, the outputs promised too much. The
/// likelihood has one peak in 1 / temperature, which a golden section finds.
/// @throws std::invalid_argument naming what does not fit
[[nodiscard]] inline double fit_temperature(const LogProbabilities& outputs) {
  detail::check(outputs);
  const double golden = (std::sqrt(5.) - 1) / 2;
  double low = -std::log(20.), high = std::log(20.);
  const auto loss = [&](double exponent) { return negative_log_likelihood(outputs, std::exp(exponent)); };
  double left = high - golden * (high - low), right = low + golden * (high - low);
  double at_left = loss(left), at_right = loss(right);
  while (high - low > 1e-4) {
    if (at_left < at_right) {
      high = right;
      right = left;
      at_right = at_left;
      at_left = loss(left = high - golden * (high - low));
    } else {
      low = left;
      left = right;
      at_left = at_right;
      at_right = loss(right = low + golden * (high - low));
    }
  }
  return std::exp((low + high) / 2);
}

/// Max softmax of one output softened by `temperature`.
/// @param row listed log-probabilities, at least one
/// @param others number of classes that are not listed
/// @param temperature > 0
[[nodiscard]] inline float tempered_confidence(std::span<const float> row, std::size_t others,
                                               double temperature) noexcept {
  EINET_ASSERT(!row.empty() && temperature > 0);
  return static_cast<float>(std::exp(detail::tempered(row, others, -1, temperature).largest));
}

}  // namespace einet
