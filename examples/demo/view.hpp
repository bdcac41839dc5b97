#pragma once
// A run as text, as it stands at a given moment, or line by line. From its trace, so that a run of a third of
// a millisecond can be watched.

#include <einet/eval/run_trace.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace example::demo {

constexpr std::size_t view_columns = 79;  // the last column of 80 would make some terminals begin a new line

/// A run that is watched.
struct Watched {
  std::string name;
  einet::eval::RunTrace trace;
  int label = -1;  // the true class
};

namespace detail {

using einet::eval::TracedWork;
using einet::eval::TraceEvent;

inline std::string milliseconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f ms", 1e3 * seconds);
  return text;
}

inline std::string told(const TraceEvent& answer) {
  char text[80];
  std::snprintf(text, sizeof text, "class %d, sure by %.2f, from exit %zu", static_cast<int>(*answer.label),
                static_cast<double>(answer.confidence), *answer.block);
  return text;
}

inline const char* verdict(const TraceEvent* answer, int label) {
  return answer == nullptr ? "no answer" : answer->label == label ? "right" : "wrong";
}

inline std::string name_of(const TraceEvent& event) {
  if (event.work == TracedWork::plan) return "planning";
  if (event.work == TracedWork::publish) return "publishing";
  return (event.work == TracedWork::conv_part ? "conv " : "branch ") + std::to_string(*event.block);
}

/// A cell for every exit; of more than there is room for, those around `at`.
inline std::string cells(const std::string& marks, std::size_t at) {
  constexpr std::size_t spaced = 32, most = 64;
  if (marks.size() > spaced) {
    const std::size_t last = marks.size() - (std::min)(most, marks.size());
    return marks.substr((std::min)(at - (std::min)(at, most / 2), last), most);
  }
  std::string text;
  for (const char mark : marks) text += {mark, ' '};
  if (!text.empty()) text.pop_back();
  return text;
}

}  // namespace detail

/// What the marks of a view mean.
constexpr const char* view_legend =
    "# done  > running  + planned  - skipped  . to come  x cut off by the stop";

/// How far the time has come, and where the stop is to come: one line.
/// @param seconds since the start of the run
/// @param moment of the stop
inline std::string time_bar(double seconds, double whole, double moment) {
  const std::string words = detail::milliseconds(seconds) + " of " + detail::milliseconds(whole) + "  [";
  const std::size_t room = view_columns - words.size() - 1;
  const auto columns = [&](double at) {
    return static_cast<std::size_t>(std::lround(std::clamp(at / whole, 0., 1.) * static_cast<double>(room)));
  };
  std::string bar = std::string(columns(seconds), '=') + std::string(room - columns(seconds), ' ');
  bar[(std::min)(columns(moment), room - 1)] = '|';
  return words + bar + "]";
}

/// The run as it stood `seconds` after its start: four lines of at most view_columns characters.
inline std::vector<std::string> view(const Watched& run, double seconds) {
  using detail::TracedWork;
  const auto events = run.trace.events();
  const double now = events.front().begin + seconds;
  const bool ended = events.front().end <= now;
  std::string conv(run.trace.exits(), '.'), branch = conv;
  std::string doing = ended ? "done: the device is free" : "";
  std::size_t reached = 0;  // conv parts begun
  const einet::eval::TraceEvent* answer = nullptr;
  for (std::size_t k = 1; k < events.size() && events[k].begin <= now; ++k) {
    const auto& event = events[k];
    const bool done = event.end <= now;
    if (!done && !ended) doing = detail::name_of(event);
    switch (event.work) {
      case TracedWork::plan:
        for (std::size_t exit = 0; exit < branch.size(); ++exit)
          if (branch[exit] == '+' || branch[exit] == '.')
            branch[exit] = done && run.trace.plans(k, exit) ? '+' : '.';
        break;
      case TracedWork::conv_part:
        conv[*event.block] = !event.whole && done ? 'x' : done ? '#' : '>';
        reached = *event.block + 1;
        for (std::size_t exit = 0; exit + 1 < reached; ++exit)
          if (branch[exit] == '.' || branch[exit] == '+') branch[exit] = '-';
        break;
      case TracedWork::branch:
        branch[*event.block] = !event.whole && done ? 'x' : done ? '#' : '>';
        break;
      case TracedWork::publish:
        if (done) answer = &event;
        break;
      case TracedWork::stop:
        doing = "stopped";
        break;
      default:
        break;
    }
  }
  std::string head = run.name;
  head += std::string(view_columns - (std::min)(view_columns, head.size() + doing.size()), ' ') + doing;
  const std::string in_hand = answer == nullptr ? (ended ? "" : "none yet") : detail::told(*answer);
  return {
      head, "  conv    " + detail::cells(conv, reached), "  branch  " + detail::cells(branch, reached),
      "  answer  " + in_hand +
          (ended ? (answer != nullptr ? ": " : "") + std::string(detail::verdict(answer, run.label)) : "")};
}

/// The whole run, a line for everything that it did: for output that is no terminal.
inline std::vector<std::string> lines(const Watched& run) {
  using detail::TracedWork;
  const auto events = run.trace.events();
  const double start = events.front().begin;
  std::vector<std::pair<double, std::string>> told;
  const einet::eval::TraceEvent* answer = nullptr;
  const auto add = [&](double moment, const std::string& words) { told.emplace_back(moment - start, words); };
  for (std::size_t k = 1; k < events.size(); ++k) {
    const auto& event = events[k];
    if (event.work == TracedWork::stop) {
      add(event.begin, "the stop");
    } else if (event.work == TracedWork::publish) {
      answer = &event;
      add(event.end, detail::told(event));
    } else if (event.work == TracedWork::plan) {
      std::string plan(run.trace.exits(), '0');
      for (std::size_t exit = 0; exit < plan.size(); ++exit)
        if (run.trace.plans(k, exit)) plan[exit] = '1';
      add(event.end, "plan " + plan + (event.block ? "" : ", which is done"));
    } else {
      add(event.end, detail::name_of(event) + (event.whole ? "" : ", cut off"));
    }
  }
  add(events.front().end, "ended: " + std::string(detail::verdict(answer, run.label)));
  // A part that the stop cut off ends after it.
  std::ranges::stable_sort(told, {}, &std::pair<double, std::string>::first);
  std::vector<std::string> result{run.name};
  for (const auto& [seconds, words] : told)
    result.push_back("  " + detail::milliseconds(seconds) + "  " + words);
  return result;
}

}  // namespace example::demo
