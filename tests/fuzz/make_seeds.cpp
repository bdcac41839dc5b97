// Writes the seeds of the fuzz targets: small files of every kind by the library's own writers, and parts of
// those that are shipped with the examples.
//
//   make_seeds <folder>      which gets a folder of seeds a target

#include <einet/data/dataset.hpp>
#include <einet/io/predictor_file.hpp>
#include <einet/io/profile_file.hpp>
#include <einet/io/stop_history_file.hpp>
#include <einet/io/time_budget_file.hpp>
#include <einet/io/weights_file.hpp>
#include <einet/paper/cs_weights.hpp>
#include <einet/plan/stop_history.hpp>
#include <einet/predict/calibration.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace einet;
namespace fs = std::filesystem;

fs::path root;

fs::path seed(const std::string& target, const std::string& name) {
  fs::create_directories(root / target);
  return root / target / name;
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::string read(const fs::path& path, std::size_t most = 100'000) {
  const auto bytes = io::read_bytes(path);
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>((std::min)(most, bytes.size()))};
}

/// The header of a file after the size of its data, as the target of headers takes it.
void write_header(const std::string& name, const fs::path& file) {
  const std::string bytes = read(file);
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  const std::size_t behind = bytes.size() - sizeof(length) - length;
  write(seed("safetensors_header", name),
        std::string{static_cast<char>(behind & 0xffU), static_cast<char>(behind >> 8U)} +
            bytes.substr(sizeof(length), length));
}

void write_tensors() {
  const fs::path path = seed("safetensors", "all_kinds");
  io::SafetensorsWriter writer(path);
  writer.set_metadata("note", "é \"quoted\" \n");
  const std::array<std::size_t, 2> shape{2, 1};
  writer.add("f64", shape, std::array{1.5, -2.});
  writer.add("f32", shape, std::array{1.5f, -2.f});
  writer.add("i32", shape, std::array<std::int32_t, 2>{-7, 8});
  writer.add("u8", shape, std::array<std::uint8_t, 2>{0, 255});
  writer.add_half("f16", {}, std::array{0.1f});
  writer.add("none", std::array<std::size_t, 1>{0}, std::vector<float>{});
  writer.save();
  write_header("all_kinds", path);
  // Of an unknown type, with members and an order that the library does not write.
  const std::string text =
      R"({"b":{"data_offsets":[1,3],"shape":[2],"dtype":"F8_E4M3","x":[1]},"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(text.size());
  write(seed("safetensors", "unread"), bytes + text + "abc");
  write(seed("safetensors_header", "unread"), std::string{3, 0} + text);
}

void write_profiles() {
  const TimeProfile<3> times{{1e-3, 2e-3, 3e-3}, {1e-4, 1e-4, 2e-4}};
  io::save_profile(seed("profile_file", "times"), times, times);
  ConfidenceProfile<3> profile;
  profile.confidence = {{.5f, .75f, .875f}, {.5f, .5f, 1.f}};
  profile.predicted = {{0, 1, 1}, {2, 0, 0}};
  profile.label = {1, 0};
  io::save_profile(seed("profile_file", "confidences"), profile, 3);
  io::SafetensorsWriter both(seed("profile_file", "both"));
  io::add_profile(both, times);
  io::add_profile(both, profile, 300);
  both.save();
  // With the natural logarithms of the two most probable classes' probabilities, as other programs write
  // them.
  io::SafetensorsWriter logs(seed("profile_file", "log_probabilities"));
  io::add_profile(logs, profile, 3);
  std::vector<float> top;
  for (const auto& row : profile.confidence)
    for (const float confidence : row)
      top.insert(top.end(), {std::log(confidence), std::log((std::max)(1 - confidence, 1e-30f))});
  logs.add("top_logprob", std::array<std::size_t, 3>{2, 3, 2}, top);
  logs.save();
  write_header("profile", root / "profile_file" / "both");
}

