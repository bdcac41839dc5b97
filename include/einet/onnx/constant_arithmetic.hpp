#pragma once
// Arithmetic on constants, number by number, with broadcasting.

#include <einet/onnx/constant.hpp>
#include <einet/onnx/node.hpp>
#include <einet/onnx/walk.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace einet::nn::onnx_detail {

/// How many numbers a constant that is computed may have.
inline constexpr std::size_t largest_folded = std::size_t{1} << 20U;

/// The inputs of a node that are all constants.
class ConstantInputs {
 public:
  /// @param inputs null where the node has none
  ConstantInputs(const Node& node, std::span<const Constant* const> inputs) : node_(node), inputs_(inputs) {}

 protected:
  [[nodiscard]] const Constant* at(std::size_t i) const noexcept {
    return i < inputs_.size() ? inputs_[i] : nullptr;
  }
  [[nodiscard]] const Constant& in(std::size_t i) const {
    if (at(i) == nullptr) node_.refuse("has no input " + std::to_string(i + 1));
    return *at(i);
  }

  /// Refuses a result that is too large to be the arithmetic of shapes.
  [[nodiscard]] std::size_t size_of(const Lengths& lengths) const {
    const auto count = count_of(lengths, largest_folded);
    if (!count) node_.refuse("makes a constant of " + text(lengths) + ", which is too large");
    return *count;
  }

  /// An empty constant of the kind of `like`.
  [[nodiscard]] static Constant empty(const Constant& like, Lengths lengths) {
    return {std::move(lengths), like.integer, {}, {}};
  }
  static void append(Constant& to, const Constant& from, std::size_t at) {
    if (to.integer)
      to.whole.push_back(from.integer ? from.whole[at] : static_cast<std::int64_t>(from.real[at]));
    else
      to.real.push_back(from.number(at));
  }

  // NOLINTBEGIN(readability-identifier-naming): private to those that compute
  const Node& node_;
  std::span<const Constant* const> inputs_;
  // NOLINTEND(readability-identifier-naming)
};

class Arithmetic : ConstantInputs {
 public:
  using ConstantInputs::ConstantInputs;

  /// The node's value; nothing if it is no arithmetic.
  [[nodiscard]] std::optional<Constant> compute(std::string_view op) const {
    if (op == "Expand") return expand();
    if (op == "Range") return range();
    if (op == "Where") return where();
    if (op == "Not") return unary([](auto x) { return x == 0; });
    if (op == "Neg") return unary([&](auto x) { return combine("Sub", decltype(x){0}, x); });
    if (op == "Abs") return unary([&](auto x) { return x < 0 ? combine("Sub", decltype(x){0}, x) : x; });
    if (op == "Floor") return real_unary([](float x) { return std::floor(x); });
    if (op == "Ceil") return real_unary([](float x) { return std::ceil(x); });
    if (op == "Sqrt") return real_unary([](float x) { return std::sqrt(x); });
    if (op == "Exp") return real_unary([](float x) { return std::exp(x); });
    if (op == "ReduceProd") return product();
    return binary(op);
  }

 private:
  /// Calls f(places of the values in the inputs) for every value of the result of a broadcast.
  template <std::size_t Inputs, class F>
  void broadcast(const std::array<const Constant*, Inputs>& of, const Lengths& lengths, const F& f) const {
    std::vector<Walk> walks;
    walks.reserve(Inputs);
    for (const Constant* const constant : of)
      walks.emplace_back(sizes(lengths), broadcast_strides(constant->lengths, lengths.size()));
    std::array<std::size_t, Inputs> places{};
    for (std::size_t left = size_of(lengths); left > 0; --left) {
      for (std::size_t i = 0; i < Inputs; ++i) {
        places[i] = walks[i].place();
        walks[i].next();
      }
      f(places);
    }
  }

  template <std::size_t Inputs>
  [[nodiscard]] Lengths broadcast_lengths(const std::array<const Constant*, Inputs>& of) const {
    std::size_t rank = 0;
    for (const Constant* const constant : of) rank = (std::max)(rank, constant->lengths.size());
    Lengths lengths(rank, 1);
    for (const Constant* const constant : of)
      for (std::size_t k = 0; k < constant->lengths.size(); ++k) {
        std::int64_t& length = lengths[rank - constant->lengths.size() + k];
        if (length != 1 && constant->lengths[k] != 1 && length != constant->lengths[k])
          node_.refuse("combines the shapes " + text(of[0]->lengths) + " and " + text(constant->lengths));
        if (length == 1) length = constant->lengths[k];
      }
    static_cast<void>(size_of(lengths));
    return lengths;
  }

  /// f(real) or f(integer) of every number, of its kind.
  template <class F>
  [[nodiscard]] Constant unary(const F& f) const {
    Constant result = empty(in(0), in(0).lengths);
    if (result.integer)
      for (const std::int64_t x : in(0).whole) result.whole.push_back(f(x));
    else
      for (const float x : in(0).real) result.real.push_back(f(x));
    return result;
  }
  template <class F>
  [[nodiscard]] Constant real_unary(const F& f) const {
    Constant result = Constant::of(in(0).lengths, std::vector<float>{});
    for (std::size_t k = 0; k < in(0).size(); ++k) result.real.push_back(f(in(0).number(k)));
    return result;
  }

