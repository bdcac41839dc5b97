// How far every search falls short of the optimum, on random problems and on real confidence profiles.

#include "search/contenders.hpp"
#include "search/tables.hpp"
#include "search/workload.hpp"

#include <einet/eval/problem_laws.hpp>
#include <einet/eval/search_score.hpp>
#include <einet/paper/enumeration.hpp>
#include <einet/paper/hybrid.hpp>
#include <einet/paper/random.hpp>
#include <einet/plan/expectation.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <einet/io/profile_file.hpp>
#endif

#include <cstdio>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace einet::bench {

namespace {

using eval::SearchScore;

template <std::size_t N, class Law, class Search>
SearchScore score(const std::vector<Problem<N>>& problems, const std::vector<Law>& laws,
                  const std::vector<double>& optimum, const Search& search) {
  return eval::score_search(std::span<const Problem<N>>(problems), std::span<const Law>(laws),
                            std::span<const double>(optimum), search);
}

template <std::size_t N, class Law>
std::vector<double> optimum(const std::vector<Problem<N>>& problems, const std::vector<Law>& laws) {
  return eval::optimal_worths(std::span<const Problem<N>>(problems), std::span<const Law>(laws));
}

/// Up to 400 samples of a stored profile, as if all their confidences were known beforehand.
template <std::size_t N>
std::vector<Problem<N>> real_problems([[maybe_unused]] const std::filesystem::path& profile) {
  std::vector<Problem<N>> problems;
#if __has_include(<nlohmann/json.hpp>)
  const auto times = io::load_time_profile<N>(profile);
  const auto confidences = io::load_confidence_profile<N>(profile);
  for (std::size_t s = 0; s < confidences.samples(); s += confidences.samples() / 400 + 1)
    problems.push_back({times, confidences.confidence[s]});
#endif
  return problems;
}

std::size_t exits_of([[maybe_unused]] const std::filesystem::path& profile) {
#if __has_include(<nlohmann/json.hpp>)
  return io::SafetensorsFile(profile).tensor("confidence").shape.back();
#else
  throw std::runtime_error("profiles are read where nlohmann-json is installed");
#endif
}

/// print(problems, name) for the random problems and every profile.
/// @throws std::runtime_error
template <class Print>
void for_each_set(const Profiles& profiles, const Print& print) {
  print(random_problems<40>(400), "random problems, n = 40");
  for (const auto& profile : profiles) {
    const std::size_t exits = exits_of(profile);
    const std::string name = profile.stem().string() + ", n = " + std::to_string(exits);
    if (exits == 14)
      print(real_problems<14>(profile), name);
    else if (exits == 21)
      print(real_problems<21>(profile), name);
    else
      throw std::runtime_error(profile.string() + " has " + std::to_string(exits) +
                               " exits, expected 14 or 21");
  }
}

void print_score(const std::string& name, const SearchScore& s) {
  std::printf("  %-26s %12.6f %12.2e %12.2e %12.2f\n", name.c_str(), s.mean, s.mean_gap, s.worst_gap,
              1e6 * s.seconds);
}

void print_head(const std::string& title) {
  std::printf("\n%s\n  %-26s %12s %12s %12s %12s\n", title.c_str(), "search", "expectation", "mean gap",
              "worst gap", "us a search");
}

struct AllExits {
  template <std::size_t N, class Law>
  Found<N> operator()(const Problem<N>& problem, const Law& law) const noexcept {
    return {ExitPlan<N>::all(), expectation(problem, ExitPlan<N>::all(), law)};
  }
};

}  // namespace

void print_comparison(const Profiles& profiles) {
  for_each_set(profiles, []<std::size_t N>(const std::vector<Problem<N>>& problems, const std::string& name) {
    const auto compare = [&](const auto& laws, const char* law) {
      const auto best = optimum(problems, laws);
      print_head(name + ", " + law + " law");
      for_each_contender([&](const char* contender, const auto& search) {
        print_score(contender, score(problems, laws, best, search));
      });
    };
    compare(eval::uniform_laws(problems), "uniform");
    compare(eval::gaussian_laws(problems, 0.25), "Gaussian");
  });
}

void print_figure12(const Profiles& profiles) {
  std::printf("\nFigure 12: hybrid search by the number m of exits enumerated\n");
  for_each_set(profiles, []<std::size_t N>(const std::vector<Problem<N>>& problems, const std::string& name) {
    const auto laws = eval::uniform_laws(problems);
    const auto best = optimum(problems, laws);
    print_head(name + ", uniform law");
    for (std::size_t m = 0; m <= 5; ++m)
      print_score("hybrid m=" + std::to_string(m), score(problems, laws, best, HybridSearch{m}));
    print_score("exact", score(problems, laws, best, ExactSearch{}));
  });
}

void print_figure13(const Profiles& profiles) {
  std::printf(
      "\nFigure 13: the searches under three stop-time laws (baseline: all exits; enumeration: at most 4)\n");
  for_each_set(profiles, []<std::size_t N>(const std::vector<Problem<N>>& problems, const std::string& name) {
    const auto print = [&](const auto& laws, const char* law) {
      const auto best = optimum(problems, laws);
      print_head(name + ", " + law);
      print_score("baseline", score(problems, laws, best, AllExits{}));
      print_score("random 10,000", score(problems, laws, best, RandomSearch{}));
      print_score("enumeration", score(problems, laws, best, EnumerationSearch{4}));
      print_score("hybrid m=4", score(problems, laws, best, HybridSearch{4}));
      print_score("exact", score(problems, laws, best, ExactSearch{}));
    };
    print(eval::uniform_laws(problems), "uniform law");
    print(eval::gaussian_laws(problems, 0.25), "Gaussian law, deviation 0.5 T/2");
    print(eval::gaussian_laws(problems, 0.5), "Gaussian law, deviation T/2");
  });
}

}  // namespace einet::bench
