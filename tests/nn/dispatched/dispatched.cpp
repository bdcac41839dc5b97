// A program compiled for any x86-64 processor, with kernels for several instruction sets in it: all must
// compute alike, and none may run where the processor lacks its instructions. Prints the sets that run here.

#include <einet/nn/inference/dispatch.hpp>
#include <einet/nn/inference/network.hpp>
#include <einet/nn/layers.hpp>
#include <einet/nn/networks/b_alexnet.hpp>
#include <einet/nn/networks/msdnet.hpp>
#include <einet/nn/networks/parts.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>
#include <einet/nn/networks/vit.hpp>
#include <einet/nn/training/initialise.hpp>
#include <einet/nn/training/random.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

using namespace einet;

namespace {

using Network = nn::InferenceNetwork<nn::any_classes>;

/// A layer of the program's own, which no unit knows.
class Twice final : public nn::Layer {
 public:
  [[nodiscard]] std::string_view kind() const noexcept override { return "twice"; }
  [[nodiscard]] nn::Shape output(std::span<const nn::Shape> inputs) const override { return inputs[0]; }
  [[nodiscard]] nn::LoweredMap lower(nn::Lowering& to,
                                     std::span<const nn::LoweredMap> inputs) const override {
    return to.scale(inputs[0], AlignedVector<float>(inputs[0].shape.channels, 2.f),
                    AlignedVector<float>(inputs[0].shape.channels, 0.f));
  }
};

nn::Graph many_layers() {
  nn::Graph graph({16, 16, 3});
  nn::Map x = nn::separable_conv(graph.input(), 24);
  x = nn::add(Twice(), sigmoid(norm(conv(x, {.channels = 20}))));
  x = max_pool(x) + average_pool(x);
  graph.exit(linear(global_average_pool(x), {.outputs = 5}));
  graph.exit(linear(gelu(conv(x, {.channels = 33, .stride = 2})), {.outputs = 5}));
  return graph;
}

std::vector<float> scores_of(const Network& network, std::span<const float> image) {
  nn::Features features = network.make_features();
  features.load(image);
  std::vector<float> all;
  for (const auto& block : network.blocks()) {
    block.advance(features);
    const float* const found = block.logits(features);
    all.insert(all.end(), found, found + block.classes());
  }
  return all;
}

/// How many steps of `other` are of the unit's code: the type of a step there has a type_info of its own.
std::size_t of_unit(const Network& own, const Network& other) {
  std::size_t count = 0;
  const auto compare = [&](std::span<const nn::PlacedStep> ours, std::span<const nn::PlacedStep> theirs) {
    for (std::size_t i = 0; i < ours.size() && i < theirs.size(); ++i) {
      const nn::Step &a = *ours[i].step, &b = *theirs[i].step;
      if (&typeid(a) != &typeid(b)) ++count;
    }
  };
  for (std::size_t k = 0; k < own.size(); ++k) {
    compare(own[k].conv(), other[k].conv());
    compare(own[k].branch(), other[k].branch());
  }
  return count;
}

std::size_t steps_of(const Network& network) {
  std::size_t count = 0;
  for (const auto& block : network.blocks()) count += block.conv().size() + block.branch().size();
  return count;
}

/// Stops at the first poll.
struct Now {
  [[nodiscard]] bool stop_requested() const noexcept { return true; }
};

bool check(bool holds, const std::string& what) {
  if (!holds) std::printf("failed: %s\n", what.c_str());
  return holds;
}

bool compare(const std::string& name, nn::Graph graph, const nn::KernelSet& set) {
  nn::initialise(graph, 1);
  std::vector<float> image(graph.image().size());
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = nn::random_normal(7, i);
  // Without Winograd, whose rounding would hide other faults.
  const Network own(graph, {.kernels = {.winograd = false}});
  const Network other(graph, {.kernels = {.winograd = false}, .compile = set.compile});
  const std::vector<float> truth = scores_of(own, image), found = scores_of(other, image);
  bool good = check(truth.size() == found.size(), name + ": number of scores");
  float largest = 0, most = 0;
  for (std::size_t i = 0; good && i < truth.size(); ++i) {
    largest = (std::max)(largest, std::abs(truth[i]));
    most = (std::max)(most, std::abs(truth[i] - found[i]));
  }
  good = good && check(most <= 1e-5f * largest, name + ": scores");
  good = good && check(own.conv_kernels().size() == other.conv_kernels().size(), name + ": kernels");
  good = good && check(of_unit(own, other) == steps_of(own), name + ": whose code");
  // What it says of itself, it takes back.
  std::vector<std::pair<std::string, nn::ConvKernel>> chosen;
  for (const nn::ChosenKernel& kernel : other.conv_kernels())
    chosen.emplace_back(kernel.layer, kernel.kernel);
  const Network again(graph, {.kernels = {.chosen = chosen}, .compile = set.compile});
  good = good && check(scores_of(again, image) == found, name + ": the same kernels again");

  nn::Features features = other.make_features();
  features.load(image);
  // Not every block has enough work to poll.
  const bool stopped = std::ranges::any_of(other.blocks(), [&](const auto& block) {
    return !block.advance(features, Now{}) || !block.classify(features, Now{});
  });
  if (graph.macs(graph.blocks().front().conv) > 4 * nn::poll_interval)
    good = good && check(stopped, name + ": a stop");

  // The weights of a graph that is given away are released.
  const Network taken(std::move(graph), {.kernels = {.winograd = false}, .compile = set.compile});
  return good && check(scores_of(taken, image) == found, name + ": of a graph given away");
}

/// What a unit throws is caught.
bool refuses(const nn::KernelSet& set) {
  try {
    const Network network(
        many_layers(), {.kernels = {.chosen = {{"none", nn::ConvKernel::direct}}}, .compile = set.compile});
  } catch (const std::invalid_argument& error) {
    return check(std::string(error.what()).find("none") != std::string::npos, "the message of an error");
  }
  return check(false, "an error");
}

struct Case {
  std::string name;
  nn::Graph graph;
};

std::vector<Case> cases(bool few) {
  std::vector<Case> all;
  all.push_back({"many layers", many_layers()});
  if (few) return all;
  all.push_back({"vgg16", nn::vgg16({.width = .2})});
  all.push_back({"resnet50", nn::resnet50({.width = .2})});
  all.push_back({"msdnet", nn::msdnet({.blocks = 4})});
  all.push_back({"b_alexnet", nn::b_alexnet({.width = .5})});
  all.push_back({"vit", nn::vit({.width = .25})});
  return all;
}

}  // namespace

/// With an argument, on a few layers only.
int main(int count, char**) {
  bool good = true;
  const auto sets = nn::kernel_sets();
  for (const nn::KernelSet& set : sets) {
    for (Case& one : cases(count > 1))
      good = compare(std::string(set.name) + ", " + one.name, std::move(one.graph), set) && good;
    good = refuses(set) && good;
  }
  // The program's own kernels run everywhere.
  nn::Graph graph = many_layers();
  nn::initialise(graph, 1);
  const Network own(graph, {.compile = sets.empty() ? nn::dispatched() : nullptr});
  const std::vector<float> scores = scores_of(own, std::vector<float>(graph.image().size(), .5f));
  good =
      check(std::ranges::all_of(scores, [](float score) { return std::isfinite(score); }), "own kernels") &&
      good;
  good = check(nn::dispatched() == (sets.empty() ? nullptr : sets.back().compile), "the best set") && good;
  if (!good) return 1;
  std::printf("alike:");
  for (const nn::KernelSet& set : sets)
    std::printf(" %.*s", static_cast<int>(set.name.size()), set.name.data());
  std::printf(".\n");
  return 0;
}
