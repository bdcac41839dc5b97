#pragma once
// An exit-time law given that the exit has not come yet.

#include <einet/plan/law.hpp>

#include <utility>

namespace einet {

/// `law` on (now, ∞), in seconds since the start of the inference as before. Where nothing of it is left
/// after `now`, the exit comes at once.
template <exit_time_law Law>
class Conditioned {
 public:
  Conditioned(Law law, double now) noexcept : law_(std::move(law)), now_(now), before_(law_.cdf(now)) {}

  [[nodiscard]] double cdf(double seconds) const noexcept {
    if (seconds <= now_) return 0;
    return before_ < 1 ? (law_.cdf(seconds) - before_) / (1 - before_) : 1;
  }

 private:
  Law law_;
  double now_;
  double before_;
};

}  // namespace einet
