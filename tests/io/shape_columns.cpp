#include "catch.hpp"
#include "support.hpp"

#include <einet/io/profile_file.hpp>
#include <einet/run/further_inputs.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

using namespace einet;
using einet::io::SafetensorsFile;
using einet::io::SafetensorsWriter;
using einet::test::ContainsSubstring;
using einet::test::WithinAbs;

namespace {

/// A file of two samples, two exits and four classes, with the given tensors; written unchecked.
struct WithShapes {
  std::vector<float> confidence{.5f, .5f, .5f, 1.f}, margin, entropy, top_logprob;
  std::vector<std::size_t> margin_shape{2, 2}, logprob_shape{2, 2, 2};
  std::string classes = "4";

  std::filesystem::path save() const {
    const auto path = test::scratch_folder("shapes") / "s.safetensors";
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

const float half = std::log(.5f), quarter = std::log(.25f);

}  // namespace

TEST_CASE("margins and entropies come back bit for bit, and a profile without them has none",
          "[io][shape_columns]") {
  const auto path = test::scratch_folder("shapes") / "s.safetensors";
  ConfidenceProfile<2> profile{{{.5f, 1.f}}, {{1, 2}}, {1}, {{{{.1f, 5.f / 6}, {30.f, 0.f}}}}};
  io::save_profile(path, profile, 4);
  CHECK(io::load_confidence_profile<2>(path).shape == profile.shape);
  profile.shape.clear();
  io::save_profile(path, profile, 4);
  CHECK_FALSE(SafetensorsFile(path).contains("margin"));
  CHECK_FALSE(io::load_confidence_profile<2>(path).has_shapes());
  profile.shape = {{{{-1.f, 0.f}, {0.f, 0.f}}}};
  CHECK_THROWS_WITH(io::save_profile(path, profile, 4), ContainsSubstring("margin[0][0] is -1"));
}

TEST_CASE("margins and entropies are computed from log-probabilities if the number of classes is known",
          "[io][shape_columns]") {
  WithShapes file;
  file.top_logprob = {half, quarter, quarter, half, half, half, 0.f, -HUGE_VALF};
  const auto profile = file.read();
  REQUIRE(profile.has_shapes());
  const float two = std::log(2.f);
  CHECK_THAT(profile.shape[0][0].margin, WithinAbs(two, 1e-6));
  CHECK_THAT(profile.shape[0][0].entropy, WithinAbs(1.75f * two, 1e-6));
  CHECK(profile.shape[0][1] == profile.shape[0][0]);
  CHECK(profile.shape[1][0].margin == 0.f);
  CHECK_THAT(profile.shape[1][0].entropy, WithinAbs(two, 1e-5));
  CHECK(profile.shape[1][1] == OutputShape{widest_margin, 0.f});
  file.classes.clear();
  CHECK_FALSE(file.read().has_shapes());
  file.classes = "4";
  file.margin = {two, two, .005f, 30};
  file.entropy = {1.2f, 1.2f, .7f, 0};
  CHECK(file.read().shape[1][0] == OutputShape{.005f, .7f});
}

TEST_CASE("invalid margins, entropies and log-probabilities are refused by field", "[io][shape_columns]") {
  WithShapes file;
  file.margin = {.5f, .6f, .7f, 30};
  file.refused("tensor 'entropy': is missing");
  file.entropy = {.8f, .9f, 1, std::nanf("")};
  file.refused("entropy[1][1] is nan");
  file.entropy[3] = 0;
  file.margin[0] = HUGE_VALF;
  file.refused("margin[0][0] is inf");
  file.margin_shape = {4, 1};
  file.refused("tensor 'margin': has shape [4, 1], expected [2, 2]");

  file = WithShapes{};
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

TEST_CASE("one listed class per output gives no margin, and is not refused", "[io][shape_columns]") {
  WithShapes file;
  file.logprob_shape = {2, 2, 1};
  file.top_logprob = {half, half, half, 0.f};
  CHECK_FALSE(file.read().has_shapes());
  CHECK(file.read().size() == 2);
}
