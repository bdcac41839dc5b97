// libFuzzer makes planning problems from bytes, with a stop-time law of any kind: exact search must agree
// with brute force over all plans.
//
//   cmake --preset fuzz && cmake --build --preset fuzz && build/fuzz/tests/fuzz/fuzz_exact_search
//
// Times of a problem are whole multiples of one unit or any fractions of it, whose sums are rounded; steps of
// a law come at such multiples or exactly at an output, where the order of summing counts.

#include "search/every_plan.hpp"

#include <einet/plan/callable_law.hpp>
#include <einet/plan/mixture.hpp>
#include <einet/plan/piecewise_linear.hpp>
#include <einet/plan/point_mass.hpp>
#include <einet/plan/truncated_gaussian.hpp>
#include <einet/plan/uniform.hpp>
#include <einet/search/exact.hpp>

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>

namespace {

using namespace einet;

/// Reads small numbers; after the end it reads zeros.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  unsigned below(unsigned limit) { return next() % limit; }
  unsigned word() {
    const unsigned high = next();
    return high << 8U | next();
  }

 private:
  unsigned next() {
    if (rest_.empty()) return 0;
    const unsigned first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }

  std::span<const std::uint8_t> rest_;
};

/// The unit of all times of a problem, in seconds.
double unit_of_time(Bytes& bytes) {
  constexpr std::array exponents{0, -20, -1074, -1060, -1022, -149, -126, -100, -30, 20, 100, 900};
  return std::ldexp(1.0, exponents[bytes.below(exponents.size())]);
}

double time(Bytes& bytes, double unit, double previous) {
  switch (bytes.below(8)) {
    case 0:
      return 0;
    case 1:
      return previous;
    case 2:
      return unit < 1e-290 ? unit : bytes.below(4) * std::numeric_limits<double>::denorm_min();
    case 3:
      return unit * bytes.word();
    case 4:
      return unit * bytes.word() / 999;
    default:
      return unit * bytes.below(16);
  }
}

float confidence(Bytes& bytes, float previous) {
  switch (bytes.below(8)) {
    case 0:
      return static_cast<float>(bytes.below(2));
    case 1:
      return previous;
    case 2:
      return static_cast<float>(bytes.below(9)) / 8;
    case 3:
      return std::nextafter(previous, static_cast<float>(bytes.below(2)));
    case 4:
      return static_cast<float>(bytes.below(4)) * std::numeric_limits<float>::denorm_min();
    default:
      return static_cast<float>(bytes.word()) / 65535;
  }
}

template <std::size_t N>
Problem<N> problem_of(Bytes& bytes, double unit) {
  Problem<N> problem;
  problem.first = bytes.below(N + 1);
  double seconds = unit;
  float worth = 0.5f;
  for (std::size_t k = 0; k < N; ++k) {
    problem.times.conv[k] = seconds = time(bytes, unit, seconds);
    problem.times.branch[k] = seconds = time(bytes, unit, seconds);
    problem.confidences[k] = worth = confidence(bytes, worth);
  }
  problem.in_hand = confidence(bytes, worth);
  problem.elapsed = time(bytes, unit, seconds);
  if (bytes.below(4) == 0)  // near the state of the run, or its length
    for (std::size_t k = 0; k < N; ++k)
      if (k < problem.first || bytes.below(2) == 1) problem.elapsed += problem.times.conv[k];
  return problem;
}

/// When an output of some plan is ready, from the problem's state or from the start, added up as a run does.
template <std::size_t N>
double moment_of_output(Bytes& bytes, const Problem<N>& problem) {
  const bool from_start = problem.first == N || bytes.below(2) == 1;
  const std::size_t first = from_start ? 0 : problem.first;
  double time = from_start ? 0 : problem.elapsed;
  const std::size_t last = first + bytes.below(static_cast<unsigned>(N - first));
  for (std::size_t k = first; k <= last; ++k) {
    time += problem.times.conv[k];
    if (k == last || bytes.below(2) == 1) time += problem.times.branch[k];
  }
  return time;
}

