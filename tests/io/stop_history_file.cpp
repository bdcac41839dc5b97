#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/stop_history_file.hpp>
#include <einet/plan/stop_history.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

using einet::StopHistory;
using einet::io::FileError;
using einet::io::load_stop_history;
using einet::io::save_stop_history;
using einet::test::ContainsSubstring;

namespace {

std::filesystem::path history_path() {
  return einet::test::scratch_folder("history") / "h.safetensors";
}

/// Stops, completions and nonsense.
void observe_anything(StopHistory& history, std::mt19937_64& random, std::size_t count) {
  std::uniform_real_distribution<double> seconds(-0.1, 2.5);
  for (std::size_t i = 0; i < count; ++i) switch (random() % 3) {
      case 0:
        history.observe_completion(seconds(random));
        break;
      case 1:
        history.observe_completion();
        break;
      default:
        history.observe(seconds(random));
    }
}

/// The tensors and metadata of a valid file of two bins, with a fault of the test's choice; written
/// unchecked.
struct RawHistory {
  std::map<std::string, std::pair<std::vector<std::size_t>, std::vector<double>>> tensors{
      {"stops", {{2}, {1.5, 0}}},
      {"completions", {{3}, {0, 0, 2}}},
      {"horizon_seconds", {{}, {0.25}}},
      {"half_life", {{}, {10}}},
      {"prior", {{}, {1}}},
      {"newest", {{}, {1}}},
  };
  einet::io::Metadata metadata{{"kind", "stop_history"}, {"refused", "7"}};

  [[nodiscard]] std::filesystem::path save() const {
    const auto path = history_path();
    einet::io::SafetensorsWriter writer(path);
    for (const auto& [name, tensor] : tensors)
      writer.add(name, tensor.first, std::span<const double>(tensor.second));
    writer.set_metadata(metadata);
    writer.save();
    return path;
  }
};

void refuses_history(const std::function<void(RawHistory&)>& spoil, const std::string& complaint) {
  RawHistory raw;
  spoil(raw);
  const auto path = raw.save();
  CHECK_THROWS_AS(load_stop_history(path), FileError);
  CHECK_THROWS_WITH(load_stop_history(path),
                    ContainsSubstring("h.safetensors: ") && ContainsSubstring(complaint));
}

}  // namespace

TEST_CASE("a history that was saved and loaded continues to the last bit", "[io][stop_history]") {
  const auto path = history_path();
  for (std::uint64_t seed = 80; seed < 80 + einet::test::cases(20); ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const double half_life = seed % 4 == 0 ? HUGE_VAL : seed % 4 == 1 ? 1 : 100.0 / 3;
    StopHistory history(2.0, {.bins = 1 + random() % 100, .half_life = half_life, .prior = 0.1});
    observe_anything(history, random, random() % 2000);
    save_stop_history(path, history);
    StopHistory loaded = load_stop_history(path);
    CHECK(loaded.state() == history.state());
    std::mt19937_64 same = random;
    observe_anything(history, random, 1000);
    observe_anything(loaded, same, 1000);
    CHECK(loaded.state() == history.state());
    const auto law = history.law();
    const auto loaded_law = loaded.law();
    for (double t = 0; t < 2.2; t += 0.01) CHECK(loaded_law.cdf(t) == law.cdf(t));
  }
}

TEST_CASE("a history keeps its count of refusals, and its file other metadata but not another kind",
          "[io][stop_history]") {
  const auto path = history_path();
  StopHistory history(1.0);
  history.observe(-1);
  save_stop_history(path, history, {{"device", "d"}, {"kind", "other"}});
  CHECK(load_stop_history(path).refused() == 1);
  CHECK(einet::io::SafetensorsFile(path).metadata() ==
        einet::io::Metadata{{"kind", "stop_history"}, {"refused", "1"}, {"device", "d"}});
}

TEST_CASE("a stop history's file cut short anywhere, or with bytes too many, is refused",
          "[io][stop_history]") {
  const auto path = RawHistory{}.save();
  CHECK_NOTHROW(load_stop_history(path));
  const std::string whole = einet::test::read_text(path);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    einet::test::write_text(path, whole.substr(0, length));
    CAPTURE(length);
    CHECK_THROWS_WITH(load_stop_history(path), ContainsSubstring("h.safetensors: "));
  }
  einet::test::write_text(path, whole + "12345678");
  CHECK_THROWS_AS(load_stop_history(path), FileError);
  CHECK_THROWS_WITH(load_stop_history(path.parent_path() / "none"), ContainsSubstring("no such file"));
}

