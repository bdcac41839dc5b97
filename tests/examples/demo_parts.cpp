// The parts of the demo that compute or draw without a network.

#include "catch.hpp"
#include "common/chart.hpp"
#include "demo/accuracy_at.hpp"
#include "demo/contender.hpp"
#include "demo/view.hpp"
#include "support.hpp"

#include <einet/eval/run_trace.hpp>
#include <einet/eval/timelines.hpp>
#include <einet/io/file_error.hpp>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace einet;

namespace {

std::string drawn(const example::Chart& chart) {
  const auto path = test::scratch_folder("chart") / "chart.svg";
  draw(chart, path);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("the accuracy in hand is that of each run's newest answer", "[examples][demo]") {
  eval::Timelines runs(4, 3);
  runs.push(0, {.ready = 1, .correct = true});
  runs.push(1, {.ready = 1, .correct = false});
  runs.push(1, {.ready = 2, .correct = true});
  runs.push(2, {.ready = 1, .correct = true});
  runs.push(2, {.ready = 2.5, .correct = false});  // which loses a right one; run 3 never answers
  const auto curve = example::demo::accuracy_at({0, .9, 1, 1.9, 2, 2.6}, runs, 0);
  REQUIRE(curve == std::vector<double>{0, 0, .5, .5, .75, .5});
  REQUIRE(example::demo::accuracy_at({0, .9, 1.5, 1.9, 2, 2.6}, runs, .5) ==
          std::vector<double>{0, 0, .5, .5, .5, .75});
}

TEST_CASE("live runs agree with their replays within a point and what chance explains", "[examples][demo]") {
  // Replayed, 90 of 100 runs are right.
  const auto agree = [](std::size_t runs, std::size_t right_of_100) {
    example::demo::Contender<3> contender;
    for (std::size_t k = 0; k < runs; ++k) {
      contender.right.push_back(k % 100 < right_of_100 ? 1 : 0);
      contender.replayed.push_back(.9);
    }
    return contender.agrees();
  };
  REQUIRE(agree(10'000, 90));
  REQUIRE(agree(10'000, 88));  // chance explains 1.1 points
  REQUIRE_FALSE(agree(10'000, 87));
  REQUIRE_FALSE(agree(10'000, 93));
  REQUIRE(agree(100, 87));
  REQUIRE_FALSE(agree(100, 70));
}

TEST_CASE("a chart has a legend for all panels, or one for each if their lines differ", "[examples][chart]") {
  example::Chart chart{.title = "a & b", .x_label = "x", .y_label = "y", .x = {0, 1, 2}};
  chart.scale = example::Scale::linear;
  chart.panels = {{"left", {{"one", {0, .5, 1}}}}, {"right", {{"one", {0, .5, .9}, {{1, .5}}}}}};
  const std::string same = drawn(chart);
  REQUIRE(count(same, ">one<") == 1);
  REQUIRE(count(same, "<polyline") == 2);
  REQUIRE(count(same, "<circle") == 2);  // one on the line, one in the legend
  REQUIRE(count(same, "a &amp; b") == 1);
  REQUIRE(count(same, "prefers-color-scheme: dark") == 1);
  chart.panels[1].lines.push_back({"two", {0, .5, .9}});
  const std::string differ = drawn(chart);
  REQUIRE(count(differ, ">one<") == 2);
  REQUIRE(count(differ, ">two<") == 1);
}

TEST_CASE("a linear axis has round ticks, a logarithmic one a tick at each value", "[examples][chart]") {
  example::Chart chart{.title = "", .x_label = "", .y_label = "", .x = {.25, .5, 3.3}};
  chart.panels = {{"", {{"", {.6, .7, .8}}}}};
  chart.scale = example::Scale::logarithmic;
  for (const char* const tick : {">0.25<", ">0.5<", ">3.3<"}) REQUIRE(count(drawn(chart), tick) == 1);
  chart.scale = example::Scale::linear;
  for (const char* const tick : {">0.5<", ">1<", ">1.5<", ">2<", ">2.5<", ">3<"})
    REQUIRE(count(drawn(chart), tick) == 1);
  REQUIRE(count(drawn(chart), ">3.3<") == 0);
}

TEST_CASE("a panel's axis may begin above what is of no interest", "[examples][chart]") {
  example::Chart chart{.title = "", .x_label = "", .y_label = "", .x = {1, 2}};
  chart.panels = {{"", {{"", {0, 1}, {{1, 0}, {2, 1}}}}, .8}};
  const std::string picture = drawn(chart);
  REQUIRE(count(picture, ">0.8<") == 1);
  REQUIRE(count(picture, ">0.85<") == 1);
  REQUIRE(count(picture, ">0<") == 0);
  REQUIRE(count(picture, "<circle") == 2);  // without the mark at 0
}

TEST_CASE("a chart that cannot be written names its file", "[examples][chart]") {
  REQUIRE_THROWS_AS(
      draw(example::Chart{.title = "", .x_label = "", .y_label = "", .x = {1}}, "/no/such/folder/chart.svg"),
      io::FileError);
}

namespace {

using eval::TracedWork;

/// Three exits in 10 ms: exit 0 is skipped, exit 1 answers, and the stop comes in the third conv part.
example::demo::Watched watched_run() {
  example::demo::Watched run{"EINet", eval::RunTrace(3), 7};
  const auto plan = [&](double begin, double end, std::vector<std::size_t> exits) {
    run.trace.push_plan({TracedWork::plan, begin, end, exits.front()}, [&](std::size_t exit) {
      return std::find(exits.begin(), exits.end(), exit) != exits.end();
    });
  };
  run.trace.push({TracedWork::run, 1, 1});
  plan(1, 1, {1, 2});
  run.trace.push({TracedWork::conv_part, 1, 1.002, 0});
  run.trace.push({TracedWork::conv_part, 1.002, 1.004, 1});
  run.trace.push({TracedWork::branch, 1.004, 1.005, 1});
  run.trace.push({TracedWork::publish, 1.005, 1.005, 1, .75f, 7});
  plan(1.005, 1.006, {2});
  run.trace.push({TracedWork::conv_part, 1.006, 1.0095, 2, 0, std::nullopt, false});
  run.trace.push({TracedWork::stop, 1.009, 1.009});
  run.trace.end(1.0095, Outcome::deadline);
  return run;
}

std::string row(const std::string& left, const std::string& right) {
  return left + std::string(example::demo::view_columns - left.size() - right.size(), ' ') + right;
}

}  // namespace

TEST_CASE("a view shows the run as it stood at that moment", "[examples][demo]") {
  using Rows = std::vector<std::string>;
  const example::demo::Watched run = watched_run();
  REQUIRE(view(run, .001) ==
          Rows{row("EINet", "conv 0"), "  conv    > . .", "  branch  . + +", "  answer  none yet"});
  REQUIRE(view(run, .003) ==
          Rows{row("EINet", "conv 1"), "  conv    # > .", "  branch  - + +", "  answer  none yet"});
  REQUIRE(view(run, .0045) ==
          Rows{row("EINet", "branch 1"), "  conv    # # .", "  branch  - > +", "  answer  none yet"});
  REQUIRE(view(run, .0055) == Rows{row("EINet", "planning"), "  conv    # # .", "  branch  - # .",
                                   "  answer  class 7, sure by 0.75, from exit 1"});
  REQUIRE(view(run, .008) == Rows{row("EINet", "conv 2"), "  conv    # # >", "  branch  - # +",
                                  "  answer  class 7, sure by 0.75, from exit 1"});
  REQUIRE(view(run, 1) == Rows{row("EINet", "stopped"), "  conv    # # x", "  branch  - # +",
                               "  answer  class 7, sure by 0.75, from exit 1: right"});
}

TEST_CASE("the lines of a run tell everything that it did", "[examples][demo]") {
  REQUIRE(lines(watched_run()) ==
          std::vector<std::string>{"EINet", "  0.000 ms  plan 011", "  2.000 ms  conv 0",
                                   "  4.000 ms  conv 1", "  5.000 ms  branch 1",
                                   "  5.000 ms  class 7, sure by 0.75, from exit 1", "  6.000 ms  plan 001",
                                   "  9.000 ms  the stop", "  9.500 ms  conv 2, cut off",
                                   "  9.500 ms  ended: right"});
}

TEST_CASE("a view fits into 80 columns, however many exits there are", "[examples][demo]") {
  for (const std::size_t exits : {1U, 14U, 32U, 33U, 64U, 65U, 128U}) {
    CAPTURE(exits);
    example::demo::Watched run{"EINet, time priced", eval::RunTrace(exits), 7};
    run.trace.push({TracedWork::run, 0, 0});
    for (std::size_t k = 0; k < exits; ++k) {
      const auto begin = static_cast<double>(k);
      run.trace.push({TracedWork::conv_part, begin, begin + 1, k});
    }
    run.trace.end(static_cast<double>(exits), Outcome::completed);
    for (std::size_t k = 0; k <= exits; ++k) {
      const auto rows = view(run, static_cast<double>(k) + .5);
      for (const std::string& each : rows) REQUIRE(each.size() <= example::demo::view_columns);
      if (k < exits) REQUIRE(count(rows[1], ">") == 1);  // the part that runs is in sight
    }
    const double whole = static_cast<double>(exits);
    REQUIRE(example::demo::time_bar(2 * whole, whole, 3 * whole).size() == example::demo::view_columns);
    REQUIRE(count(example::demo::time_bar(whole / 2, whole, whole), "=") >= 20);
  }
  REQUIRE(example::demo::time_bar(0, 1e-3, 5e-4).find('|') == 51);  // 22 columns of words, then 29 of 56
  REQUIRE(std::string_view(example::demo::view_legend).size() <= example::demo::view_columns);
}
