#include "catch.hpp"

#include <einet/eval/chrome_trace.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using namespace einet;
using eval::ChromeTrace;
using eval::RunTrace;
using eval::TracedWork;

nlohmann::json opened(const std::ostringstream& text) {
  return nlohmann::json::parse(text.str());
}

}  // namespace

TEST_CASE("a trace file has every event with its times in microseconds", "[eval][trace]") {
  RunTrace run(2);
  run.push({TracedWork::run, 5, 5});
  run.push_plan({TracedWork::plan, 5, 5.000001, 1}, [](std::size_t exit) { return exit == 1; });
  run.push({TracedWork::conv_part, 5.000001, 5.0000025, 0});
  run.push({TracedWork::branch, 5.0000025, 5.001, 1});
  run.push({TracedWork::publish, 5.001, 5.0010001, 1, .756f, 9});
  run.push({TracedWork::plan, 5.0010001, 5.002});
  run.push({TracedWork::branch, 5.002, 5.004, 1, 0, std::nullopt, false});
  run.push({TracedWork::stop, 5.003, 5.003});
  run.end(5.004, Outcome::deadline);
  std::ostringstream text;
  {
    ChromeTrace trace(text, "two exits");
    trace.name_row(3, "EINet");
    trace.write(run, 3, "image 7", 5);
  }
  const auto file = opened(text);
  std::vector<nlohmann::json> events;
  for (const auto& event : file["traceEvents"])
    if (event["ph"] != "M") events.push_back(event);
  REQUIRE(events.size() == 8);
  const auto check = [&](std::size_t k, const char* name, double ts, double dur) {
    CAPTURE(k);
    REQUIRE(events[k]["name"] == name);
    REQUIRE(events[k]["ph"] == "X");
    REQUIRE(events[k]["tid"] == 4);
    REQUIRE(events[k]["ts"].get<double>() == ts);
    REQUIRE(events[k]["dur"].get<double>() == dur);
  };
  check(0, "image 7", 0, 4000);
  check(1, "plan", 0, 1);
  check(2, "conv 0", 1, 1.5);
  check(3, "branch 1", 2.5, 997.5);
  check(4, "publish", 1000, .1);
  check(5, "plan", 1000.1, 999.9);
  check(6, "branch 1, unfinished", 2000, 2000);
  REQUIRE(events[0]["args"]["outcome"] == "deadline");
  REQUIRE(events[1]["args"] == nlohmann::json{{"plan", "01"}, {"next exit", 1}});
  REQUIRE(events[4]["args"] == nlohmann::json{{"exit", 1}, {"confidence in %", 76}, {"label", 9}});
  REQUIRE(events[5]["args"]["next exit"] == "none");
  REQUIRE(events[7]["name"] == "stop");
  REQUIRE(events[7]["ph"] == "i");
  REQUIRE(events[7]["ts"].get<double>() == 3000);
  REQUIRE(file["traceEvents"][0]["args"]["name"] == "two exits");
  REQUIRE(file["traceEvents"][1]["args"]["name"] == "EINet");
}

TEST_CASE("rounded to nanoseconds, parts still lie within their run", "[eval][trace]") {
  RunTrace run(2);
  const double start = 123456.7891234567;  // as a steady clock shows them
  double at = start;
  run.push({TracedWork::run, start, start});
  for (std::size_t k = 0; k < 8; ++k) {
    const double end = at + 1.2345e-9 * static_cast<double>(k + 1);
    run.push({TracedWork::conv_part, at, end, k});
    at = end;
  }
  run.end(at, Outcome::completed);
  std::ostringstream text;
  {
    ChromeTrace trace(text, "p");
    trace.write(run, 0, "run", start - 1e-3);
  }
  const auto nanoseconds = [](const nlohmann::json& microseconds) {
    return std::llround(1000 * microseconds.get<double>());
  };
  const auto file = opened(text);
  const auto& events = file["traceEvents"];
  std::int64_t reached = nanoseconds(events[1]["ts"]);
  const std::int64_t end = reached + nanoseconds(events[1]["dur"]);
  for (std::size_t k = 2; k < events.size(); ++k) {
    REQUIRE(nanoseconds(events[k]["ts"]) == reached);
    reached += nanoseconds(events[k]["dur"]);
  }
  REQUIRE(reached == end);
}

TEST_CASE("a trace file takes any name, and none at all", "[eval][trace]") {
  std::ostringstream text;
  {
    ChromeTrace trace(text, "a \"b\" \\ \n \x01");
    trace.name_row(0, "");
    trace.finish();
  }
  REQUIRE(opened(text)["traceEvents"][0]["args"]["name"] == "a \"b\" \\ \n \x01");
}