  /// Integers that overflow are refused, as is division by 0.
  [[nodiscard]] std::int64_t combine(std::string_view op, std::int64_t a, std::int64_t b) const {
    std::int64_t result = 0;
    bool wrong = false;
    if (op == "Add") wrong = __builtin_add_overflow(a, b, &result);
    if (op == "Sub") wrong = __builtin_sub_overflow(a, b, &result);
    if (op == "Mul") wrong = __builtin_mul_overflow(a, b, &result);
    if (op == "Div" || op == "Mod") {
      wrong = b == 0 || (a == (std::numeric_limits<std::int64_t>::min)() && b == -1);
      if (!wrong) result = op == "Div" ? a / b : a % b;
      if (op == "Mod" && result != 0 && (result < 0) != (b < 0)) result += b;
    }
    if (op == "Pow") {
      result = 1;
      wrong = b < 0 || b > 64;
      for (std::int64_t k = 0; k < b && !wrong; ++k) wrong = __builtin_mul_overflow(result, a, &result);
    }
    if (op == "Min") result = (std::min)(a, b);
    if (op == "Max") result = (std::max)(a, b);
    if (op == "Equal") result = a == b;
    if (op == "Less") result = a < b;
    if (op == "LessOrEqual") result = a <= b;
    if (op == "Greater") result = a > b;
    if (op == "GreaterOrEqual") result = a >= b;
    if (op == "And") result = a != 0 && b != 0;
    if (op == "Or") result = a != 0 || b != 0;
    if (wrong)
      node_.refuse("computes " + std::to_string(a) + " and " + std::to_string(b) + ", which overflows");
    return result;
  }
  [[nodiscard]] static float combine(std::string_view op, float a, float b) {
    if (op == "Add") return a + b;
    if (op == "Sub") return a - b;
    if (op == "Mul") return a * b;
    if (op == "Div") return a / b;
    if (op == "Mod") return std::fmod(a, b);
    if (op == "Pow") return std::pow(a, b);
    if (op == "Min") return (std::min)(a, b);
    if (op == "Max") return (std::max)(a, b);
    if (op == "Equal") return a == b ? 1.f : 0.f;
    if (op == "Less") return a < b ? 1.f : 0.f;
    if (op == "LessOrEqual") return a <= b ? 1.f : 0.f;
    if (op == "Greater") return a > b ? 1.f : 0.f;
    return a >= b ? 1.f : 0.f;
  }

  [[nodiscard]] std::optional<Constant> binary(std::string_view op) const {
    static constexpr std::string_view numbers[] = {"Add", "Sub", "Mul", "Div", "Mod", "Pow", "Min", "Max"};
    static constexpr std::string_view truths[] = {"Equal",          "Less", "LessOrEqual", "Greater",
                                                  "GreaterOrEqual", "And",  "Or"};
    const bool truth = std::find(std::begin(truths), std::end(truths), op) != std::end(truths);
    if (!truth && std::find(std::begin(numbers), std::end(numbers), op) == std::end(numbers))
      return std::nullopt;
    if (inputs_.size() != 2) node_.refuse("has " + std::to_string(inputs_.size()) + " inputs, expected 2");
    const std::array<const Constant*, 2> both{&in(0), &in(1)};
    const bool integers = both[0]->integer && both[1]->integer;
    Constant result{broadcast_lengths(both), truth || integers, {}, {}};
    broadcast(both, result.lengths, [&](const std::array<std::size_t, 2>& place) {
      if (integers) {
        result.whole.push_back(combine(op, both[0]->whole[place[0]], both[1]->whole[place[1]]));
        return;
      }
      const float value = combine(op, both[0]->number(place[0]), both[1]->number(place[1]));
      if (truth)
        result.whole.push_back(value != 0 ? 1 : 0);
      else
        result.real.push_back(value);
    });
    return result;
  }

  [[nodiscard]] Constant expand() const {
    if (!in(1).integer) node_.refuse("has a shape that is no integers");
    const Lengths wanted = in(1).whole;
    static_cast<void>(size_of(wanted));
    const Constant shape{wanted, true, {}, {}};
    const std::array<const Constant*, 2> both{&in(0), &shape};
    Constant result = empty(in(0), broadcast_lengths(both));
    broadcast(both, result.lengths,
              [&](const std::array<std::size_t, 2>& place) { append(result, in(0), place[0]); });
    return result;
  }

  [[nodiscard]] Constant range() const {
    for (std::size_t i = 0; i < 3; ++i)
      if (in(i).size() != 1 || !in(i).integer) node_.refuse("has bounds that are no single integers");
    const std::int64_t first = in(0).whole[0], end = in(1).whole[0], step = in(2).whole[0];
    if (step == 0) node_.refuse("has the step 0");
    const double count =
        std::ceil((static_cast<double>(end) - static_cast<double>(first)) / static_cast<double>(step));
    if (count > static_cast<double>(largest_folded)) node_.refuse("makes a constant that is too large");
    std::vector<std::int64_t> values;
    for (double k = 0; k < count; ++k) values.push_back(k > 0 ? combine("Add", values.back(), step) : first);
    const auto length = static_cast<std::int64_t>(values.size());
    return Constant::of({length}, std::move(values));
  }

  [[nodiscard]] Constant where() const {
    const std::array<const Constant*, 3> all{&in(0), &in(1), &in(2)};
    Constant result{broadcast_lengths(all), all[1]->integer && all[2]->integer, {}, {}};
    broadcast(all, result.lengths, [&](const std::array<std::size_t, 3>& place) {
      const std::size_t which = all[0]->number(place[0]) != 0 ? 1 : 2;
      append(result, *all[which], place[which]);
    });
    return result;
  }

  /// Of all numbers, as exporters count the values of a shape.
  [[nodiscard]] Constant product() const {
    if (!in(0).integer || in(0).lengths.size() != 1) node_.refuse("is known of a row of integers only");
    std::int64_t all = 1;
    for (const std::int64_t value : in(0).whole) all = combine("Mul", all, value);
    return Constant::of(node_.integer("keepdims", 1) != 0 ? Lengths{1} : Lengths{},
                        std::vector<std::int64_t>{all});
  }
};

}  // namespace einet::nn::onnx_detail
