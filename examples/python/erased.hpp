#pragma once
// One law and one predictor for all kinds of them: Python has no templates.

#include <einet/einet.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <variant>

namespace example::python {

/// Networks of up to 128 exits.
constexpr std::size_t N = einet::up_to(128);
constexpr std::size_t most = einet::most_exits<N>;
using Found = einet::Found<N>;

/// Any law. The uniform one stays what it is, as its search is the fastest.
class Law {
 public:
  Law() = default;
  explicit Law(einet::Uniform uniform) : law_(uniform) {}
  explicit Law(std::function<double(double)> cdf) : law_(Function(std::move(cdf))) {}

  [[nodiscard]] double cdf(double seconds) const noexcept {
    return std::visit([&](const auto& law) noexcept { return law.cdf(seconds); }, law_);
  }
  [[nodiscard]] Law over(double total) const {
    Law law = *this;
    if (auto* const uniform = std::get_if<einet::Uniform>(&law.law_)) *uniform = uniform->over(total);
    return law;
  }
  [[nodiscard]] Found search(const einet::Problem<N>& problem) const noexcept {
    return std::visit([&](const auto& law) noexcept { return einet::ExactSearch{}(problem, law); }, law_);
  }

 private:
  using Function = einet::CallableLaw<std::function<double(double)>>;
  std::variant<einet::Uniform, Function> law_;
};

template <class Other>
[[nodiscard]] Law law_of(Other law) {
  return Law([law = std::move(law)](double seconds) { return law.cdf(seconds); });
}

struct Search {
  Found operator()(const einet::Problem<N>& problem, const Law& law) const noexcept {
    return law.search(problem);
  }
};

/// Either predictor.
class Predictor {
 public:
  static constexpr std::size_t exits = N;
  static constexpr std::size_t inputs = 1;
  explicit Predictor(einet::PriorPredictor<N> prior) : held_(std::move(prior)) {}
  explicit Predictor(einet::QuadraticPredictor<N> quadratic) : held_(std::move(quadratic)) {}

  [[nodiscard]] std::size_t exit_count() const noexcept {
    return std::visit([](const auto& held) noexcept { return held.exit_count(); }, held_);
  }
  void reset() noexcept {
    std::visit([](auto& held) noexcept { held.reset(); }, held_);
  }
  void observe(std::size_t exit, std::span<const float, 1> confidence) noexcept {
    std::visit([&](auto& held) noexcept { held.observe(exit, confidence); }, held_);
  }
  [[nodiscard]] const std::array<float, most>& confidences() const noexcept {
    return std::visit(
        [](const auto& held) noexcept -> const auto& { return held.confidences(); }, held_);
  }

 private:
  std::variant<einet::PriorPredictor<N>, einet::QuadraticPredictor<N>> held_;
};

}  // namespace example::python
