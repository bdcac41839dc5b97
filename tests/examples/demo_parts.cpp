// The parts of the demo that compute or draw without a network.

#include "catch.hpp"
#include "common/chart.hpp"
#include "demo/accuracy_at.hpp"
#include "support.hpp"

#include <einet/eval/timelines.hpp>
#include <einet/io/file_error.hpp>

#include <cstddef>
#include <fstream>
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