void write_predictors() {
  CsParameters<3, 2> parameters;
  parameters.layer1_weight = {.1f, .2f, .3f, .4f, .5f, .6f};
  parameters.means = {.5f, .6f, .7f};
  io::save_predictor(seed("predictor_file", "cs"), parameters,
                     {.kind = "cs_predictor", .exits = 3, .hidden = 2});
  io::save_predictor(seed("predictor_file", "cs_half"), parameters,
                     {.kind = "cs_predictor", .exits = 3, .hidden = 2}, io::Precision::f16);
  io::save_predictor(seed("predictor_file", "calibration"), Calibration<3, 4>{},
                     {.kind = "calibration", .exits = 3, .fingerprint = "f", .target = Target::correctness});
}

void write_histories() {
  StopHistory history(1., {.bins = 4});
  io::save_stop_history(seed("stop_history_file", "new"), history);
  history.observe(.3);
  history.observe_completion(.6);
  io::save_stop_history(seed("stop_history_file", "used"), history);
}

void write_budgets() {
  TimeBudget budget{.25};
  io::save_time_budget(seed("time_budget_file", "new"), budget);
  budget.observe(.75);
  budget.observe(-1);
  io::save_time_budget(seed("time_budget_file", "used"), budget);
}

void write_weights() {
  io::SafetensorsWriter writer(seed("weights_file", "small"));
  writer.set_metadata("network", "small");
  writer.add("fc.weight", std::array<std::size_t, 3>{2, 1, 2}, std::array{1.f, 2.f, 3.f, 4.f});
  writer.add("fc.bias", std::array<std::size_t, 1>{2}, std::array{5.f, 6.f});
  writer.add_half("scale", {}, std::array{.5f});
  writer.save();
}

void write_images(const fs::path& data) {
  const data::Dataset images{.count = 3,
                             .height = 2,
                             .width = 2,
                             .channels = 1,
                             .pixels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255},
                             .labels = {0, 1, 9},
                             .classes = 10};
  const fs::path plain = root / "images", labels = root / "labels", packed = root / "labels.gz";
  data::save_idx(images, plain, labels);
  data::save_idx(images, plain, packed);
  const std::string raw(1, '\0');
  write(seed("idx", "images"), raw + read(plain));
  write(seed("idx", "labels_gz"), raw + read(packed));
  write(seed("idx", "to_compress"), "\x01" + read(plain));
  write(seed("idx", "to_damage"), "\x02\x02\x02" + read(plain));
  write(seed("idx", "labels_of_the_demo"), raw + read(data / "test-labels-idx1-ubyte.gz"));
  write(seed("idx", "images_of_the_demo_cut"), raw + read(data / "test-images-idx3-ubyte.gz", 1500));
  for (const fs::path& file : {labels, packed}) {
    const std::string first = read(plain);
    write(seed("dataset", file.filename().string()),
          std::string{static_cast<char>(first.size()), 0, 10} + first + read(file));
  }
  for (const fs::path& file : {plain, labels, packed}) fs::remove(file);
  write(seed("cifar", "ten"), raw + "\x09" + std::string(3072, '\x20'));
  write(seed("cifar", "hundred"), "\x01\x13\x63" + std::string(3072, '\x20'));
}

void write_cuts(const fs::path& data) {
  write(seed("safetensors", "weights_cut"), read(data / "weights.safetensors", 1000));
  write(seed("profile_file", "demo_cut"), read(data / "profile.safetensors", 2000));
  write(seed("predictor_file", "demo_cut"), read(data / "predictor.safetensors", 2000));
}

/// Those that the reader's tests read.
void copy_models() {
  for (const auto& entry : fs::directory_iterator(EINET_SOURCE_DIR "/tests/onnx/fixtures"))
    if (entry.path().extension() == ".onnx")
      fs::copy_file(entry.path(), seed("onnx_model", entry.path().stem().string()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_seeds <folder>\n", stderr);
    return 2;
  }
  root = argv[1];
  const fs::path data = EINET_SOURCE_DIR "/examples/data";
  try {
    write_tensors();
    write_profiles();
    write_predictors();
    write_histories();
    write_budgets();
    write_weights();
    write_images(data);
    write_cuts(data);
    copy_models();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_seeds: %s\n", error.what());
    return 1;
  }
}
