#pragma once
// The labels of a label-setting search, in memory of fixed size: for every exit, the paths to it that no
// other path to it beats in both time and value.

#include <einet/base/assert.hpp>
#include <einet/plan/exit_plan.hpp>
#include <einet/plan/exits.hpp>
#include <einet/search/search.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace einet::detail {

/// A path to an exit.
struct Label {
  double time;           ///< by which paths to the exit are compared: earlier is never worse
  double value;          ///< what the path is worth, less the charges
  std::uint32_t parent;  ///< label that it extends
  std::uint16_t exit;    ///< that it leads to
  std::uint16_t next;    ///< first conv part that `time` does not include, where that is not the exit's next
};

/// How `a` compares with `b`, which leads to the same exit, by value alone.
enum class Rank { worse, equal, better };
[[nodiscard]] inline Rank rank(const Label& a, const Label& b) noexcept {
  return a.value > b.value + equal_charged   ? Rank::better
         : a.value < b.value - equal_charged ? Rank::worse
                                             : Rank::equal;
}

/// Label 0 is the state of the problem. Exits follow one after another, each with its labels.
template <std::size_t N, std::size_t Capacity>
class LabelPool {
  static_assert(Capacity < (std::numeric_limits<std::uint32_t>::max)());
  static_assert(most_exits<N> < (std::numeric_limits<std::uint16_t>::max)());

 public:
  /// @param room how many labels may be used, at most Capacity
  LabelPool(double time, double value, std::size_t first, std::size_t room) noexcept : room_(room) {
    EINET_ASSERT(room >= 1 && room <= Capacity);
    labels_[0] = {time, value, 0, static_cast<std::uint16_t>(most_exits<N>),
                  static_cast<std::uint16_t>(first)};
  }

  [[nodiscard]] Label& operator[](std::size_t label) noexcept { return labels_[label]; }
  [[nodiscard]] const Label& operator[](std::size_t label) const noexcept { return labels_[label]; }

  /// Labels of the current exit are [begin(), end()).
  [[nodiscard]] std::size_t begin() const noexcept { return begin_; }
  [[nodiscard]] std::size_t end() const noexcept { return end_; }

  /// What is kept from now on leads to the next exit.
  void next_exit() noexcept { begin_ = end_; }

  /// Whether a label was lost for lack of room.
  [[nodiscard]] bool overflowed() const noexcept { return overflowed_; }

  /// Inserts the label among those of the current exit. They are sorted by time, and each is worth more than
  /// the one before it or, where the law is flat, as much and its path precedes.
  /// @return false if another label beats it, or there is no room
  bool keep(const Label& label) noexcept {
    Label* const first = labels_.data() + begin_;
    Label* const last = labels_.data() + end_;
    Label* const place =
        std::upper_bound(first, last, label.time, [](double time, const Label& l) { return time < l.time; });
    const auto precedes = [this](const Label& a, const Label& b) {
      return path(a.parent).precedes(path(b.parent));
    };
    if (place != first) {
      const Rank here = rank(label, place[-1]);
      if (here == Rank::worse || (here == Rank::equal && !precedes(label, place[-1]))) return false;
    }
    Label* from = place;  // labels in [from, to) are beaten by the new one
    while (from != first && from[-1].time == label.time) --from;
    Label* to = place;
    for (; to != last; ++to) {
      const Rank here = rank(label, *to);
      if (here == Rank::worse || (here == Rank::equal && precedes(*to, label))) break;
    }
    if (from == to) {
      if (end_ == room_) {
        overflowed_ = true;
        return false;
      }
      std::move_backward(from, last, last + 1);
      ++end_;
    } else {
      std::move(to, last, from + 1);
      end_ -= static_cast<std::size_t>(to - from) - 1;
    }
    *from = label;
    return true;
  }

  /// The exits on the way to a label, its own included.
  [[nodiscard]] ExitPlan<N> path(std::size_t label) const noexcept {
    ExitPlan<N> plan;
    for (; label != 0; label = labels_[label].parent) plan.insert(labels_[label].exit);
    return plan;
  }

 private:
  std::size_t room_;
  std::size_t begin_ = 0, end_ = 1;
  bool overflowed_ = false;
  std::array<Label, Capacity> labels_;
};

}  // namespace einet::detail
