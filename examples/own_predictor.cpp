// Your own predictor: a size, how many inputs of an output it observes, and three functions that neither
// throw nor allocate. It plugs into Planner like einet's own; here it plans for samples of a made-up profile.

#include <einet/einet.hpp>
#include <einet/profile/replay.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <span>

namespace {

/// If exits so far were surer than on average, so will later ones be, by as much; the newest counts most.
template <std::size_t N>
class Trend {
 public:
  static constexpr std::size_t exits = N;   // exits
  static constexpr std::size_t inputs = 1;  // per output: its confidence alone

  explicit Trend(const std::array<float, N>& means) : means_(means) { reset(); }
  void reset() noexcept {
    lift_ = 0;
    confidences_ = means_;
  }
  void observe(std::size_t exit, std::span<const float, 1> seen) noexcept {
    lift_ += 0.6f * (seen[0] - means_[exit] - lift_);
    for (std::size_t k = exit + 1; k < N; ++k) confidences_[k] = std::clamp(means_[k] + lift_, 0.f, 1.f);
    confidences_[exit] = seen[0];  // the worth of the answer in hand
  }
  const std::array<float, N>& confidences() const noexcept { return confidences_; }

 private:
  std::array<float, N> means_, confidences_;
  float lift_;
};
static_assert(einet::exit_predictor<Trend<6>>);

template <class Planner>
void print(const char* name, const Planner& planner, const einet::TimeProfile<6>& times,
           const einet::ConfidenceProfile<6>& profile) {
  const auto blocks = einet::replay(times, profile);
  einet::VirtualTime time;
  einet::LocalSlot<einet::Answer> slot;
  einet::ElasticRunner runner{blocks, planner, slot, einet::VirtualClock{time}};
  for (std::size_t sample = 0; sample < profile.samples(); ++sample) {
    einet::ReplayedSample on{sample, &time};
    const auto result = runner.run(on);
    std::printf("%s, sample %zu: ran exits %s, done after %.2f ms\n", name, sample,
                to_string(result.ran).c_str(), 1e3 * result.elapsed);
  }
}

}  // namespace

int main() {
  const einet::TimeProfile<6> times{{1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-3},
                                    {3e-4, 3e-4, 3e-4, 3e-4, 3e-4, 3e-4}};
  const std::array<float, 6> means{.40f, .52f, .62f, .70f, .76f, .80f};
  const einet::ConfidenceProfile<6> profile{{{.70f, .85f, .93f, .98f, .99f, .99f},   // an easy sample
                                             {.42f, .50f, .63f, .72f, .74f, .81f},   // one like most
                                             {.12f, .20f, .35f, .42f, .49f, .52f}},  // a hard one
                                            {{7, 7, 7, 7, 7, 7}, {2, 2, 3, 3, 3, 3}, {0, 4, 4, 1, 1, 1}},
                                            {7, 3, 1}};
  print("means", einet::Planner{times, einet::PriorPredictor<6>{means}}, times, profile);
  print("trend", einet::Planner{times, Trend<6>{means}}, times, profile);
}
