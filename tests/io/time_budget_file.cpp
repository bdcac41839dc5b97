#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/stored_numbers.hpp>
#include <einet/io/time_budget_file.hpp>
#include <einet/run/time_budget.hpp>

#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using einet::TimeBudget;
using einet::io::FileError;
using einet::io::load_time_budget;
using einet::io::save_time_budget;
using einet::test::ContainsSubstring;

namespace {

std::filesystem::path budget_path() {
  return einet::test::scratch_folder("budget") / "b.safetensors";
}

/// The numbers of a valid file, with a fault of the test's choice; written unchecked.
struct RawBudget {
  std::map<std::string, std::pair<std::vector<std::size_t>, std::vector<double>>> tensors{
      {"per_sample_seconds", {{}, {.25}}}, {"centre", {{}, {.5}}}, {"debt", {{}, {-3}}}};
  einet::io::Metadata metadata{{"kind", "time_budget"}, {"samples", "9"}, {"refused", "7"}};

  [[nodiscard]] std::filesystem::path save() const {
    const auto path = budget_path();
    einet::io::SafetensorsWriter writer(path);
    for (const auto& [name, tensor] : tensors)
      writer.add(name, tensor.first, std::span<const double>(tensor.second));
    writer.set_metadata(metadata);
    writer.save();
    return path;
  }
};

void refuses_budget(const std::function<void(RawBudget&)>& spoil, const std::string& complaint) {
  RawBudget raw;
  spoil(raw);
  const auto path = raw.save();
  CHECK_THROWS_AS(load_time_budget(path), FileError);
  CHECK_THROWS_WITH(load_time_budget(path),
                    ContainsSubstring("b.safetensors: ") && ContainsSubstring(complaint));
}

}  // namespace

TEST_CASE("a time budget that was saved and loaded continues to the last bit", "[io][time_budget][file]") {
  const auto path = budget_path();
  for (std::uint64_t seed = 1510; seed < 1510 + einet::test::cases(20); ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::exponential_distribution<double> seconds(4);
    TimeBudget budget{.3};
    for (std::size_t k = random() % 3000; k-- > 0;) budget.observe(seconds(random) - .001);
    save_time_budget(path, budget, {{"device", "d"}, {"kind", "other"}});
    TimeBudget loaded = load_time_budget(path);
    CHECK(loaded.state() == budget.state());
    for (int k = 0; k < 100; ++k) {
      const double busy = seconds(random);
      budget.observe(busy);
      loaded.observe(busy);
      REQUIRE(loaded.price() == budget.price());
    }
    CHECK(loaded.state() == budget.state());
    CHECK(einet::io::SafetensorsFile(path).metadata().at("device") == "d");
  }
  // Counts keep all their digits.
  einet::TimeBudgetState state = TimeBudget{1}.state();
  state.samples = 18446744073709551615U;
  state.refused = 9007199254740993U;
  save_time_budget(path, TimeBudget{state});
  CHECK(load_time_budget(path).state() == state);
}

TEST_CASE("a time budget's file cut short anywhere, or with bytes too many, is refused",
          "[io][time_budget][file]") {
  const auto path = RawBudget{}.save();
  CHECK(load_time_budget(path).state() ==
        einet::TimeBudgetState{.per_sample = .25, .centre = .5, .debt = -3, .samples = 9, .refused = 7});
  const std::string whole = einet::test::read_text(path);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    einet::test::write_text(path, whole.substr(0, length));
    CAPTURE(length);
    CHECK_THROWS_WITH(load_time_budget(path), ContainsSubstring("b.safetensors: "));
  }
  einet::test::write_text(path, whole + "12345678");
  CHECK_THROWS_AS(load_time_budget(path), FileError);
  CHECK_THROWS_WITH(load_time_budget(path.parent_path() / "none"), ContainsSubstring("no such file"));
}

TEST_CASE("a failed save of a time budget leaves the old file", "[io][time_budget][file]") {
  const auto path = RawBudget{}.save();
  const std::string before = einet::test::read_text(path);
  CHECK_THROWS_AS(save_time_budget(path, TimeBudget{1}, {{"note", "\xff"}}), FileError);
  CHECK(einet::test::read_text(path) == before);
}

TEST_CASE("a file of another kind, with parts missing or numbers that no budget has is not a time budget",
          "[io][time_budget][file]") {
  refuses_budget([](RawBudget& raw) { raw.metadata["kind"] = "stop_history"; },
                 "metadata 'kind': is 'stop_history', expected 'time_budget'");
  refuses_budget([](RawBudget& raw) { raw.metadata.erase("kind"); }, "metadata 'kind': is missing");
  for (const std::string name : {"per_sample_seconds", "centre", "debt"}) {
    refuses_budget([&](RawBudget& raw) { raw.tensors.erase(name); }, "tensor '" + name + "': is missing");
    refuses_budget(
        [&](RawBudget& raw) {
          raw.tensors[name] = {{2}, {1, 1}};
        },
        "tensor '" + name + "': has shape [2], expected []");
    for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL, -1e9})
      refuses_budget([&](RawBudget& raw) { raw.tensors[name].second[0] = bad; },
                     "TimeBudget: " + (name == "per_sample_seconds" ? "per_sample" : name) + " is ");
  }
  for (const std::string count : {"samples", "refused"}) {
    for (const std::string bad : {"-1", "many", "1.5", "18446744073709551616", ""})
      refuses_budget([&](RawBudget& raw) { raw.metadata[count] = bad; },
                     "metadata '" + count + "': is '" + bad + "'");
    refuses_budget([&](RawBudget& raw) { raw.metadata.erase(count); }, "metadata '" + count + "'");
  }
}
