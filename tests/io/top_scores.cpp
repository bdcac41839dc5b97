#include "catch.hpp"
#include "support.hpp"

#include <einet/io/profile_file.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

using namespace einet;
using einet::io::SafetensorsWriter;
using einet::test::ContainsSubstring;

namespace {

/// A file of two samples, two exits and four classes, with the given tensors; written unchecked.
struct WithScores {
  std::vector<float> confidence{.5f, .5f, .5f, 1.f}, margin, entropy, top_logprob;
  std::vector<std::size_t> margin_shape{2, 2}, logprob_shape{2, 2, 2};
  std::string classes = "4";

  std::filesystem::path save() const {
    const auto path = test::scratch_folder("top_scores") / "s.safetensors";
    SafetensorsWriter writer(path);
    const std::array<std::size_t, 2> shape{2, 2};
    writer.add("confidence", shape, confidence);
    writer.add("predicted", shape, std::vector<std::uint8_t>{0, 1, 2, 0});
    writer.add("label", std::vector<std::size_t>{2}, std::vector<std::uint8_t>{1, 2});
    if (!margin.empty()) writer.add("margin", margin_shape, margin);
    if (!entropy.empty()) writer.add("entropy", shape, entropy);
    if (!top_logprob.empty()) writer.add("top_logprob", logprob_shape, top_logprob);
    if (!classes.empty()) writer.set_metadata("classes", classes);
    writer.save();
    return path;
  }
  auto read() const { return io::load_confidence_profile<2>(save()); }
  void refused(const std::string& complaint) const {
    CHECK_THROWS_WITH(read(), ContainsSubstring("s.safetensors: ") && ContainsSubstring(complaint));
  }
};

const float half = std::log(.5f);

}  // namespace

TEST_CASE("columns of margins and entropies, which profiles once had, are ignored whatever they hold",
          "[io][top_scores]") {
  WithScores file;
  const auto without = file.read();
  file.margin = {-1.f, std::nanf(""), HUGE_VALF};
  file.margin_shape = {3, 1};
  const auto with = file.read();
  CHECK(with.confidence == without.confidence);
  CHECK(with.predicted == without.predicted);
  CHECK(with.label == without.label);
  file.entropy = {100.f, -100.f, 0.f, 0.f};
  CHECK_NOTHROW(file.read());
  const auto path = test::scratch_folder("top_scores") / "again.safetensors";
  io::save_profile(path, file.read(), 4);
  CHECK_FALSE(io::SafetensorsFile(path).contains("margin"));
  CHECK_FALSE(io::SafetensorsFile(path).contains("entropy"));
}

TEST_CASE("invalid log-probabilities are refused by field", "[io][top_scores]") {
  WithScores file;
  file.confidence[3] = .5f;
  file.top_logprob = {half, half, half, half, half, 1e-3f, half, half};
  file.refused("tensor 'top_logprob': element 5 is 0.001");
  file.top_logprob[5] = std::nanf("");
  file.refused("tensor 'top_logprob': element 5 is nan");
  file.top_logprob[5] = half;
  file.logprob_shape = {2, 4};
  file.refused("tensor 'top_logprob': has shape [2, 4], expected [2, 2, 1 to 4]");
  file.logprob_shape = {2, 1, 4};
  file.refused("tensor 'top_logprob': has shape [2, 1, 4], expected [2, 2, 1 to 4]");
  file.logprob_shape = {2, 2, 2};
  file.classes = "3";
  CHECK_NOTHROW(file.read());
  file.logprob_shape = {};
  file.top_logprob = {half};
  file.refused("tensor 'top_logprob': has shape [], expected [2, 2, 1 to 3]");
  file.classes = "";
  file.refused("tensor 'top_logprob': has shape [], expected [2, 2, 1 or more]");
  file.classes = "3";
  file.top_logprob.assign(4 * 4, half);
  file.logprob_shape = {2, 2, 4};
  file.refused("tensor 'top_logprob': has shape [2, 2, 4], expected [2, 2, 1 to 3]");
}

TEST_CASE("one listed class per output is enough, and the number of classes need not be known",
          "[io][top_scores]") {
  WithScores file;
  file.logprob_shape = {2, 2, 1};
  file.top_logprob = {half, half, half, 0.f};
  CHECK(file.read().samples() == 2);
  file.classes.clear();
  CHECK(file.read().samples() == 2);
}
