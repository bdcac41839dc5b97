#pragma once
// What trainings gave: which answers were right, and what that is worth under a stop at any moment.

#include "train/profiling.hpp"

#include <einet/io/safetensors.hpp>
#include <einet/plan/expectation.hpp>
#include <einet/plan/time_profile.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/exact.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lab {

using Times = einet::TimeProfile<train::any_exits>;

/// Which exit answered which sample rightly, and what it said.
struct Answers {
  std::size_t exits = 0, classes = 0;
  std::vector<std::uint8_t> correct;   ///< [sample][exit]: 1 or 0
  std::vector<std::int32_t> label;     ///< [sample]
  std::vector<float> log_probability;  ///< [sample][exit][class]

  [[nodiscard]] std::size_t samples() const { return correct.size() / exits; }
  /// Of every exit, over every `stride`-th sample from `first` on.
  [[nodiscard]] std::vector<double> accuracy(std::size_t stride = 1, std::size_t first = 0) const {
    std::vector<double> sums(exits, 0.);
    std::size_t count = 0;
    for (std::size_t s = first; s < samples(); s += stride, ++count)
      for (std::size_t k = 0; k < exits; ++k) sums[k] += correct[s * exits + k];
    for (double& sum : sums) sum /= static_cast<double>(std::max<std::size_t>(count, 1));
    return sums;
  }
};

/// Of every sample, the probability of a right answer at a stop that is uniform up to `last_stop`, by the
/// static plan that is best on the samples of the other half (odd or even): a plan is never judged by what
/// chose it.
[[nodiscard]] inline std::vector<double> worth_of(const Answers& answers, const Times& times,
                                                  double last_stop) {
  std::vector<double> worth(answers.samples(), 0.);
  const einet::Uniform law{last_stop};
  for (const std::size_t half : {std::size_t{0}, std::size_t{1}}) {
    std::array<float, einet::most_exits<train::any_exits>> accuracy{};
    const std::vector<double> other = answers.accuracy(2, 1 - half);
    std::ranges::transform(other, accuracy.begin(), [](double share) { return static_cast<float>(share); });
    const auto plan = einet::ExactSearch{}(einet::Problem<train::any_exits>{times, accuracy}, law).plan;
    const auto share = einet::in_hand_shares(times, plan, law);
    for (std::size_t s = half; s < answers.samples(); s += 2)
      for (std::size_t k = 0; k < answers.exits; ++k)
        worth[s] += share[k] * static_cast<double>(answers.correct[s * answers.exits + k]);
  }
  return worth;
}

/// The same where the answer in hand is a combination of all outputs so far (einet::CombinedAnswer): its
/// weights, too, are fitted on the other half.
[[nodiscard]] std::vector<double> combined_worth_of(const Answers& answers, const Times& times,
                                                    double last_stop);

/// One training that is done.
struct Result {
  std::string recipe;
  std::size_t seed = 0;
  std::size_t epochs = 0;
  double seconds = 0;  ///< of training
  Answers answers{};
  std::vector<double> newest{}, combined{};  ///< worth of every sample
};

/// @param settings what the training is; checked when it is read again
inline void save_result(const std::filesystem::path& path, const Result& result,
                        einet::io::Metadata settings) {
  einet::io::SafetensorsWriter writer(path);
  const Answers& answers = result.answers;
  const std::array shape{answers.samples(), answers.exits, answers.classes};
  writer.add("correct", std::span(shape).first(2), std::span<const std::uint8_t>(answers.correct));
  writer.add("label", std::span(shape).first(1), std::span<const std::int32_t>(answers.label));
  writer.add_half("log_probability", shape, answers.log_probability);
  settings["seconds"] = std::to_string(result.seconds);
  writer.set_metadata(settings);
  writer.save();
}

/// @throws einet::io::FileError naming file and field if it is of another training, or broken
[[nodiscard]] inline Answers read_answers(const std::filesystem::path& path,
                                          const einet::io::Metadata& settings, double& seconds) {
  const einet::io::SafetensorsFile file(path);
  for (const auto& [key, value] : settings) einet::io::expect_metadata(file, key, value);
  seconds = example::number_in(file, "seconds", 0, 1e9);
  const einet::io::TensorEntry& entry = file.tensor("correct");
  if (entry.shape.size() != 2 || entry.shape[0] < 2 || entry.shape[1] < 1 ||
      entry.shape[1] > einet::most_exits<train::any_exits>)
    throw einet::io::FileError(path, "tensor 'correct'", "expected [samples, exits]");
  const std::vector<std::int32_t> read = file.read<std::int32_t>("correct");
  Answers answers{entry.shape[1], 0, {}, {}, {}};
  for (const std::int32_t value : read) {
    if (value != 0 && value != 1)
      throw einet::io::FileError(path, "tensor 'correct'", "expected 0 and 1 alone");
    answers.correct.push_back(static_cast<std::uint8_t>(value));
  }
  answers.label = file.read<std::int32_t>("label");
  answers.log_probability = file.read<float>("log_probability");
  const std::vector<std::size_t> shape = file.tensor("log_probability").shape;
  if (shape.size() != 3 || shape[0] != entry.shape[0] || shape[1] != entry.shape[1] || shape[2] < 1)
    throw einet::io::FileError(path, "tensor 'log_probability'", "expected [samples, exits, classes]");
  answers.classes = shape[2];
  file.expect_shape("label", std::array{entry.shape[0]});
  for (std::size_t s = 0; s < answers.label.size(); ++s)
    if (answers.label[s] < 0 || static_cast<std::size_t>(answers.label[s]) >= answers.classes)
      throw einet::io::FileError(path, "tensor 'label'", "element " + std::to_string(s) + " is no class");
  for (const float log : answers.log_probability)
    if (!(log <= 0.f))
      throw einet::io::FileError(path, "tensor 'log_probability'", "expected logarithms of probabilities");
  return answers;
}

/// A mean and what it is uncertain by.
struct Estimate {
  double mean = 0;
  double over_seeds = 0;    ///< half of the 95 % interval by Student's t; NaN for one seed
  double over_samples = 0;  ///< half of the 95 % interval for these very trainings
};

/// Differences of worth, sample by sample, of trainings paired by seed.
/// @param differences one array of samples for each seed
[[nodiscard]] inline Estimate estimate(const std::vector<std::vector<double>>& differences) {
  constexpr std::array t{12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262};
  const auto spread = [](std::span<const double> values, double mean) {
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const auto count = static_cast<double>(values.size());
    return std::sqrt(squares / (count - 1) / count);
  };
  std::vector<double> of_sample(differences.at(0).size(), 0.), of_seed;
  for (const std::vector<double>& each : differences) {
    double sum = 0;
    for (std::size_t s = 0; s < each.size(); ++s) {
      sum += each[s];
      of_sample[s] += each[s] / static_cast<double>(differences.size());
    }
    of_seed.push_back(sum / static_cast<double>(each.size()));
  }
  Estimate result;
  for (const double value : of_seed) result.mean += value / static_cast<double>(of_seed.size());
  result.over_samples = 1.96 * spread(of_sample, result.mean);
  const std::size_t freedom = of_seed.size() - 1;
  result.over_seeds = freedom == 0
                          ? std::nan("")
                          : (freedom <= t.size() ? t[freedom - 1] : 1.96) * spread(of_seed, result.mean);
  return result;
}

}  // namespace lab
