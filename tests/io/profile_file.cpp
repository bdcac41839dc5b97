#include "catch.hpp"
#include "files.hpp"
#include "support.hpp"

#include <einet/io/fingerprint.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/plan/exits.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace einet;
using einet::io::Metadata;
using einet::io::SafetensorsFile;
using einet::io::SafetensorsWriter;
using einet::test::ContainsSubstring;

namespace {

std::filesystem::path scratch_profile() {
  return test::scratch_folder("profile") / "p.safetensors";
}

template <std::size_t N>
ConfidenceProfile<N> random_profile(std::mt19937& random, std::size_t samples, std::int32_t classes) {
  ConfidenceProfile<N> profile;
  std::uniform_real_distribution<float> confidence(0.f, 1.f);
  std::uniform_int_distribution<std::int32_t> any_class(0, classes - 1);
  for (std::size_t s = 0; s < samples; ++s) {
    std::array<float, N> row{};
    std::array<std::int32_t, N> predicted{};
    for (auto& c : row) c = (std::min)(confidence(random), 1.f);
    for (auto& p : predicted) p = any_class(random);
    profile.confidence.push_back(row);
    profile.predicted.push_back(predicted);
    profile.label.push_back(any_class(random));
  }
  return profile;
}

/// Two samples, two exits, three classes, with a fault of the test's choice; written without any check.
struct Raw {
  std::vector<float> confidence{.1f, .2f, .3f, .4f};
  std::vector<std::uint8_t> predicted{0, 1, 2, 0}, label{1, 2};
  std::vector<double> conv{1e-3, 2e-3}, branch{3e-4, 4e-4};
  std::string classes = "3";

  std::filesystem::path save() const {
    const auto path = scratch_profile();
    SafetensorsWriter writer(path);
    const auto rows = [](std::size_t values) { return std::vector<std::size_t>{values / 2, 2}; };
    writer.add("confidence", rows(confidence.size()), confidence);
    writer.add("predicted", rows(predicted.size()), predicted);
    writer.add("label", std::vector<std::size_t>{label.size()}, label);
    writer.add("conv_seconds", std::vector<std::size_t>{conv.size()}, conv);
    writer.add("branch_seconds", std::vector<std::size_t>{branch.size()}, branch);
    if (!classes.empty()) writer.set_metadata("classes", classes);
    writer.save();
    return path;
  }
};

void refuses_times(const Raw& raw, const std::string& complaint) {
  CHECK_THROWS_WITH(io::load_time_profile<2>(raw.save()),
                    ContainsSubstring("p.safetensors: ") && ContainsSubstring(complaint));
}

void refuses_confidences(const Raw& raw, const std::string& complaint) {
  CHECK_THROWS_WITH(io::load_confidence_profile<2>(raw.save()),
                    ContainsSubstring("p.safetensors: ") && ContainsSubstring(complaint));
}

}  // namespace

TEST_CASE("random profiles come back bit for bit, both from one file", "[io][profile]") {
  const std::uint32_t seed = 77;
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> seconds(0., 1.);
  const auto path = scratch_profile();
  for (std::size_t i = 0; i < test::cases(30); ++i) {
    const std::int32_t classes = i % 2 == 0 ? 256 : 1000;
    const auto profile = random_profile<5>(random, 1 + random() % 50, classes);
    TimeProfile<5> times, spread;
    for (auto* column : {&times.conv, &times.branch, &spread.conv, &spread.branch})
      for (double& second : *column) second = seconds(random);
    SafetensorsWriter writer(path);
    io::add_profile(writer, times, spread);
    io::add_profile(writer, profile, static_cast<std::size_t>(classes));
    writer.save();
    const SafetensorsFile file(path);
    CHECK(io::read_time_profile<5>(file) == times);
    CHECK(io::read_time_spread<5>(file) == spread);
    const auto read = io::read_confidence_profile<5>(file);
    CHECK(read.confidence == profile.confidence);
    CHECK(read.predicted == profile.predicted);
    CHECK(read.label == profile.label);
  }
}

TEST_CASE("classes up to 255 are stored in a byte, others in four", "[io][profile]") {
  const auto path = scratch_profile();
  ConfidenceProfile<1> profile{{{.5f}, {.5f}}, {{255}, {0}}, {255, 1}};
  io::save_profile(path, profile, 0, {{"network", "n"}});
  CHECK(SafetensorsFile(path).tensor("predicted").dtype == io::Dtype::u8);
  CHECK(SafetensorsFile(path).tensor("label").dtype == io::Dtype::u8);
  CHECK(SafetensorsFile(path).metadata() == Metadata{{"network", "n"}});
  profile.predicted[0][0] = 256;
  io::save_profile(path, profile, 300);
  CHECK(SafetensorsFile(path).tensor("predicted").dtype == io::Dtype::i32);
  CHECK(SafetensorsFile(path).tensor("label").dtype == io::Dtype::u8);
  CHECK(io::load_confidence_profile<1>(path).predicted == profile.predicted);
  CHECK(SafetensorsFile(path).metadata() == Metadata{{"classes", "300"}});
}

