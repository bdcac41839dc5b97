#pragma once
// What a search decides on: the state of a sample at the moment of planning.

#include <einet/plan/time_profile.hpp>

#include <array>
#include <cstddef>

namespace einet {

/// The choice of which exits from `first` on to run, in mid-run or (first = 0, elapsed = 0) before the start.
/// The conv parts before `first` have been run, those from `first` on have not.
template <std::size_t N>
struct Problem {
  static constexpr std::size_t size = N;

  TimeProfile<N> times;                ///< seconds
  std::array<float, N> confidences{};  ///< [N] worth of each exit's output, those before `first` are not read
  float in_hand = 0;                   ///< worth of the answer in hand; 0 if there is none
  std::size_t first = 0;               ///< first exit that can still be run, 0…N
  double elapsed = 0;                  ///< seconds since the inference began

  /// Seconds of all conv parts and branches that can still be run.
  [[nodiscard]] constexpr double rest() const noexcept {
    double sum = 0;
    for (std::size_t k = first; k < N; ++k) {
      sum += times.conv[k];
      sum += times.branch[k];
    }
    return sum;
  }

  /// Whether the law's horizon comes before everything could have been run, by more than rounding.
  [[nodiscard]] constexpr bool outlasts(double horizon) const noexcept {
    return rest() > (horizon - elapsed) * (1 + 1e-12);
  }
};

namespace detail {

/// Seconds as shares of a whole, also where that is next to nothing and its reciprocal infinite.
class ShareOf {
 public:
  /// @pre whole > 0
  explicit ShareOf(double whole) noexcept : whole_(whole), factor_(whole > 1e-290 ? 1 / whole : 0) {}

  [[nodiscard]] double operator()(double seconds) const noexcept {
    return factor_ > 0 ? seconds * factor_ : seconds / whole_;
  }

 private:
  double whole_;
  double factor_;
};

}  // namespace detail

}  // namespace einet
