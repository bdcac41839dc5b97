#pragma once
// Variants of the same work, measured in turn: whatever slows the machine down meets all of them.

#include <einet/profile/measure_times.hpp>
#include <einet/run/clock.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace einet::bench {

struct Variant {
  std::string name;
  std::function<void()> run;
  std::function<void()> before{};  ///< every run, and not timed
};

/// Puts other lines in place of all that the first two levels of the cache hold.
class Sweep {
 public:
  void operator()() {
    for (std::size_t at = 0; at < memory_.size(); at += 16) memory_[at] += 1;
  }

 private:
  std::vector<float> memory_ = std::vector<float>(std::size_t{1} << 20);
};

/// What one variant took, round by round.
struct Rounds {
  std::vector<double> seconds;  ///< of one run

  [[nodiscard]] double median() const {
    std::vector<double> copy = seconds;
    return percentile(copy, .5);
  }
  /// Of `other` over this one, round by round: `rank` 0 is the least, .5 the median.
  [[nodiscard]] double ratio(const Rounds& other, double rank = .5) const {
    std::vector<double> ratios(seconds.size());
    for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] = other.seconds[i] / seconds[i];
    return percentile(ratios, rank);
  }
};

struct TurnOptions {
  double seconds = .3;  ///< for all variants together
  std::size_t least_rounds = 11;
  double slice = 0;  ///< seconds for which a variant runs again and again within a round; 0: one run
};

/// One entry for each variant, in their order. Each round has another order, because a variant meets the
/// caches and the clock that the one before has left.
[[nodiscard]] inline std::vector<Rounds> in_turn(const std::vector<Variant>& variants,
                                                 const TurnOptions& options) {
  const auto time = [](const Variant& variant, std::size_t times) {
    double all = 0;
    const std::size_t together = variant.before ? 1 : times;
    for (std::size_t done = 0; done < times; done += together) {
      if (variant.before) variant.before();
      const Stopwatch watch;
      for (std::size_t i = 0; i < together; ++i) variant.run();
      all += watch();
    }
    return all / static_cast<double>(times);
  };
  std::vector<std::size_t> times;
  for (const Variant& variant : variants) {
    variant.run();
    const double once = (std::min)(time(variant, 1), time(variant, 1));
    times.push_back(static_cast<std::size_t>((std::max)(1., options.slice / (std::max)(once, 1e-9))));
  }
  std::vector<std::size_t> order(variants.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random(1);
  std::vector<Rounds> rounds(variants.size());
  const Stopwatch watch;
  for (std::size_t round = 0; round < options.least_rounds || watch() < options.seconds; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t at : order) rounds[at].seconds.push_back(time(variants[at], times[at]));
  }
  return rounds;
}

}  // namespace einet::bench
