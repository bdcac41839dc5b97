#include "catch.hpp"
#include "support.hpp"

#include <einet/engines/onnxruntime.hpp>
#include <einet/engines/onnxruntime_session.hpp>
#include <einet/predict/prior_predictor.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/fixed_plan.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace einet;
using engines::OnnxFeatures;
using engines::OnnxNetwork;
using test::ContainsSubstring;

namespace {

// make_onnx.py wrote the parts, and says what they compute.
const std::filesystem::path parts = EINET_SOURCE_DIR "/tests/engines/onnx";
constexpr std::array<float, 4> image{3, 1, 2, 4};

/// The scores of the three exits of onnx/three.
std::array<std::array<float, 3>, 3> truth(const std::array<float, 4>& x) {
  float first = 0, second = 0, third = 0;
  for (const float pixel : x)
    for (const float y1 : {pixel, 2 * pixel}) {
      const float y2 = (std::max)(y1 - 4, 0.f);
      first += y1;
      second += y2;
      third += y2 + y1 + 1;
    }
  std::array<std::array<float, 3>, 3> all{};
  for (std::size_t exit = 0; const float sum : {first, second, third}) {
    for (std::size_t k = 0; k < 3; ++k)
      all[exit][k] = static_cast<float>(k + 1) * sum + static_cast<float>(k);
    ++exit;
  }
  return all;
}

template <class Network>
auto runner_of(const Network& network, LocalSlot<Scores<3>>& slot) {
  TimeProfile<3> times;
  times.conv.fill(1e-3);
  times.branch.fill(1e-3);
  return ElasticRunner{network, Planner{times, PriorPredictor<3>{{}}, FixedPlan<3>{ExitPlan<3>::all()}},
                       slot};
}

static_assert(elastic_block<const engines::OnnxBlock<3>, OnnxFeatures, Scores<3>, std::stop_token>);

}  // namespace

TEST_CASE("ONNX files are run as blocks that are wired by the names of their maps",
          "[engines][onnxruntime]") {
  const OnnxNetwork<3> network(parts / "three");
  REQUIRE(network.size() == 3);
  CHECK(network.input() == std::vector<std::int64_t>{1, 1, 2, 2});
  OnnxFeatures made = network.make_features();
  OnnxFeatures features = std::move(made), other = network.make_features();
  for (const std::array<float, 4>& x : {image, {0, -1, 5, 2}}) {
    features.load(x);
    other.load(std::array<float, 4>{});
    for (std::size_t exit = 0; exit < 3; ++exit) {
      network[exit].advance(features);
      network[exit].advance(other);
      static_cast<void>(network[exit].classify(other));
      for (int times = 0; times < 2; ++times) {
        const float* const found = network[exit].logits(features);
        for (std::size_t k = 0; k < 3; ++k) CHECK(found[k] == truth(x)[exit][k]);
      }
    }
  }
  LocalSlot<Scores<3>> slot;
  auto runner = runner_of(network, slot);
  features.load(image);
  CHECK(runner.run(features).outcome == Outcome::completed);
  CHECK(slot.read()->output == softmax_scores<3>(truth(image)[2]));
}

TEST_CASE("ONNX files that take any batch are given one image", "[engines][onnxruntime]") {
  const OnnxNetwork<3> network(parts / "batch", {.threads = 2});
  CHECK(network.input() == std::vector<std::int64_t>{1, 1, 2, 2});
  OnnxFeatures features = network.make_features();
  features.load(image);
  network[0].advance(features);
  CHECK(network[0].logits(features)[2] == truth(image)[0][2]);
}

TEST_CASE("a stop ends an ONNX file that is running, and the next image starts anew",
          "[engines][onnxruntime]") {
  const OnnxNetwork<3> endless(parts / "endless"), three(parts / "three");
  OnnxFeatures features = endless.make_features();
  features.load(std::vector<float>(8, 1.f));
  {
    std::stop_source source;
    const auto cancel = engines::cancelled_by(source.get_token(), features);
    const std::jthread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // most often it is running by then
      source.request_stop();
    });
    CHECK_FALSE(endless[0].advance(features, source.get_token()));
    CHECK(features.cancelled());
    CHECK_FALSE(endless[0].classify(features, source.get_token()));
    CHECK(endless[0].logits(features) == nullptr);
    CHECK(endless[0].classify(features) == Scores<3>{});
  }
  features.load(std::vector<float>(8, 1.f));
  CHECK_FALSE(features.cancelled());
  {
    const StopAfter<SteadyClock> stop = stop_in(std::chrono::milliseconds(20));  // one that a thread watches
    const auto cancel = engines::cancelled_by(stop, features);
    CHECK_FALSE(endless[0].advance(features, stop));
  }

  // A stop between two parts, in a run.
  OnnxFeatures on = three.make_features();
  on.load(image);
  std::stop_source source;
  const auto cancel = engines::cancelled_by(source.get_token(), on);
  LocalSlot<Scores<3>> slot;
  auto runner = runner_of(three, slot);
  auto run = runner.start(on, source.get_token());
  REQUIRE(run.step());
  REQUIRE(run.step());
  source.request_stop();
  CHECK(on.cancelled());
  while (run.step()) {
  }
  CHECK(run.result().outcome == Outcome::stopped);
  CHECK(slot.read()->output == softmax_scores<3>(truth(image)[0]));
  on.load(image);
  CHECK(runner.run(on).outcome == Outcome::completed);
  CHECK(slot.read()->output == softmax_scores<3>(truth(image)[2]));
}

TEST_CASE("ONNX files that do not fit each other are refused by file and map", "[engines][onnxruntime]") {
  const auto refuses = [](const std::string& folder, const std::string& complaint) {
    CAPTURE(folder);
    CHECK_THROWS_WITH(OnnxNetwork<3>(parts / folder), (parts / folder).string() + "/" + complaint);
  };
  refuses("no_such", "branch1.onnx: is missing");
  refuses("unknown", "branch1.onnx: reads 'elsewhere', which no conv part before it writes");
  refuses("twice", "conv2.onnx: writes 'skip', which is the name of another map");
  refuses("shape", "branch1.onnx: reads 'y1' as 1x8x1x1, it is 1x2x2x2");
  refuses("classes", "branch1.onnx: writes 1x4 scores, expected 3 scores");
  refuses("loose", "branch1.onnx: 'y1' has no fixed shape");
  refuses("integers", "branch1.onnx: 'x' is not a tensor of 32-bit floats");

  const auto folder = test::scratch_folder("onnx");
  std::ofstream(folder / "branch1.onnx") << "no model";
  CHECK_THROWS_WITH(OnnxNetwork<3>(folder), ContainsSubstring("branch1.onnx: "));
  std::filesystem::copy_file(parts / "integers" / "branch1.onnx", folder / "branch1.onnx",
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(parts / "three" / "branch1.onnx", folder / "branch1.onnx",
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::copy_file(parts / "three" / "conv2.onnx", folder / "conv2.onnx");
  CHECK_THROWS_WITH(OnnxNetwork<3>(folder), ContainsSubstring("branch2.onnx: is missing"));
}
