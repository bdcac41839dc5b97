#include <einet/engines/libtorch.hpp>
#include <einet/engines/part_files.hpp>

#undef CHECK  // of glog, which LibTorch includes

#include "catch.hpp"
#include "support.hpp"

#include <einet/predict/prior_predictor.hpp>
#include <einet/run/elastic_runner.hpp>
#include <einet/run/local_slot.hpp>
#include <einet/run/planner.hpp>
#include <einet/search/fixed_plan.hpp>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace einet;
using engines::TorchBlock;
using engines::TorchFeatures;
using test::ContainsSubstring;

namespace {

torch::jit::Module module_of(const std::string& forward) {
  torch::jit::Module module("part");
  module.define(forward);
  return module;
}

torch::jit::Module doubled() {
  return module_of("def forward(self, x):\n  return x * 2\n");
}
torch::jit::Module split() {
  return module_of("def forward(self, x):\n  return x + 1, x - 1\n");
}
torch::jit::Module first_three() {
  return module_of("def forward(self, x):\n  return x.flatten()[:3]\n");
}
torch::jit::Module three_of_two() {
  return module_of("def forward(self, x, y):\n  return (x * y).flatten()[:3]\n");
}

at::Tensor image() {
  return torch::tensor({3.f, 1.f, 2.f, 4.f}).reshape({1, 1, 2, 2});
}

static_assert(elastic_block<TorchBlock<3>, TorchFeatures, Scores<3>>);
static_assert(!elastic_block<const TorchBlock<3>, TorchFeatures, Scores<3>>, "forward is not const");

}  // namespace

TEST_CASE("TorchScript modules are run as blocks, their tensors handed on", "[engines][libtorch]") {
  std::vector<TorchBlock<3>> network;
  network.emplace_back(doubled(), first_three());
  network.emplace_back(split(), three_of_two());
  network.emplace_back(std::nullopt, three_of_two());  // no conv part
  const std::array<std::array<float, 3>, 2> logits{{{6, 2, 4}, {7 * 5, 3 * 1, 5 * 3}}};

  TimeProfile<3> times;
  times.conv.fill(1e-3);
  times.branch.fill(1e-3);
  LocalSlot<Scores<3>> slot;
  ElasticRunner runner{network, Planner{times, PriorPredictor<3>{{}}, FixedPlan<3>{ExitPlan<3>::all()}},
                       slot};
  TorchFeatures features;
  for (int run = 0; run < 2; ++run) {
    features.load(image());
    for (std::size_t exit = 0; exit < 3; ++exit) {
      network[exit].advance(features);
      const Scores<3> wanted = softmax_scores<3>(logits[exit == 0 ? 0 : 1]);
      CHECK(network[exit].classify(features) == wanted);
      CHECK(network[exit].classify(features) == wanted);  // the branch leaves the features alone
    }
    features.load(image());
    CHECK(runner.run(features).outcome == Outcome::completed);
    CHECK(slot.read()->output == softmax_scores<3>(logits[1]));
  }
}

TEST_CASE("a TorchScript part that returns something else is refused", "[engines][libtorch]") {
  TorchFeatures features;
  features.load(image());
  TorchBlock<3> four(std::nullopt, module_of("def forward(self, x):\n  return x\n"));
  CHECK_THROWS_WITH(four.classify(features), "a TorchScript branch returns 4 numbers, expected 3");
  TorchBlock<3> many(std::nullopt, module_of("def forward(self, x):\n  return x, x\n"));
  CHECK_THROWS_WITH(many.classify(features), "a TorchScript branch returns Tuple, expected 3");
  TorchBlock<3> number(module_of("def forward(self, x):\n  return 1\n"), first_three());
  CHECK_THROWS_WITH(number.advance(features),
                    "a TorchScript conv part returns Int, expected a Tensor or a Tuple of them");
}

TEST_CASE("TorchScript blocks are loaded from a folder in the order of their numbers, up to the last",
          "[engines][libtorch]") {
  const auto folder = test::scratch_folder("torchscript");
  doubled().save((folder / "conv1.pt").string());
  first_three().save((folder / "branch1.pt").string());
  first_three().save((folder / "branch2.pt").string());
  std::vector<TorchBlock<3>> network = engines::load_torch_blocks<3>(folder);
  REQUIRE(network.size() == 2);
  TorchFeatures features;
  features.load(image());
  for (TorchBlock<3>& block : network) {
    block.advance(features);
    CHECK(block.classify(features) == softmax_scores<3>(std::array{6.f, 2.f, 4.f}));
  }

  doubled().save((folder / "conv3.pt").string());
  CHECK_THROWS_WITH(engines::load_torch_blocks<3>(folder), ContainsSubstring("branch3.pt: is missing"));
  CHECK_THROWS_WITH(engines::load_torch_blocks<3>(folder / "none"),
                    ContainsSubstring("branch1.pt: is missing"));
  std::filesystem::remove(folder / "conv3.pt");
  std::ofstream(folder / "conv1.pt") << "no module";
  CHECK_THROWS_WITH(engines::load_torch_blocks<3>(folder), ContainsSubstring("conv1.pt: "));
}
