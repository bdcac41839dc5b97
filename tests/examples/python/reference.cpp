// What C++ says of the problems that test_module.py makes up: by types of the exact size, and laws as they
// are. Reads one problem from standard input, prints one number a line.

#include <einet/einet.hpp>
#include <einet/profile/fit.hpp>

#include <array>
#include <cstddef>
#include <cstdio>
#include <iostream>
#include <span>
#include <string>

namespace {

constexpr std::size_t N = 6;

double number() {
  double value = 0;
  std::cin >> value;
  return value;
}

template <class T, std::size_t Size>
std::array<T, Size> numbers() {
  std::array<T, Size> all;
  for (T& one : all) one = static_cast<T>(number());
  return all;
}

void print(const einet::Found<N>& found) {
  std::printf("%s %.17g\n", to_string(found.plan).c_str(), found.worth);
}

template <class Law>
int answer(const Law& law) {
  const auto conv = numbers<double, N>();
  einet::Problem<N> problem{einet::TimeProfile<N>{conv, numbers<double, N>()}};
  problem.confidences = numbers<float, N>();
  problem.in_hand = static_cast<float>(number());
  problem.first = static_cast<std::size_t>(number());
  problem.elapsed = number();
  problem.price = number();
  print(einet::ExactSearch{}(problem, over(law, problem.times.total())));

  einet::ConfidenceProfile<N> profile;
  for (auto samples = static_cast<std::size_t>(number()); samples > 0; --samples) {
    profile.label.push_back(1);
    profile.confidence.push_back(numbers<float, N>());
    profile.predicted.push_back(numbers<std::int32_t, N>());
  }
  const einet::QuadraticPredictor<N> predictor{einet::fit_quadratic(profile)};
  einet::Planner planner{problem.times, predictor, law,
                         einet::PlannerOptions{.margin = 1.1, .price = problem.price}};
  const auto seen = numbers<float, N>();
  double elapsed = 0;
  while (const auto exit = planner.next_exit()) {
    elapsed += 1.5 * problem.times.conv[*exit];
    planner.observe(*exit, seen[*exit], elapsed);
    std::printf("%zu %.9g %.17g\n", *exit, static_cast<double>(planner.problem().confidences[N - 1]),
                planner.pace());
  }
  return 0;
}

}  // namespace

int main() {
  std::string kind;
  std::cin >> kind;
  if (kind == "uniform") return answer(einet::Uniform{});
  if (kind == "deadline") return answer(einet::PointMass{einet::Seconds{number()}});
  if (kind == "exponential") return answer(einet::Exponential{einet::Seconds{number()}});
  if (kind == "gaussian") {
    const auto of = numbers<double, 3>();
    return answer(
        einet::TruncatedGaussian{einet::Seconds{of[0]}, einet::Seconds{of[1]}, einet::Seconds{of[2]}});
  }
  if (kind == "histogram") {
    const auto of = numbers<double, 5>();
    return answer(einet::PiecewiseLinear{std::span(of).first(4), einet::Seconds{of[4]}});
  }
  if (kind == "mixture") {
    const auto of = numbers<double, 3>();
    return answer(einet::Mixture{std::array{of[0], 1 - of[0]}, einet::PointMass{einet::Seconds{of[1]}},
                                 einet::Uniform{einet::Seconds{of[2]}}});
  }
  return 2;
}
