#include "compare_recipes/results.hpp"

#include <einet/eval/answered.hpp>
#include <einet/parallel/tbb_executor.hpp>
#include <einet/profile/fit_combination.hpp>
#include <einet/run/combined_answer.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace lab {

namespace {

constexpr std::size_t N = train::any_exits;

/// Half of the samples, with the outputs as a policy takes them.
template <std::size_t K>
struct Half {
  const Answers* answers;
  std::size_t first;
  std::vector<std::int32_t> label{};

  Half(const Answers& all, std::size_t from) : answers(&all), first(from) {
    for (std::size_t s = from; s < all.samples(); s += 2) label.push_back(all.label[s]);
  }

  einet::Scores<K> operator()(std::size_t sample, std::size_t exit) const {
    const std::size_t at = ((2 * sample + first) * answers->exits + exit) * answers->classes;
    einet::Scores<K> output;
    for (std::size_t c = 0; c < answers->classes; ++c)
      output.scores[c] = std::exp(answers->log_probability[at + c]);
    output.label = static_cast<std::int32_t>(std::ranges::max_element(output.scores) - output.scores.begin());
    output.confidence = (std::min)(output.scores[static_cast<std::size_t>(output.label)], 1.f);
    return output;
  }

  /// Of single outputs.
  [[nodiscard]] einet::ConfidenceProfile<N> profile() const {
    return einet::eval::answered_profile<N>(label, *this, {}, einet::NewestAnswer{},
                                            einet::parallel::TbbExecutor{}, answers->exits);
  }
};

template <std::size_t K>
std::vector<double> combined_worth(const Answers& answers, const Times& times, double last_stop) {
  const einet::Uniform law{last_stop};
  const einet::parallel::TbbExecutor run;
  std::vector<double> worth(answers.samples(), 0.);
  for (const std::size_t half : {std::size_t{0}, std::size_t{1}}) {
    const Half<K> fitting(answers, 1 - half), judged(answers, half);
    const einet::CombinedAnswer<N, K> combine(
        einet::fit_combination<N>(fitting.label, fitting, answers.exits));
    const auto plan =
        einet::eval::best_answered_plan(times, law, fitting.profile(), fitting, combine, run).plan;
    const auto profile =
        einet::eval::answered_profile<N>(judged.label, judged, plan, combine, run, answers.exits);
    const auto share = einet::in_hand_shares(times, plan, law);
    for (std::size_t s = 0; s < judged.label.size(); ++s)
      for (std::size_t k = 0; k < answers.exits; ++k)
        if (profile.correct(s, k)) worth[2 * s + half] += share[k];
  }
  return worth;
}

}  // namespace

std::vector<double> combined_worth_of(const Answers& answers, const Times& times, double last_stop) {
  constexpr std::size_t few = 10, most = 100;
  if (answers.classes > most)
    throw std::invalid_argument("there are " + std::to_string(answers.classes) +
                                " classes, answers are combined of at most " + std::to_string(most));
  return answers.classes <= few ? combined_worth<few>(answers, times, last_stop)
                                : combined_worth<most>(answers, times, last_stop);
}

}  // namespace lab
