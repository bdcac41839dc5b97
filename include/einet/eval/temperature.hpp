#pragma once
// Temperature scaling (Guo et al. 2017): one number per exit, which divides its log-probabilities so that
// they are no more confident than they are accurate. It never changes an answer.

#include <einet/base/assert.hpp>
#include <einet/base/expect.hpp>
#include <einet/base/floating.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

namespace einet {

/// The log-probabilities of one exit's outputs on a set of samples.
struct LogProbabilities {
  std::span<const float> values;          ///< [samples][listed], <= 0, natural logarithms
  std::size_t listed = 0;                 ///< classes whose log-probability is given, >= 1
  std::size_t classes = 0;                ///< of the network, >= listed; others share what the listed leave
  std::span<const std::int32_t> truth{};  ///< [samples] column of the true class; -1 if it is not listed
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
    listed += std::exp(double{value});
    largest = (std::max)(largest, double{value});
  }
  // In half precision the listed probabilities may sum to a little over 1.
  const double other = others > 0 ? std::log((std::max)(1 - listed, 1e-6) / static_cast<double>(others)) : 0;
  // Keeps every exponent at or below 0, even where the listed classes are less probable than those not
  // listed.
  const double top = others > 0 ? (std::max)(largest, other) : largest;
  double sum = others > 0 ? static_cast<double>(others) * std::exp((other - top) / temperature) : 0;
  for (const float value : row) sum += std::exp((double{value} - top) / temperature);
  const double log_sum = std::log(sum);
  const double wanted = truth >= 0 ? double{row[static_cast<std::size_t>(truth)]} : other;
  return {(wanted - top) / temperature - log_sum, (largest - top) / temperature - log_sum};
}

inline void check(const LogProbabilities& outputs) {
  constexpr auto what = "LogProbabilities";
  const auto& [values, listed, classes, truth] = outputs;
  expect(!truth.empty(), what, "truth.size()", truth.size(), "at least one sample");
  expect(listed >= 1 && listed <= classes, what, "listed", listed, "1 to classes: " + number(classes));
  expect(values.size() % listed == 0 && values.size() / listed == truth.size(), what, "values.size()",
         values.size(), "as many as samples times listed: " + number(truth.size()) + " * " + number(listed));
  for (std::size_t i = 0; i < values.size(); ++i)
    expect(is_finite(values[i]) && values[i] <= probability_slack, what, {"values", i}, values[i],
           "a finite number <= 0, the logarithm of a probability");
  for (std::size_t s = 0; s < truth.size(); ++s) {
    const bool found = truth[s] >= 0 && static_cast<std::size_t>(truth[s]) < listed;
    expect(found || (truth[s] == -1 && classes > listed), what, {"truth", s}, truth[s],
           "a column that is listed, or -1 where not all are");
  }
}

inline void check_temperature(const char* what, double temperature) {
  expect(is_finite(temperature) && temperature > 0, what, "temperature", temperature, "a finite number > 0");
}

/// Mean negative log-likelihood of outputs that were checked.
inline double tempered_loss(const LogProbabilities& outputs, double temperature) noexcept {
  double sum = 0;
  for (std::size_t s = 0; s < outputs.truth.size(); ++s)
    sum -= tempered(outputs.values.subspan(s * outputs.listed, outputs.listed),
                    outputs.classes - outputs.listed, outputs.truth[s], temperature)
               .truth;
  return sum / static_cast<double>(outputs.truth.size());
}

}  // namespace detail

/// Mean negative log-likelihood of the truth when the outputs are softened by `temperature`.
/// @throws std::invalid_argument naming what does not fit, as fit_temperature()
[[nodiscard]] inline double negative_log_likelihood(const LogProbabilities& outputs, double temperature) {
  detail::check(outputs);
  detail::check_temperature("negative_log_likelihood", temperature);
  return detail::tempered_loss(outputs, temperature);
}

/// The temperature of the highest likelihood, from 1/20 to 20; above 1, the outputs were too confident. The
/// likelihood has one peak in 1 / temperature, which a golden-section search finds. Where no temperature is
/// more likely than 1, as with one class or classes that are all equally probable, it is 1.
/// @throws std::invalid_argument naming what does not fit
[[nodiscard]] inline double fit_temperature(const LogProbabilities& outputs) {
  detail::check(outputs);
  const double golden = (std::sqrt(5.) - 1) / 2;
  double low = -std::log(20.), high = std::log(20.);
  const auto loss = [&](double exponent) { return detail::tempered_loss(outputs, std::exp(exponent)); };
  double left = high - golden * (high - low), right = low + golden * (high - low);
  double at_left = loss(left), at_right = loss(right);
  while (high - low > 1e-4) {
    // Of equally likely ones, the one nearer to 1.
    if (at_left < at_right || (at_left == at_right && left > 0)) {
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
  const double best = (low + high) / 2, at_one = loss(0);
  constexpr double rounding = 1e-7;  // of each logarithm, which is a float
  return loss(best) < at_one - rounding * (std::max)(1., at_one) ? std::exp(best) : 1;
}

/// Max softmax of one output softened by `temperature`.
/// @param row listed log-probabilities, at least one
/// @param others number of classes that are not listed
/// @param temperature > 0
/// @return a probability; 0 if the row's is not a number
[[nodiscard]] inline float tempered_confidence(std::span<const float> row, std::size_t others,
                                               double temperature) noexcept {
  EINET_ASSERT(!row.empty() && temperature > 0);
  return as_probability(static_cast<float>(std::exp(detail::tempered(row, others, -1, temperature).largest)));
}

}  // namespace einet