TEST_CASE("a time profile alone has neither spread nor confidences", "[io][profile]") {
  const auto path = scratch_profile();
  const TimeProfile<2> times{{1., 0.}, {0., 2.}};
  io::save_profile(path, times);
  CHECK(io::load_time_profile<2>(path) == times);
  CHECK_FALSE(io::read_time_spread<2>(SafetensorsFile(path)).has_value());
  CHECK_THROWS_WITH(io::load_confidence_profile<2>(path), ContainsSubstring("'confidence': is missing"));
}

TEST_CASE("a profile of another number of exits is refused with both numbers, file and field",
          "[io][profile]") {
  const auto path = Raw{}.save();
  CHECK_THROWS_WITH(io::load_time_profile<14>(path),
                    ContainsSubstring("p.safetensors: tensor 'conv_seconds': ") &&
                        ContainsSubstring("the profile has 2 exits, the network has 14"));
  CHECK_THROWS_WITH(io::load_confidence_profile<3>(path),
                    ContainsSubstring("p.safetensors: tensor 'confidence': ") &&
                        ContainsSubstring("the profile has 2 exits, the network has 3"));
  Raw raw;
  raw.branch.push_back(1.);
  refuses_times(raw, "tensor 'branch_seconds': the profile has 3 exits, the network has 2");
}

TEST_CASE("times that are NaN, negative, infinite or all zero are refused by field", "[io][profile]") {
  CHECK_NOTHROW(io::load_time_profile<2>(Raw{}.save()));
  for (const double bad : {std::nan(""), -1e-9, HUGE_VAL, -HUGE_VAL}) {
    Raw raw;
    raw.conv[1] = bad;
    refuses_times(raw, "conv[1]");
    raw = Raw{};
    raw.branch[0] = bad;
    refuses_times(raw, "branch[0]");
    CHECK_THROWS_AS(io::save_profile(scratch_profile(), TimeProfile<1>{{bad}, {1.}}), io::FileError);
  }
  Raw raw;
  raw.conv = raw.branch = {0., 0.};
  refuses_times(raw, "total is 0");
  const auto path = scratch_profile();
  SafetensorsWriter writer(path);
  io::add_profile(writer, TimeProfile<1>{{1.}, {1.}}, TimeProfile<1>{{std::nan("")}, {1.}});
  writer.save();
  CHECK_THROWS_WITH(io::read_time_spread<1>(SafetensorsFile(path)),
                    ContainsSubstring("tensor 'conv_seconds_spread': element 0 is nan"));
}

TEST_CASE("confidences outside [0, 1] and NaN are refused by sample and exit", "[io][profile]") {
  CHECK_NOTHROW(io::load_confidence_profile<2>(Raw{}.save()));
  for (const float bad : {std::nanf(""), -0.01f, 1.01f, HUGE_VALF}) {
    Raw raw;
    raw.confidence[3] = bad;
    refuses_confidences(raw, "confidence[1][1]");
    CHECK_THROWS_AS(io::save_profile(scratch_profile(), ConfidenceProfile<1>{{{bad}}, {{0}}, {0}}),
                    io::FileError);
  }
}

TEST_CASE("classes out of range, and an invalid number of classes, are refused", "[io][profile]") {
  Raw raw;
  raw.label[1] = 3;
  refuses_confidences(raw, "tensor 'label': element 1 is the class 3, expected 0 to 2");
  CHECK(io::read_class_count(io::SafetensorsFile(raw.save())) == 3);
  raw.classes = "";
  CHECK_NOTHROW(io::load_confidence_profile<2>(raw.save()));
  CHECK(io::read_class_count(io::SafetensorsFile(raw.save())) == std::nullopt);
  raw = Raw{};
  raw.predicted[2] = 200;
  refuses_confidences(raw, "tensor 'predicted': element 2 is the class 200");
  for (const std::string bad : {"0", "-3", "3.5", "many", "", "99999999999", "3 "}) {
    raw = Raw{};
    raw.classes = bad;
    if (!bad.empty()) refuses_confidences(raw, "metadata 'classes': is '" + bad + "'");
  }
  CHECK_THROWS_WITH(io::save_profile(scratch_profile(), ConfidenceProfile<1>{{{.5f}}, {{7}}, {0}}, 7),
                    ContainsSubstring("'predicted': element 0 is the class 7, expected 0 to 6"));
  CHECK_THROWS_AS(io::save_profile(scratch_profile(), ConfidenceProfile<1>{{{.5f}}, {{0}}, {-1}}),
                  io::FileError);
}