TEST_CASE("a failed save leaves the old file", "[io][stop_history]") {
  const auto path = RawHistory{}.save();
  const std::string before = einet::test::read_text(path);
  CHECK_THROWS_AS(save_stop_history(path, StopHistory{1.0}, {{"note", "\xff"}}), FileError);
  CHECK(einet::test::read_text(path) == before);
}

TEST_CASE("a file of another kind or with parts missing is not a stop history", "[io][stop_history]") {
  refuses_history([](RawHistory& raw) { raw.metadata["kind"] = "cs_predictor"; },
                  "metadata 'kind': is 'cs_predictor', expected 'stop_history'");
  refuses_history([](RawHistory& raw) { raw.metadata.erase("kind"); }, "metadata 'kind': is missing");
  for (const std::string name : {"stops", "completions", "horizon_seconds", "half_life", "prior", "newest"})
    refuses_history([&](RawHistory& raw) { raw.tensors.erase(name); }, "tensor '" + name + "': is missing");
  for (const std::string bad : {"-1", "many", "1.5", "18446744073709551616", ""})
    refuses_history([&](RawHistory& raw) { raw.metadata["refused"] = bad; },
                    "metadata 'refused': is '" + bad + "'");
  refuses_history([](RawHistory& raw) { raw.metadata.erase("refused"); }, "metadata 'refused'");
}

TEST_CASE("weights that are negative or not finite are refused by their place", "[io][stop_history]") {
  for (const double bad : {std::nan(""), HUGE_VAL, -HUGE_VAL, -1e-300}) {
    refuses_history([&](RawHistory& raw) { raw.tensors["stops"].second[1] = bad; }, "stops[1]");
    refuses_history([&](RawHistory& raw) { raw.tensors["completions"].second[2] = bad; }, "completions[2]");
    refuses_history([&](RawHistory& raw) { raw.tensors["newest"].second[0] = bad; }, "newest");
    refuses_history([&](RawHistory& raw) { raw.tensors["prior"].second[0] = bad; }, "prior");
    refuses_history([&](RawHistory& raw) { raw.tensors["horizon_seconds"].second[0] = bad; }, "horizon");
    if (bad != HUGE_VAL)
      refuses_history([&](RawHistory& raw) { raw.tensors["half_life"].second[0] = bad; }, "half_life");
  }
  refuses_history([](RawHistory& raw) { raw.tensors["horizon_seconds"].second[0] = 0; }, "horizon");
  refuses_history([](RawHistory& raw) { raw.tensors["stops"].second[0] = 1e300; }, "sum of all weights");
}

TEST_CASE("absurd or contradicting numbers of bins are refused", "[io][stop_history]") {
  refuses_history(
      [](RawHistory& raw) {
        raw.tensors["stops"] = {{0}, {}};
        raw.tensors["completions"] = {{1}, {0}};
      },
      "bins is 0");
  refuses_history(
      [](RawHistory& raw) {
        raw.tensors["stops"] = {{65537}, std::vector<double>(65537)};
        raw.tensors["completions"] = {{65538}, std::vector<double>(65538)};
      },
      "bins is 65537");
  refuses_history(
      [](RawHistory& raw) {
        raw.tensors["stops"] = {{3}, {1, 1, 1}};
      },
      "tensor 'completions': has shape [3], expected [4]");
  refuses_history(
      [](RawHistory& raw) {
        raw.tensors["stops"] = {{1, 2}, {1, 1}};
      },
      "tensor 'stops': has shape [1, 2], expected 1 dimension");
  refuses_history(
      [](RawHistory& raw) {
        raw.tensors["prior"] = {{2}, {1, 1}};
      },
      "tensor 'prior': has shape [2], expected []");
  // A header that promises more than the file has is refused before anything is allocated.
  const auto path = history_path();
  einet::test::write_text(path,
                          einet::test::safetensors_bytes(
                              R"({"__metadata__":{"kind":"stop_history"},"stops":{"dtype":"F64",)"
                              R"("shape":[1152921504606846976],"data_offsets":[0,9223372036854775808]}})",
                              16));
  CHECK_THROWS_WITH(load_stop_history(path), ContainsSubstring("h.safetensors: tensor 'stops'"));
}
