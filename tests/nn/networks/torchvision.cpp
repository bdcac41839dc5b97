// torchvision's state_dicts, by the names and shapes of its own models, and by what its code computes.

#include "reference.hpp"
#include "support.hpp"

#include <einet/io/safetensors.hpp>
#include <einet/io/torchvision.hpp>
#include <einet/io/weights_file.hpp>
#include <einet/nn/networks/flex_vgg16.hpp>
#include <einet/nn/networks/resnet50.hpp>
#include <einet/nn/networks/vgg16.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <vector>

using namespace einet;

namespace {

using Shapes = std::map<std::string, std::vector<std::size_t>>;

/// The state_dict of torchvision's own model.
Shapes state_dict(const std::string& model) {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path() / "../fixtures/torchvision_names.txt");
  Shapes all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string of, name;
    words >> of >> name;
    if (of != model) continue;
    for (std::size_t size; words >> size;) all[name].push_back(size);
    all.try_emplace(name);
  }
  return all;
}

bool is_count(const std::string& name) {
  return name.ends_with("num_batches_tracked");
}

Shapes shapes_of(nn::Graph& graph) {
  Shapes all;
  graph.for_each_parameter(
      [&](const nn::Parameter& parameter) { all[parameter.name] = parameter.weights->shape(); });
  return all;
}

/// Checks that the map finds every tensor in the state_dict in the shape that the graph wants, and leaves
/// those alone that begin with `exits`.
void check_names(const std::string& model, nn::Graph graph, const io::TensorMap& map,
                 const std::vector<std::string>& exits) {
  CAPTURE(model);
  const auto of_exit = [&](const std::string& name) {
    return std::any_of(exits.begin(), exits.end(),
                       [&](const auto& begin) { return name.starts_with(begin); });
  };
  Shapes left = state_dict(model);
  REQUIRE(left.size() > 90);
  std::size_t kept = 0, subtracted = 0;
  for (const auto& [name, shape] : shapes_of(graph)) {
    CAPTURE(name);
    const std::string source = map.source(name), subtrahend = map.subtrahend(name);
    CHECK(source == (of_exit(name) ? "" : name));
    if (source.empty()) {
      ++kept;
    } else {
      CHECK(left[source] == shape);
      left.erase(source);
    }
    if (subtrahend.empty()) continue;
    ++subtracted;
    CHECK(left[subtrahend] == shape);
    left.erase(subtrahend);
  }
  CHECK(kept > 0);
  CHECK(subtracted == (model == "vgg16_bn" ? 13 : 0));
  for (const auto& [name, shape] : left) {
    CAPTURE(name);
    CHECK((is_count(name) || map.may_be_unused(name)));
    CHECK(map.may_be_unused(name) == of_exit(name));
  }
}

/// A narrow network's file, with all the tensors that torchvision's has.
std::filesystem::path narrow_file(const std::string& model, const Shapes& narrow) {
  const auto path = test::scratch_folder("torchvision") / (model + ".safetensors");
  io::SafetensorsWriter writer(path);
  for (const auto& [name, full] : state_dict(model)) {
    std::vector<std::size_t> shape = full;
    if (const auto found = narrow.find(name); found != narrow.end()) {
      shape = found->second;
    } else if (is_count(name)) {
      writer.add(name, shape, std::vector<std::int32_t>{100});
      continue;
    } else if (name.starts_with("features.")) {
      shape = narrow.at(name.substr(0, name.size() - 4) + "weight");  // "bias"
      shape.resize(1);
    } else {
      shape = {3};  // torchvision's own classifier
    }
    writer.add(name, shape, test::hashed_values(name, shape));
  }
  writer.save();
  return path;
}

/// Loads the backbone, gives the exits values of their own, and compares the scores of the last exit.
void check_values(const std::string& model, nn::Graph graph, const io::TensorMap& map) {
  CAPTURE(model);
  const io::SafetensorsFile file(narrow_file(model, shapes_of(graph)));
  const io::Untouched untouched = io::load_parameters(file, graph, map);
  const std::set<std::string> exits(untouched.parameters.begin(), untouched.parameters.end());
  graph.for_each_parameter([&](const nn::Parameter& parameter) {
    CAPTURE(parameter.name);
    const bool of_exit = parameter.name.starts_with("branches.") ||
                         (model == "vgg16_bn" && parameter.name.starts_with("classifier."));
    CHECK(exits.contains(parameter.name) == of_exit);
    if (!of_exit) return;
    const auto values = test::hashed_values(parameter.name, parameter.weights->shape());
    std::copy(values.begin(), values.end(), parameter.weights->values().begin());
  });
  CHECK(untouched.tensors.size() == (model == "vgg16_bn" ? 6 : 0));

  static const test::FixtureFile fixture("nn", "torchvision");
  const std::vector<float>& truth = fixture[model].values;
  const nn::Tensor images = test::hashed_images(2, graph.image());
  const nn::InferenceNetwork<10> network(graph);
  nn::Features features = network.make_features();
  for (std::size_t image = 0; image < 2; ++image) {
    features.load({images.data() + image * graph.image().size(), graph.image().size()});
    for (const auto& block : network.blocks()) block.advance(features);
    CHECK(test::distance({network.blocks().back().logits(features), 10},
                         std::span(truth).subspan(10 * image, 10)) < 1e-4);
  }
}

}  // namespace

TEST_CASE("torchvision's VGG-16 and ResNet-50 have every tensor of the backbones, and none that is not known",
          "[nn][networks][torchvision]") {
  check_names("vgg16_bn", nn::vgg16({.classes = 7}), io::torchvision_vgg16_bn(),
              {"branches.", "classifier."});
  check_names("vgg16_bn", nn::flex_vgg16(), io::torchvision_vgg16_bn(), {"branches.", "classifier."});
  const nn::ResNet50Options large{.classes = 1000, .stem = nn::ResNetStem::imagenet};
  check_names("resnet50", nn::resnet50(large), io::torchvision_resnet50(), {"branches.", "fc."});
  check_names("resnet50", nn::resnet50(large), io::torchvision_resnet50(true), {"branches."});
}

TEST_CASE("backbones from torchvision's state_dicts compute what torchvision computes",
          "[nn][networks][torchvision]") {
  const nn::BranchOptions small{.pool = 4, .channels = 4, .hidden = 8};
  const nn::Vgg16Options vgg{.width = 1. / 16, .branch = small};
  check_values("vgg16_bn", nn::vgg16(vgg), io::torchvision_vgg16_bn());
  check_values("resnet50",
               nn::resnet50({.width = 1. / 16, .stem = nn::ResNetStem::imagenet, .branch = small}),
               io::torchvision_resnet50(true));
}

TEST_CASE("a ResNet-50 with the stem for small images refuses torchvision's by name",
          "[nn][networks][torchvision]") {
  nn::Graph graph = nn::resnet50({.width = 1. / 16, .stem = nn::ResNetStem::imagenet});
  const io::SafetensorsFile file(narrow_file("resnet50", shapes_of(graph)));
  nn::Graph other = nn::resnet50({.classes = 9, .width = 1. / 16});
  CHECK_THROWS_WITH(io::load_parameters(file, other, io::torchvision_resnet50(true)),
                    test::ContainsSubstring(
                        ": 3 faults\n  tensor 'conv1.weight': has shape [4, 3, 7, 7], expected [4, 3, 3, 3]\n"
                        "  tensor 'fc.weight': has shape [10, 128], expected [9, 128]\n"
                        "  tensor 'fc.bias': has shape [10], expected [9]"));
}