TEST_CASE("columns of unequal length or wrong rank are refused", "[io][profile]") {
  Raw raw;
  raw.label.push_back(0);
  refuses_confidences(raw, "tensor 'confidence': has 2 samples, the label has 3");
  raw = Raw{};
  raw.predicted.insert(raw.predicted.end(), {0, 0});
  refuses_confidences(raw, "tensor 'predicted': has 3 samples, the label has 2");
  const auto path = scratch_profile();
  SafetensorsWriter writer(path);
  writer.add("conv_seconds", std::vector<std::size_t>{1, 2}, std::vector<double>{1., 2.});
  writer.save();
  CHECK_THROWS_WITH(io::load_time_profile<2>(path), ContainsSubstring("has shape [1, 2], expected 1 dim"));
}

TEST_CASE("profiles of real trained networks are read as described", "[io][profile][data]") {
  const auto path = test::outside_data() / "profiles" / "vgg16_cifar100.safetensors";
  if (!std::filesystem::exists(path)) {
    WARN(path << " is not here: not tested");
    return;
  }
  const auto profile = io::load_confidence_profile<14>(path);
  CHECK(profile.samples() == 10000);
  CHECK_THAT(profile.accuracy().front(), test::WithinAbs(.247, .0005));
  CHECK_THAT(profile.accuracy().back(), test::WithinAbs(.512, .0005));
  CHECK(io::load_time_profile<14>(path).total() > 0);
  CHECK_THROWS_WITH(io::load_time_profile<21>(path), ContainsSubstring("has 14 exits, the network has 21"));
}

TEST_CASE("a profile of a run-time number of exits has the file of the exact one, and comes back from it",
          "[io][profile]") {
  std::mt19937 random(5);
  const auto exact = random_profile<5>(random, 20, 10);
  const TimeProfile<5> times{{.1, .2, .3, .4, .5}, {.01, .02, .03, .04, .05}};
  const auto path = scratch_profile();
  SafetensorsWriter writer(path);
  io::add_profile(writer, times, times);
  io::add_profile(writer, exact, 10);
  writer.save();

  constexpr std::size_t N = up_to(8);
  const SafetensorsFile file(path);
  CHECK(io::read_exit_count(file) == 5);
  const auto read_times = io::read_time_profile<N>(file);
  CHECK(read_times == TimeProfile<N>{times.conv, times.branch});
  CHECK(io::read_time_spread<N>(file) == read_times);
  const auto profile = io::read_confidence_profile<N>(file);
  CHECK(profile.exit_count() == 5);
  CHECK(fingerprint(profile) == fingerprint(exact));
  for (std::size_t s = 0; s < exact.samples(); ++s)
    for (std::size_t k = 0; k < 5; ++k) {
      CHECK(profile.confidence[s][k] == exact.confidence[s][k]);
      CHECK(profile.predicted[s][k] == exact.predicted[s][k]);
    }

  const auto again = test::scratch_folder("profile again") / "p.safetensors";
  SafetensorsWriter copy(again);
  io::add_profile(copy, read_times, read_times);
  io::add_profile(copy, profile, 10);
  copy.save();
  CHECK(test::read_text(again) == test::read_text(path));
}

TEST_CASE("a profile of more exits than there is room for is refused, as is one of unequal columns",
          "[io][profile]") {
  Raw raw;
  CHECK(io::load_time_profile<up_to(8)>(raw.save()).exit_count() == 2);
  CHECK_THROWS_WITH(io::load_time_profile<up_to(1)>(raw.save()),
                    ContainsSubstring("the profile has 2 exits, expected 1 to 1"));
  CHECK_THROWS_WITH(io::load_confidence_profile<up_to(1)>(raw.save()),
                    ContainsSubstring("the profile has 2 exits, expected 1 to 1"));
  raw.branch.push_back(1e-3);
  CHECK_THROWS_WITH(io::load_time_profile<up_to(8)>(raw.save()),
                    ContainsSubstring("has 3 exits") && ContainsSubstring("'conv_seconds' has 2"));
  raw.conv.clear();
  CHECK_THROWS_AS(io::read_exit_count(SafetensorsFile(raw.save())), io::FileError);
  raw.conv.assign(129, 1e-3);
  CHECK_THROWS_WITH(io::read_exit_count(SafetensorsFile(raw.save())),
                    ContainsSubstring("has 129 exits, expected 1 to 128"));
}
