#include "catch.hpp"

#include <einet/plan/law.hpp>
#include <einet/plan/uniform.hpp>

using einet::Uniform;

namespace {

struct NotALaw {
  double cdf(double) const { return 0; }  // may throw
};
struct Deadline {
  double at;
  double cdf(double seconds) const noexcept { return seconds > at ? 1 : 0; }
};

}  // namespace

static_assert(einet::stop_law<Uniform>);
static_assert(einet::stop_law<Deadline>);
static_assert(!einet::stop_law<NotALaw>);
static_assert(!einet::stop_law<int>);

TEST_CASE("a law without a horizon takes that of the profile, others keep theirs", "[plan][law]") {
  CHECK(einet::over(Uniform{}, 3.0).horizon() == 3.0);
  CHECK(einet::over(Uniform{5.0}, 3.0).horizon() == 5.0);
  CHECK(einet::over(Deadline{2.0}, 3.0).at == 2.0);
}