template <std::size_t N>
[[noreturn]] void fail(const Problem<N>& problem, const char* what, double is, double expected) {
  std::fprintf(stderr, "exact search, %s: %.17g, expected %.17g\nconv, branch, confidence of %zu exits:\n",
               what, is, expected, N);
  for (std::size_t k = 0; k < N; ++k)
    std::fprintf(stderr, "%.17g, %.17g, %.9g\n", problem.times.conv[k], problem.times.branch[k],
                 static_cast<double>(problem.confidences[k]));
  std::fprintf(stderr, "in hand %.9g, first %zu, elapsed %.17g\n", static_cast<double>(problem.in_hand),
               problem.first, problem.elapsed);
  std::abort();
}

template <std::size_t N, class Law>
void check(const Problem<N>& problem, const Law& law) {
  const test::EveryPlan truth(problem, law);
  // If hardly anything is left of the law, plans differ only by its rounding.
  const double left = 1 - law.cdf(problem.elapsed);
  const double tolerance = 1e-6 + (left > 0 ? 1e-14 / left : 0);
  const auto sound = [&](const Found<N>& found) {
    if (const auto exit = found.plan.next(0); exit && *exit < problem.first)
      fail(problem, "runs an exit that has passed", static_cast<double>(*exit),
           static_cast<double>(problem.first));
    if (!(std::abs(found.worth - truth.worth(found.plan)) <= tolerance))
      fail(problem, "worth of its plan", found.worth, truth.worth(found.plan));
    if (found.optimal && !(std::abs(found.worth - truth.best()) <= tolerance))
      fail(problem, "worth of an optimal plan", found.worth, truth.best());
    if (!(found.bound >= found.worth)) fail(problem, "bound below the worth found", found.bound, found.worth);
    if (!(found.bound >= truth.best() - tolerance))
      fail(problem, "bound below the best", found.bound, truth.best());
  };
  sound(ExactSearch{}(problem, law));
  const Found<N> found = BasicExactSearch<(std::size_t{1} << N) + 1>{}(problem, law);  // room for every plan
  if (!found.optimal) fail(problem, "optimal", 0, 1);
  sound(found);
  if constexpr (N == 12) sound(BasicExactSearch<3>{}(problem, law));  // its pool overflows
}

template <std::size_t N>
void check_one(Bytes bytes) {
  const unsigned kind = bytes.below(9);
  const double unit = unit_of_time(bytes);
  const Problem<N> problem = problem_of<N>(bytes, unit);
  const double total = problem.times.total();
  if (!(total > 0)) return;
  const double horizon = bytes.below(4) == 0 ? unit * (1 + bytes.word()) : total;
  const auto any_moment = [&] {
    switch (bytes.below(4)) {
      case 0:
        return unit * bytes.word();
      case 1:
        return std::floor(total / unit / 2) * unit;
      default:
        return moment_of_output(bytes, problem);
    }
  };
  const double moment = any_moment();

  switch (kind) {
    case 0:
      return check(problem, Uniform{horizon});
    case 1:
    case 2: {
      const double mean = 1.5 * bytes.below(256) / 255;
      const double deviation = 0.1 + 2.0 * bytes.below(256) / 255;
      if (mean > 1 + 3 * deviation) return;
      const auto law = TruncatedGaussian::of_horizon(mean, deviation).over(horizon);
      if (kind == 1) return check(problem, law);
      return check(problem, Mixture{std::array{0.25, 0.5}, law, Uniform{total}});
    }
    case 3: {
      std::array<double, 6> weights{};
      for (double& weight : weights) weight = bytes.below(4) == 0 ? 0 : bytes.below(256);
      weights[bytes.below(6)] += 1;
      return check(problem, PiecewiseLinear{weights, horizon, bytes.below(2) * 10.0});
    }
    case 4:
      return check(problem, PointMass{moment});
    case 5:
      return check(problem,
                   Mixture{std::array{0.5, bytes.below(2) * 0.5}, Uniform{total}, PointMass{moment}});
    case 6:
    case 7: {
      const double later =
          bytes.below(2) == 0 ? moment + unit * bytes.below(64) : std::fmax(moment, any_moment());
      const double low = bytes.below(9) / 16.0;
      const double high = low + bytes.below(8) / 16.0 + (kind == 7 ? 1e-9 : 0);
      return check(problem, CallableLaw{[=](double t) { return t > later ? high : t > moment ? low : 0; }});
    }
    default:
      return check(problem, CallableLaw{[=](double t) { return t / (t + horizon); }});
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  bytes.below(4) == 0 ? check_one<5>(bytes) : check_one<12>(bytes);
  return 0;
}
