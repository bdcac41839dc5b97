// How the time of every search grows with the number of exits.

#include "search/contenders.hpp"
#include "search/tables.hpp"
#include "search/workload.hpp"

#include <cmath>
#include <cstdio>
#include <deque>
#include <memory>
#include <tuple>

namespace einet::bench {

namespace {

/// Registers every contender for n exits, and the exact search under the Gaussian law.
template <std::size_t N>
std::unique_ptr<std::vector<Case<N>>> register_size() {
  auto cases = std::make_unique<std::vector<Case<N>>>(random_cases<N>(10));
  const std::string suffix = "/" + std::to_string(N);
  for_each_contender([&](const char* name, const auto& search) {
    add<N>(name + suffix, *cases, [search](const Case<N>& c) { return search(c.problem, c.uniform); });
  });
  add<N>("exact, Gaussian" + suffix, *cases,
         [](const Case<N>& c) { return ExactSearch{}(c.problem, c.gaussian); });
  return cases;
}

}  // namespace

void print_growth() {
  const auto cases = std::tuple{register_size<5>(),  register_size<14>(),  register_size<21>(),
                                register_size<40>(), register_size<100>(), register_size<200>()};
  const auto ns = measured();
  constexpr std::size_t sizes[] = {5, 14, 21, 40, 100, 200};

  std::printf("\nns per search, and the exponent p of its growth as n^p, fitted from n = 14 on\n%-18s", "n");
  for (const std::size_t n : sizes) std::printf(" %11zu", n);
  std::printf(" %6s\n", "p");
  const auto print = [&](const std::string& name) {
    double count = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
    std::printf("%-18s", name.c_str());
    for (const std::size_t n : sizes) {
      const auto at = ns.find(name + "/" + std::to_string(n));
      if (at == ns.end()) return std::printf("  not measured\n");
      std::printf(" %11.0f", at->second);
      if (n < 14) continue;
      const double x = std::log(static_cast<double>(n)), y = std::log(at->second);
      count += 1, sum_x += x, sum_y += y, sum_xx += x * x, sum_xy += x * y;
    }
    return std::printf(" %6.2f\n", (count * sum_xy - sum_x * sum_y) / (count * sum_xx - sum_x * sum_x));
  };
  for_each_contender([&](const char* name, const auto&) { print(name); });
  print("exact, Gaussian");
}

}  // namespace einet::bench
