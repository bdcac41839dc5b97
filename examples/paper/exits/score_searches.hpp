#pragma once
// How the searches of search_problems.hpp are scored and timed.

#include "paper/study.hpp"

#include <einet/base/random_bits.hpp>
#include <einet/eval/plain_algorithms.hpp>
#include <einet/eval/problem_laws.hpp>
#include <einet/eval/search_score.hpp>
#include <einet/paper/batch_expectation.hpp>
#include <einet/paper/enumeration.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/plan/exits.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/run/clock.hpp>
#include <einet/search/exact.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace paper {

namespace scoring {

using namespace einet;

inline constexpr int passes = 3;
inline constexpr std::size_t most_enumerated = 6;

struct AllExits {
  template <std::size_t N, class Law>
  Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    const auto all = ExitPlan<N>::all(problem.exit_count());
    return {all, expectation(problem, all, law)};
  }
};

/// Milliseconds per call of `work(problem, call)`: for every problem, the fastest of a few passes.
template <class Work>
CallTime timed(const std::string& name, std::size_t problems, std::size_t calls, Work work) {
  CallTime time{name, 0, 0, 1e300};
  for (std::size_t i = 0; i < problems; ++i) {
    double fastest = 1e300;
    for (int pass = 0; pass < 5; ++pass) {
      const double start = SteadyClock::now();
      for (std::size_t call = 0; call < calls; ++call) {
        volatile double kept = work(i, call);
        static_cast<void>(kept);
      }
      fastest = (std::min)(fastest, 1e3 * (SteadyClock::now() - start) / static_cast<double>(calls));
    }
    time.most = (std::max)(time.most, fastest);
    time.least = (std::min)(time.least, fastest);
    time.mean += fastest / static_cast<double>(problems);
  }
  return time;
}

template <std::size_t N>
std::vector<CallTime> call_times(const std::vector<Problem<N>>& problems) {
  constexpr std::size_t plans = 256;
  std::array<ExitPlan<N>, plans> drawn;
  std::array<eval::PlainPlan<N>, plans> drawn_plain;
  for (std::size_t i = 0; i < plans; ++i) {
    std::array<std::uint64_t, ExitPlan<N>::words> words;
    for (std::size_t w = 0; w < words.size(); ++w) words[w] = random_bits(1 + w, i);
    drawn[i] = ExitPlan<N>::from_words(words);
    for (std::size_t k = 0; k < most_exits<N>; ++k) drawn_plain[i][k] = drawn[i].contains(k);
  }
  std::vector<Uniform> laws;
  std::vector<eval::PlainProblem<N>> plain;
  for (const Problem<N>& problem : problems) {
    laws.emplace_back(problem.times.total());
    plain.emplace_back(problem);
  }
  const std::size_t all = problems.size(), few = (std::min)(all, std::size_t{10});
  std::vector<CallTime> times;
  times.push_back(timed("expectation, plain Algorithm 1", all, plans, [&](std::size_t i, std::size_t call) {
    const eval::PlainUniform law{plain[i].total};
    return static_cast<double>(eval::plain_expectation(plain[i], drawn_plain[call], law));
  }));
  times.push_back(timed("expectation, one plan", all, plans, [&](std::size_t i, std::size_t call) {
    return expectation(problems[i], drawn[call], laws[i]);
  }));
  CallTime batch = timed("expectation, 256 plans at once, each", all, 16, [&](std::size_t i, std::size_t) {
    std::array<float, plans> worths;
    BatchExpectation<N, Uniform>(problems[i], laws[i])(drawn, worths);
    return static_cast<double>(worths[plans - 1]);
  });
  for (double* const time : {&batch.most, &batch.mean, &batch.least}) *time /= plans;
  times.push_back(batch);
  times.push_back(timed("hybrid search, plain Algorithm 2", few, 1, [&](std::size_t i, std::size_t) {
    return static_cast<double>(eval::plain_hybrid(plain[i], eval::PlainUniform{plain[i].total}, 4).worth);
  }));
  times.push_back(timed("hybrid search, m = 4", all, 1, [&](std::size_t i, std::size_t) {
    return HybridSearch{4}(problems[i], laws[i]).worth;
  }));
  times.push_back(timed("exact search", all, 16, [&](std::size_t i, std::size_t) {
    return ExactSearch{}(problems[i], laws[i]).worth;
  }));
  return times;
}

template <std::size_t N, class Law>
class Scored {
 public:
  Scored(const std::vector<Problem<N>>& problems, std::vector<Law> laws)
      : problems_(problems),
        laws_(std::move(laws)),
        optimum_(eval::optimal_worths(std::span<const Problem<N>>(problems), std::span<const Law>(laws_))) {}

  template <class Search>
  SearchRow operator()(const std::string& name, const Search& search) const {
    return {name,
            eval::score_search(std::span<const Problem<N>>(problems_), std::span<const Law>(laws_),
                               std::span<const double>(optimum_), search, passes),
            0};
  }

 private:
  const std::vector<Problem<N>>& problems_;
  std::vector<Law> laws_;
  std::vector<double> optimum_;
};

template <std::size_t N, class Law>
std::vector<SearchRow> compare(const Scored<N, Law>& score) {
  return {score("baseline: all exits", AllExits{}), score("random, 10,000 plans", RandomSearch{}),
          score("enumeration, m = 4", EnumerationSearch{4}), score("hybrid, m = 4", HybridSearch{4}),
          score("exact", ExactSearch{})};
}

template <std::size_t N>
SearchTables tables_of(const std::vector<Problem<N>>& problems) {
  SearchTables tables;
  tables.calls = call_times(problems);
  const Scored<N, Uniform> score(problems, eval::uniform_laws(problems));
  for (std::size_t m = 0; m <= most_enumerated; ++m) {
    SearchRow row = score("hybrid, m = " + std::to_string(m), HybridSearch{m});
    row.enumerated = score("", EnumerationSearch{m}).score.mean;
    tables.by_enumerated.push_back(row);
  }
  tables.by_enumerated.push_back(score("exact", ExactSearch{}));
  tables.by_law.push_back(compare(score));
  for (const double deviation : {0.25, 0.5})
    tables.by_law.push_back(
        compare(Scored<N, PiecewiseLinear>(problems, eval::gaussian_laws(problems, deviation))));
  return tables;
}

}  // namespace scoring

}  // namespace paper
